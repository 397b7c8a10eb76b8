/* All capture files of one kind in a run folder (the send log's segments, or the
 * independent captures), read as one. Owned by the comparison; one thread. */
#ifndef PERCUSS_RECORD_SIDE_H
#define PERCUSS_RECORD_SIDE_H

#include "record/flows.h"

enum { SIDE_NAME = 64 };

struct side {
    const char *directory;
    char (*names)[SIDE_NAME];
    size_t count;
    struct flows flows;
    struct flow_want *wants; /* for the next reading; two a flow */
    size_t *partner;         /* index + 1 in the other side, 0: none */
    bool cut;                /* a file ends inside a packet: its writer was killed */
    bool dropped;            /* the keep rule dropped segments of the send log */
};

/* Finds the files; *error when there are none. */
int side_list(struct side *side, const char *directory, bool log, struct error *error);
/* Reads them for the first time: the flows, with lengths and hashes. */
int side_read(struct side *side, struct error *error);
/* Reads once more for what is in `wants`; the same files give the same flows in the same
 * order. */
int side_read_again(struct side *side, struct error *error);
void side_free(struct side *side);

#endif
