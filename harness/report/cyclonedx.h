/* What the CycloneDX 1.6 documents (ECMA-424) share: who wrote it, of which device, when,
 * and under which number. */
#ifndef PERCUSS_REPORT_CYCLONEDX_H
#define PERCUSS_REPORT_CYCLONEDX_H

#include "report/product.h"

#define CYCLONEDX_DEVICE "device" /* the device's bom-ref */

/* A document about the assessment's device, to be filled. NULL and *error: it is not
 * named. */
json_t *cyclonedx_begin(const struct report_subject *subject, struct error *error);
/* Numbers the document after its content, and writes it; takes `bom`, which may be NULL
 * when *error is set. */
int cyclonedx_end(json_t *bom, FILE *out, struct error *error);
json_t *cyclonedx_property(const char *name, const char *value);
/* Adds a component that product_component gave, once, and returns its bom-ref; NULL: its
 * type is none of CycloneDX's. */
json_t *cyclonedx_add_component(json_t *bom, const json_t *component);

#endif
