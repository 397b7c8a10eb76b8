/* A finding's self-contained file, reproducer.percuss (JSON; format:
 * harness/engine/README.md): the messages, to be judged by the model, and what went over
 * the link when they were last replayed, to be done again without one. */
#ifndef PERCUSS_ENGINE_REPRODUCER_H
#define PERCUSS_ENGINE_REPRODUCER_H

#include "engine/confirm.h"

struct reproducer {
    char id[80], oracle[32], cause[200], title[200], kind[32];
    char campaign_path[1024];  /* to be opened; in the file as seen from its folder */
    const char *campaign_text; /* the file as it was; owned */
    char plan_hash[HASH_TEXT], case_name[320];
    uint64_t first_case, seed;
    bool sample;
    struct sequence sequence; /* what the model judges */
    struct trace trace;       /* what went over the link; no events: it never repeated */
    unsigned replays;         /* that went so */
    struct fault fault;       /* what the device reported: kind, cause, title */
};

void reproducer_init(struct reproducer *reproducer);
void reproducer_free(struct reproducer *reproducer);

int reproducer_write(const char *path, const struct campaign *campaign,
                     const struct reproducer *reproducer, struct error *error);
/* Reads all but the messages, so that the caller can load the campaign that it names;
 * then the messages. */
int reproducer_read_head(const char *path, struct reproducer *reproducer,
                         struct error *error);
int reproducer_read_sequence(const char *path, const struct campaign *campaign,
                             struct reproducer *reproducer, struct error *error);

/* The same for people (each message dumped, decoded, and what is wrong in it), and as a C
 * program that needs nothing but a C library. */
int reproducer_write_text(const char *path, const struct campaign *campaign,
                          const struct reproducer *reproducer, struct error *error);
int reproducer_write_program(const char *path, const struct campaign *campaign,
                             const struct reproducer *reproducer, struct error *error);

#endif
