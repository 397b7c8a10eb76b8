/* The findings of a run: one entry a cause, kept in memory for deduplication and in the
 * store for good. One thread. */
#ifndef PERCUSS_ENGINE_FINDINGS_H
#define PERCUSS_ENGINE_FINDINGS_H

#include "engine/bucket.h"
#include "engine/recorder.h"

enum { FINDINGS = 512, UNCONFIRMED = 512, UNCONFIRMED_TRIES = 3 };

struct known_cause {
    int oracle;
    char cause[200];
    char id[16]; /* "" for one that did not confirm */
    uint64_t hits;
    bool costly; /* the device has to be restored after each hit */
};

struct findings {
    struct known_cause known[FINDINGS];
    size_t count;
    struct known_cause unconfirmed[UNCONFIRMED];
    size_t unconfirmed_count, suspicions;
    struct buckets buckets;
    uint16_t *stream_hits; /* costly hits of each stream of the plan */
};

int findings_init(struct findings *findings, const struct campaign *campaign,
                  struct error *error);
void findings_free(struct findings *findings);
/* Reads what an earlier sitting of the run found. */
int findings_load(struct findings *findings, struct recorder *recorder,
                  struct error *error);

struct known_cause *findings_known(struct findings *findings, int oracle,
                                   const char *cause);
/* How often this cause was tried and did not confirm. */
uint64_t findings_tried(const struct findings *findings, int oracle, const char *cause);
bool findings_is_costly(int oracle, const struct judgement *judgement);

struct suspicion {
    uint64_t number;
    uint32_t stream;
    int oracle;
    const struct judgement *judgement;
    double after_s; /* since the run started */
};
/* One more hit of a known cause. */
int findings_hit(struct findings *findings, struct recorder *recorder,
                 struct known_cause *known, const struct suspicion *suspicion,
                 struct error *error);
/* The result of a confirmation: a new finding (store row, reproducer file) or an
 * unconfirmed suspicion. *id: the finding's id, or NULL. */
int findings_conclude(struct findings *findings, struct recorder *recorder,
                      const struct suspicion *suspicion,
                      const struct confirmation *confirmation, const char **id,
                      struct error *error);
/* A stream that keeps hitting a known costly finding is left out from now on. */
bool findings_skip(const struct findings *findings, const struct campaign *campaign,
                   uint32_t stream);

#endif
