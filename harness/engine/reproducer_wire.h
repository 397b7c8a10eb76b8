/* The part of reproducer.percuss that needs no model: the trace and the device's fault.
 */
#ifndef PERCUSS_ENGINE_REPRODUCER_WIRE_H
#define PERCUSS_ENGINE_REPRODUCER_WIRE_H

#include "engine/reproducer.h"

#include <jansson.h>

/* The list `wire`, or NULL when memory is short. */
json_t *reproducer_wire_json(const struct trace *trace);
/* `path` is for complaints. */
int reproducer_wire_read(const json_t *list, const char *path, struct trace *trace,
                         struct error *error);
json_t *reproducer_fault_json(const struct fault *fault);
int reproducer_fault_read(const json_t *json, const char *path, struct fault *fault,
                          struct error *error);

#endif
