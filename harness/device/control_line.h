/* A control line of a serial port (DTR or RTS) as a switch: a transistor at it holds a
 * board in reset or cuts its supply. The struct owns its descriptor, which stays open, as
 * closing a port may drop its lines; one thread at a time. */
#ifndef PERCUSS_DEVICE_CONTROL_LINE_H
#define PERCUSS_DEVICE_CONTROL_LINE_H

#include "core/yaml.h"

struct control_line {
    const char *port; /* NULL: none; borrowed from the campaign */
    int bit;          /* TIOCM_DTR or TIOCM_RTS, tty_ioctl(4) */
    bool low;         /* "on" is the line at rest */
    int fd;           /* -1: not open yet */
};

/* port, line: dtr | rts, on: high | low. Opens nothing. */
int control_line_read(struct control_line *line, const struct yaml *settings,
                      struct error *error);
/* Opens the port at first, which itself raises both lines for a moment. */
int control_line_set(struct control_line *line, bool on, struct error *error);
void control_line_close(struct control_line *line); /* the line stays as it is */

#endif
