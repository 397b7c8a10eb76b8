/* The device as other people's inventories name it: from what an assessment states, and
 * from nothing else. */
#ifndef PERCUSS_REPORT_PRODUCT_H
#define PERCUSS_REPORT_PRODUCT_H

#include "report/identity.h"
#include "report/rows.h"

struct product {
    char *name, *version; /* version: NULL when it is not stated */
    json_t *images;       /* SHA-256 of what was released, in hex: strings */
};
/* -1 and *error when there is no assessment, or it does not name the device. */
int product_read(const struct report_subject *subject, struct product *product,
                 struct error *error);
void product_free(struct product *product); /* accepts what is empty */
/* The check of formats about the device (report.h). */
int product_check(const struct report_subject *subject,
                  const struct report_options *options, struct error *error);
/* Its package URL: pkg:generic/NAME@VERSION (purl specification, type generic). */
json_t *product_purl(const struct product *product);

/* The component of the device's SBOM that the finding is in, by people's word or by the
 * map: an object of texts with the columns of the table `component`. NULL: none is known.
 */
json_t *product_component(const struct report_subject *subject,
                          const struct run_view *run, const char *finding);

#endif
