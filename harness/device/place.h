/* Where the files lie that percuss comes with: in the tree that it was built in, or where
 * it was installed. Pure but for the program's own path and the environment. */
#ifndef PERCUSS_DEVICE_PLACE_H
#define PERCUSS_DEVICE_PLACE_H

#include <stddef.h>

/* "targets" or "criteria": below $PERCUSS_SHARE where that is set, else the project's for
 * a program in its build folder, else PREFIX/share/percuss of a program in PREFIX/bin. */
void place_share(char *path, size_t size, const char *name);
/* What ${build} stands for: the folder of the plugin, of firmware/ and devices/. The
 * build folder of a program in it, else PREFIX/libexec/percuss. */
void place_build(char *path, size_t size);

#endif
