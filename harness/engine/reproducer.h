/* A finding's self-contained file: the messages as bytes, what to look for, and what it
 * was found with. JSON; format: harness/engine/README.md. */
#ifndef PERCUSS_ENGINE_REPRODUCER_H
#define PERCUSS_ENGINE_REPRODUCER_H

#include "engine/confirm.h"

struct reproducer {
    char id[16], oracle[32], cause[200], title[200], kind[32];
    char campaign_path[1024]; /* absolute */
    char plan_hash[HASH_TEXT], case_name[320];
    uint64_t first_case, seed;
    bool sample;
    struct sequence sequence;
};

int reproducer_write(const char *path, const struct campaign *campaign,
                     const struct reproducer *reproducer, struct error *error);
/* The same for people (each message dumped, decoded, and what is wrong in it), and as a C
 * program that needs nothing but a C library. */
int reproducer_write_text(const char *path, const struct campaign *campaign,
                          const struct reproducer *reproducer, struct error *error);
int reproducer_write_program(const char *path, const struct campaign *campaign,
                             const struct reproducer *reproducer, struct error *error);
/* Reads the head first, so that the caller can load the campaign it names; then the
 * messages. */
int reproducer_read_head(const char *path, struct reproducer *reproducer,
                         struct error *error);
int reproducer_read_sequence(const char *path, const struct campaign *campaign,
                             struct reproducer *reproducer, struct error *error);

#endif
