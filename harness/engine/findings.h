/* The findings of a run: one entry a cause, kept in memory for deduplication and in the
 * store for good. One thread. */
#ifndef PERCUSS_ENGINE_FINDINGS_H
#define PERCUSS_ENGINE_FINDINGS_H

#include "engine/bucket.h"
#include "engine/recorder.h"
#include "engine/skips.h"

enum { FINDINGS = 512 };

struct known_cause {
    int oracle;
    char cause[200];
    char id[16];
    uint64_t hits;
    bool costly; /* the device has to be restored after each hit */
};

struct findings {
    struct known_cause known[FINDINGS];
    size_t count;
    size_t suspicions;
    struct level level; /* what confirmations may spend and have spent */
    struct tally tries; /* that did not confirm, by oracle, cause and stream */
    struct skips skips;
    struct buckets buckets;
};

int findings_init(struct findings *findings, const struct campaign *campaign,
                  struct error *error);
void findings_free(struct findings *findings);
/* Reads what an earlier sitting of the run found. */
int findings_load(struct findings *findings, struct recorder *recorder,
                  struct error *error);

struct known_cause *findings_known(struct findings *findings, int oracle,
                                   const char *cause);
bool findings_is_costly(int oracle, const struct judgement *judgement);

struct suspicion {
    uint64_t number;
    const char *name; /* of the case */
    uint32_t stream;
    int oracle;
    const struct judgement *judgement;
    double after_s; /* since the run started, when it was seen */
};
/* Whether it is worth a search of what was sent before (decision.h), by how often its
 * cause was suspected in its stream and did not confirm. */
bool findings_searches(const struct findings *findings,
                       const struct suspicion *suspicion);
/* One more hit of a known cause. `confirmation`: what led to it, or NULL. */
int findings_hit(struct findings *findings, struct recorder *recorder,
                 struct known_cause *known, const struct suspicion *suspicion,
                 const struct confirmation *confirmation, struct error *error);
/* The result of a confirmation: a new finding (store row, reproducer file) or an
 * unconfirmed suspicion. *id: the finding's id, or NULL. */
int findings_conclude(struct findings *findings, struct recorder *recorder,
                      const struct suspicion *suspicion,
                      const struct confirmation *confirmation, const char **id,
                      struct error *error);
/* One that could not be replayed: unconfirmed, without replays. */
int findings_leave(struct findings *findings, struct recorder *recorder,
                   const struct suspicion *suspicion, struct error *error);

#endif
