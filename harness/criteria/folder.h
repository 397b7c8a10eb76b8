/* The *.yaml files of a folder, in an order that does not follow the locale. */
#ifndef PERCUSS_CRITERIA_FOLDER_H
#define PERCUSS_CRITERIA_FOLDER_H

#include "core/error.h"

/* Hands the path of each to `visit`, in order of names, until one returns -1. `what` is
 * named when the folder cannot be read. */
int folder_each(const char *folder, const char *what,
                int (*visit)(void *context, const char *path, struct error *error),
                void *context, struct error *error);

#endif
