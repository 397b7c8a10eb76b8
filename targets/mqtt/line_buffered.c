/* Linked into the servers that scripts/bench drives: each line of their log leaves at
 * once, also into a pipe, so that standard error has the sanitizer's words alone. */
#include <stdio.h>

__attribute__((constructor)) static void buffer_lines(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
}
