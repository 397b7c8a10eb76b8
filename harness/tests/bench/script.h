/* What a campaign did to its TCP connection, read back from the send log of percuss: the
 * very bytes, in order, with the connections opened and closed. Owned by the caller;
 * plain C library only, so that the loop it feeds shares no code with the harness. */
#ifndef PERCUSS_BENCH_SCRIPT_H
#define PERCUSS_BENCH_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum action_kind {
    ACTION_OPEN,
    ACTION_SEND,
    ACTION_RECEIVE,
    ACTION_END,
    ACTION_EOF,
    ACTION_RESET
};

struct action {
    enum action_kind
        kind; /* END: half-close of our side; EOF: wait for the peer's close */
    const uint8_t *bytes; /* SEND: inside script.file */
    size_t length;        /* SEND; RECEIVE: how many bytes the campaign got */
    uint64_t number;   /* the case that it belongs to, with the checks that follow it */
    unsigned stretch;  /* cases in one go, nothing confirmed or restored in between */
    int64_t logged_ns; /* when the campaign did it */
};

struct script {
    uint8_t *file;
    struct action *actions;
    size_t count;
    unsigned stretches;
};

/* Reads `path` (IPv4 over TCP, as percuss writes it). -1 after a message to stderr. */
int script_read(struct script *script, const char *path);
void script_free(struct script *script);

#endif
