/* Ports of loopback that are free, for devices which listen there. */
#ifndef PERCUSS_DEVICE_LOOPBACK_H
#define PERCUSS_DEVICE_LOOPBACK_H

#include <stddef.h>

/* Writes the number of a port that is free on 127.0.0.1 now, for TCP and for UDP: a
 * device that is restarted keeps it, so one capture follows it through the whole run. ""
 * when none was found. */
void loopback_find_port(char *text, size_t size);

#endif
