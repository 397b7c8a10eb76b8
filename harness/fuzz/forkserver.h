/* The target's side of AFL++'s fork-server protocol, as afl-fuzz 4.04c and its tools
 * speak it: a hello word on descriptor 199 that says which options are wanted; then, for
 * each execution, a word on 198 that asks for it, the number of a process that does it,
 * and how that ended as wait(2) says. The map and (where it is offered) the input lie in
 * System V shared memory. Here an execution is over before its process is named, so that
 * afl-fuzz's clock never runs: the harness has limits of its own. The process that is
 * named is a stand-in, which does nothing but to be killed: by afl-fuzz when it ends, and
 * for a hang, where this side says nothing until afl-fuzz's patience is over. One thread;
 * the stand-in dies with it. */
#ifndef PERCUSS_FUZZ_FORKSERVER_H
#define PERCUSS_FUZZ_FORKSERVER_H

#include "core/bytes.h"
#include "core/error.h"

#include <sys/types.h>

struct forkserver {
    uint8_t *map;
    size_t map_size;
    const uint8_t *shared; /* the input and, before it, its length; NULL: not offered */
    size_t shared_size;
    int map_id, shared_id;
    const char *file; /* where inputs are otherwise; NULL: standard input */
    uint8_t *bytes;   /* of that */
    pid_t stand_in;   /* 0: none */
};

enum forkserver_end {
    FORKSERVER_OK,
    FORKSERVER_CRASH,
    FORKSERVER_FAULT,
    FORKSERVER_HANG
};

/* Whether a fuzzer started this process. */
bool forkserver_wanted(void);
/* Takes the shared memory of `map_size` bytes at least; nothing is said yet. `file`: the
 * one that the fuzzer writes inputs to, NULL: none was named. */
int forkserver_open(struct forkserver *server, size_t map_size, const char *file,
                    struct error *error);
/* Memory whose maker is gone is removed. Accepts all-zero. */
void forkserver_close(struct forkserver *server);
int forkserver_hello(struct forkserver *server, struct error *error);
/* The next input, which lies in the shared memory until it is answered. 1; 0: the fuzzer
 * has gone, or *stop was set by a signal; -1: an input could not be read. */
int forkserver_next(struct forkserver *server, volatile const int *stop,
                    struct view *input, struct error *error);
/* False: the fuzzer has gone. */
bool forkserver_answer(struct forkserver *server, enum forkserver_end end);

#endif
