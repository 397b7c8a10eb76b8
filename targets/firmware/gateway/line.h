/*
 * The service line on the second serial port, /dev/ttyS0: lines in, lines out, after
 * README.md. Owned by the main loop.
 */
#ifndef GATEWAY_LINE_H
#define GATEWAY_LINE_H

struct pump;

/* Opens the port, 115,200 Bd 8N1; `pump` is lent for good. */
void line_start(struct pump *pump);

/* What to wait for, -1: there is no port; and then, what came. */
int line_handle(void);
void line_serve(void);

#endif
