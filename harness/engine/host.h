/* The machine that percuss runs on, as a run's facts and a validation record name it. */
#ifndef PERCUSS_ENGINE_HOST_H
#define PERCUSS_ENGINE_HOST_H

#include <stddef.h>

/* "Linux 6.1.0 x86_64": system, release, machine; "" when it cannot be told. Returns
 * text. */
const char *host_describe(char *text, size_t size);

#endif
