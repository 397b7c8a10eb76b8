/* A delivery in JSON, as reproducers and `percuss cases --json` have it. */
#ifndef PERCUSS_ENGINE_DELIVERY_JSON_H
#define PERCUSS_ENGINE_DELIVERY_JSON_H

#include "generate/delivery.h"

#include <jansson.h>

/* {way, unit, percent, pause_ns}; zeros are left out. NULL: memory. */
json_t *delivery_to_json(const struct delivery *delivery);
/* NULL stands for whole and at once. -1 and *error, which says what was expected, when it
 * is no delivery. */
int delivery_from_json(const json_t *json, struct delivery *delivery,
                       struct error *error);

#endif
