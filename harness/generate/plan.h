/* The plan: everything that decides the cases. Case N is a pure function of (plan, N):
 * computed, never stored. Read-only once built; shared by threads. Numbers start at 1.
 * Cases 1..plan->total are enumerated, interleaved over all streams (so that early
 * numbers touch every message, field and anomaly); from plan->total + 1 on they are
 * stacked random mutations keyed by (seed, N). */
#ifndef PERCUSS_GENERATE_PLAN_H
#define PERCUSS_GENERATE_PLAN_H

#include "core/hash.h"
#include "generate/anomaly.h"

/* One message in one state x field x anomaly. */
struct stream {
    struct site site;
    const struct anomaly_ops *anomaly;
    char *name;            /* of its cases, up to the label */
    uint64_t first, count; /* its cases are the anomaly's first .. first + count - 1 */
    /* Streams with its message and state: from `alike` on, `alike_end` excluded. */
    uint32_t alike, alike_end;
};

struct plan {
    const struct session *session; /* borrowed */
    uint64_t seed;
    struct stream *streams; /* grouped by state and message: ids of the `stream` table */
    size_t stream_count;
    uint32_t *order;       /* stream ids, most cases first, shuffled among equals */
    uint64_t *round_start; /* round r holds cases round_start[r] .. round_start[r+1]-1 */
    size_t *round_width;   /* how many streams take part in round r */
    size_t round_count;
    uint64_t total;
    char hash[HASH_TEXT];
};

int plan_build(struct plan *plan, const struct session *session, uint64_t seed,
               struct error *error);
void plan_free(struct plan *plan);

enum { PLAN_STACKED = UINT32_MAX };
/* Where case N lies: its stream (PLAN_STACKED for random ones) and which of the anomaly's
 * cases at that site it is. */
void plan_locate(const struct plan *plan, uint64_t number, uint32_t *stream,
                 uint64_t *index);
/* The streams whose changes make up case N: one, of a stacked case up to PLAN_CHANGES
 * (one may be there twice). Returns how many. */
enum { PLAN_CHANGES = 4 };
size_t plan_streams(const struct plan *plan, uint64_t number,
                    uint32_t streams[PLAN_CHANGES]);

/* --- one case as messages ----------------------------------------------------------- */

/* A message that is split is a step for each frame that is answered. */
enum { SCRIPT_MESSAGES = 48, SCRIPT_STEPS = 512 };
struct step {
    unsigned message; /* exemplar it was made from */
    bool fuzzed;
    size_t offset, length; /* its bytes inside script.bytes */
    struct delivery delivery;
};
/* The messages of one case, in order. Reused from case to case. */
struct script {
    uint64_t number;
    uint32_t stream; /* PLAN_STACKED: random */
    uint64_t index;
    struct step steps[SCRIPT_STEPS];
    size_t count, messages;
    struct buffer bytes;
};
void script_init(struct script *script);
void script_free(struct script *script);
struct view script_bytes(const struct script *script, size_t step);

/* Scratch for making cases: one a thread. */
struct generator {
    const struct plan *plan;
    struct tree tree;
    struct buffer bytes;
    struct splitter splitter;
    struct buffer frames, held;
};
void generator_init(struct generator *generator, const struct plan *plan);
void generator_free(struct generator *generator);
/* Makes case `number`. -1 only when memory is short. */
int generator_case(struct generator *generator, uint64_t number, struct script *script);
/* Makes one valid exemplar, with sequence numbers and varying fields set from `serial`:
 * its bytes are sent at once, also where they are several frames. */
int generator_exemplar(struct generator *generator, unsigned message, uint64_t serial,
                       struct buffer *bytes);
/* The same as the steps of an emptied script: one, or one a frame where frames are
 * acknowledged. */
int generator_steps(struct generator *generator, unsigned message, uint64_t serial,
                    struct script *script);

/* "modbus_rtu/ready/write_rate/pdu.body.value[boundary:max+1]" into text. Returns text.
 */
const char *plan_name(const struct plan *plan, uint64_t number, char *text, size_t size);
/* Path of a stream's field inside its message, "" for the whole message. */
const char *stream_path(const struct stream *stream, char *text, size_t size);
/* "type.field" in the model, "" for the whole message. */
const char *stream_field(const struct stream *stream, char *text, size_t size);

#endif
