/* What a link can really put on, or see on, its wire: a set. A link has one, the way in
 * which a message is put on the link needs some of it. */
#ifndef PERCUSS_CORE_CARRIES_H
#define PERCUSS_CORE_CARRIES_H

#include <stddef.h>

enum link_carries {
    LINK_STREAM = 1, /* bytes without message limits */
    LINK_DATAGRAMS = 2,
    LINK_CONNECTIONS = 4, /* can be opened anew, and closed by the peer */
    LINK_HALF_CLOSE = 8,
    LINK_GAPS = 16, /* a pause between two sends reaches the device */
    LINK_BREAK = 32,
    LINK_PARITY = 64,   /* wrong parity bits */
    LINK_BAUD = 128,    /* another speed than the line's */
    LINK_FRAMING = 256, /* characters whose stop bit is missing */
    LINK_RATE = 512     /* not of a link: the campaign declares a maximum rate */
};
enum { LINK_CARRIES = 10 }; /* how many bits */

/* "stream, connections, half-close" into text; of a single bit its name. */
const char *carries_text(unsigned carries, char *text, size_t size);

#endif
