/* What code of the device a run has executed, for the store (record/schema.sql, block).
 */
#ifndef PERCUSS_ENGINE_EXECUTED_H
#define PERCUSS_ENGINE_EXECUTED_H

#include "engine/recorder.h"

/* Adds what the device's coverage map says of this sitting, and notes the image that it
 * speaks of. Nothing to do for a device that shows no coverage. */
int executed_write(struct recorder *recorder, struct device *device, struct error *error);

#endif
