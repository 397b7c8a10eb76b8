/* What a process on this machine holds, as /proc says (proc(5)). No state. */
#ifndef PERCUSS_DEVICE_RESOURCES_H
#define PERCUSS_DEVICE_RESOURCES_H

#include "device/device.h"

#include <sys/types.h>

/* -1 when there is no such process, or it is another user's. */
int resources_measure(pid_t pid, struct resource_use *use);

#endif
