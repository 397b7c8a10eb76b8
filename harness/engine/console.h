/* Patterns on the device's console: what means trouble, and what means a start. Part of a
 * campaign, read-only after loading. */
#ifndef PERCUSS_ENGINE_CONSOLE_H
#define PERCUSS_ENGINE_CONSOLE_H

#include "device/device.h"
#include "device/lines.h"

enum { CONSOLE_SUSPECTS = 16 };

struct console_suspect {
    const char *id, *example; /* a line that matches: what the oracle is proven with */
    struct pattern pattern;
};

struct console {
    struct console_suspect suspects[CONSOLE_SUSPECTS];
    size_t suspect_count;
    struct pattern banner;
};

/* The key `console` of a campaign; absent leaves all zero. */
int console_read(struct console *console, const struct yaml *root, struct error *error);
void console_free(struct console *console);
/* Adds a fault for each line that matches in observation->text from `from` on. `lines`
 * joins what comes in parts. */
void console_scan(const struct console *console, struct lines *lines, size_t from,
                  struct observation *observation);

#endif
