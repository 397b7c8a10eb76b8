/* A command of the bench (switch a relay, flash a board), run to its end and judged by
 * its exit status. Owns nothing between two calls; one thread at a time. */
#ifndef PERCUSS_DEVICE_ACTION_H
#define PERCUSS_DEVICE_ACTION_H

#include "core/error.h"

#include <stdint.h>

/* 0 when it ended with exit status 0 by the deadline, and where `due` is not NULL, one
 * line of its output is that text; whatever it left running is killed. Else -1, and
 * *error says which of the device's commands (`name`) failed, how, and with which first
 * words. */
int action_run(const char *name, char *const *command, const char *due,
               int64_t deadline_ns, struct error *error);

#endif
