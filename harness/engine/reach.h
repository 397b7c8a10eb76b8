/* What a case reached, as features: an edge of the device's code with how often it was
 * taken (in AFL's eight classes), and a kind of reply to a message in a state of the
 * session. Counts how many cases reached each. The map is the device's; what it shows
 * while the device only idles counts for nothing. One thread. */
#ifndef PERCUSS_ENGINE_REACH_H
#define PERCUSS_ENGINE_REACH_H

#include "core/tally.h"
#include "generate/session.h"
#include "plugin/coverage_map.h"

struct reach {
    const struct session *session;
    struct coverage_map *map;   /* lent; NULL: replies alone are seen */
    bool idle[COVERAGE_EDGES];  /* taken without a message */
    bool taken[COVERAGE_EDGES]; /* by some case */
    size_t edges;               /* how many of these */
    struct tally cases;         /* by feature */
    struct tally traits;        /* by trait: see reach_trait */
    uint64_t *features;         /* of the case in hand */
    size_t count, capacity;
    unsigned state; /* of the session, as far as the device's answers tell */
};

/* What is new in a case. */
struct reach_news {
    size_t edges;   /* never taken before */
    uint64_t edge;  /* the trait of one of these */
    size_t counts;  /* taken in a new class of counts */
    size_t replies; /* kinds of replies */
};

void reach_init(struct reach *reach, const struct session *session,
                struct coverage_map *map);
void reach_free(struct reach *reach);
/* What the map shows now is taken while the device idles. */
void reach_note_idle(struct reach *reach);
/* The device, or its connection, begins anew: the session is in its first state. */
void reach_restart(struct reach *reach);
/* Forgets what the map shows, and begins a case. */
void reach_begin(struct reach *reach);
/* A message of the case was answered so. -1: memory. */
int reach_reply(struct reach *reach, unsigned message, unsigned outcome,
                uint64_t reply_shape);
/* Reads the map: the case's features, and which of them no case is known to have. -1:
 * memory. */
int reach_read(struct reach *reach, struct reach_news *news);
/* From now on this case counts. -1: memory. */
int reach_learn(struct reach *reach);

/* What a feature says apart from how often: the edge, or the reply itself. A loop that
 * runs once more is new, and no more than that: rarity is that of traits. */
uint64_t reach_trait(uint64_t feature);

/* The edge of a trait that is one. */
uint32_t reach_edge(uint64_t trait);

/* The class of a count, a bit: 1, 2, 3, 4-7, 8-15, 16-31, 32-127, 128-255; of 0: 0. */
uint8_t reach_class(uint8_t count);

#endif
