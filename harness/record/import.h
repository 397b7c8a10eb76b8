/* Recorded traffic turned into seeds and a survey: every frame is parsed in its
 * direction; what is valid becomes a seed, what is not is counted by its reason. A
 * message that spans frames is surveyed joined; its frames become seeds, each by itself.
 * One thread. */
#ifndef PERCUSS_RECORD_IMPORT_H
#define PERCUSS_RECORD_IMPORT_H

#include "generate/follow.h"
#include "generate/survey.h"
#include "record/joins.h"
#include "record/seeds.h"
#include "record/traffic.h"

enum { IMPORT_PACKETS = 5 };

/* Why frames are not valid, or bytes are no frames; a reason and direction each. */
struct import_problem {
    bool reply, framed;
    const char *file;   /* of the first; borrowed from traffic_read's path */
    const char *clause; /* that is broken, "" */
    char reason[200];   /* of the first */
    unsigned kind;      /* framed: enum violation_kind */
    uint32_t field;
    uint64_t times, bytes;
    uint64_t packets[IMPORT_PACKETS]; /* the first ones */
};

struct import {
    const struct model *model;
    uint16_t port;
    struct survey survey;
    struct seeds seeds;
    struct tree tree;
    struct follower follower;
    struct joins joins;
    struct traffic *traffic;
    struct traffic_totals totals;
    struct import_problem *problems;
    size_t problem_count, problem_capacity;
    uint64_t messages, valid;
    uint64_t joined; /* of the messages: from several frames */
    bool failed;
    struct error error;
};

struct import_options {
    uint16_t port;                 /* the device's; 0: only byte pipes are expected */
    const char *folder;            /* where seeds are; NULL: none are written */
    const struct session *session; /* says what connections agree on, or NULL */
    struct context context;        /* what messages read under before that */
};
int import_begin(struct import *import, const struct model *model,
                 const struct import_options *options, struct error *error);
int import_read(struct import *import, const char *path, struct error *error);
int import_end(struct import *import, struct error *error);
void import_free(struct import *import); /* accepts all-zero */

#endif
