/* Corpora as folders: one file an input (generate/input.h), named after its content
 * (engine/pool.h). Copies inputs in from what other engines keep, and out for them. One
 * thread. */
#ifndef PERCUSS_ENGINE_CORPUS_H
#define PERCUSS_ENGINE_CORPUS_H

#include "core/error.h"
#include "model/model.h"

struct corpus_import {
    const char *into;              /* made when it is needed */
    const struct framing *framing; /* files are single messages; NULL: they are inputs */
    uint64_t written, known;       /* inputs that were there already */
    uint64_t passed_over;          /* files that are none: empty, or too long */
};

/* Takes all files of `from`, to any depth, hidden ones aside: of a run's folder those of
 * its corpus, of what afl-fuzz writes the queue, crashes and hangs, of seeds no replies.
 * -1 and *error. */
int corpus_import(struct corpus_import *import, const char *from, struct error *error);

enum corpus_form {
    CORPUS_LIBFUZZER, /* the files as they are */
    CORPUS_AFL,       /* as another fuzzer's folder: queue/id:000000,orig:NAME */
    CORPUS_SORTED     /* shortest first by name: what is read in that order */
};
/* Writes all inputs of corpus `from` into `into`, which is made; *count of them. -1 and
 * *error. */
int corpus_export(const char *from, const char *into, enum corpus_form form,
                  uint64_t *count, struct error *error);

#endif
