/* Which findings are one defect seen in several ways. A place in the device's code (a
 * sanitizer's frames, a fault's program counter) tells defects apart; what has no place
 * (a wrong answer, silence, a reset) belongs to the part of a message that it is about
 * (oracle/shape.h, guilty_part). A bucket is a proposal: `percuss triage` moves findings.
 * One thread. */
#ifndef PERCUSS_ENGINE_BUCKET_H
#define PERCUSS_ENGINE_BUCKET_H

#include "engine/confirm.h"

enum { BUCKETS = 512, BUCKET_ID = 16, BUCKET_TEXT = 200 };

struct bucket {
    char id[BUCKET_ID]; /* "B-01" */
    char guilty[BUCKET_TEXT];
    char place[BUCKET_TEXT]; /* "": none known yet */
};

struct buckets {
    struct bucket list[BUCKETS];
    size_t count;
};

/* The bucket for a finding; a new one when none fits. `place`: "" when none is known. */
const struct bucket *buckets_put(struct buckets *buckets, const char *place,
                                 const char *guilty);
/* What an earlier sitting had put into bucket `id`. */
void buckets_restore(struct buckets *buckets, const char *id, const char *place,
                     const char *guilty);
/* What the last changed message of a reproducer is about (oracle/shape.h), into text. */
const char *bucket_guilty(const struct campaign *campaign,
                          const struct sequence *sequence, char *text, size_t size);

#endif
