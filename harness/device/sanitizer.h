/* Reports of AddressSanitizer, UndefinedBehaviorSanitizer, LeakSanitizer, MemorySanitizer
 * and ThreadSanitizer, as GCC and Clang print them. Pure; the text is the device's, so
 * nothing in it is trusted. */
#ifndef PERCUSS_DEVICE_SANITIZER_H
#define PERCUSS_DEVICE_SANITIZER_H

#include "device/device.h"

enum sanitizer_line {
    SANITIZER_OTHER,
    SANITIZER_NOTE,  /* "runtime error:": a short report, the program usually goes on */
    SANITIZER_REPORT /* "ERROR: AddressSanitizer: ...": long, the program usually ends */
};
enum sanitizer_line sanitizer_line(const char *line);

/* Finds the next report at or after *offset of `text` and fills kind, title and cause of
 * *fault, and its place in `text` as its detail; moves *offset behind it. False when
 * there is none. The cause has no addresses: kind, access and the first three frames of
 * the program's own code. */
bool sanitizer_next(struct view text, size_t *offset, struct fault *fault);

#endif
