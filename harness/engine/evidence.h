/* What the replays of a confirmation left behind: the traffic of a failing one, laid over
 * that of the others, and what the device itself said. Owned by a confirmation; filled by
 * its trials. One thread. */
#ifndef PERCUSS_ENGINE_EVIDENCE_H
#define PERCUSS_ENGINE_EVIDENCE_H

#include "engine/runner.h"

struct evidence {
    struct trace trace;       /* of a failing replay; no events: none failed */
    struct trace latest;      /* of the replay that runs */
    struct buffer text;       /* console, sanitizer report, registers of that replay */
    unsigned replays;         /* failing ones that went alike, `trace` included */
    struct fault fault;       /* the first that the device reported; FAULT_NONE: none */
    struct capture_ends ends; /* of its connections */
};

void evidence_init(struct evidence *evidence);
void evidence_free(struct evidence *evidence);
/* Around the restoring of the device and the run of a replay (what proves the reset is
 * part of what the device has seen); NULL evidence takes nothing. `failed`: it did what
 * the finding says. */
void evidence_begin(struct evidence *evidence, struct runner *runner);
void evidence_end(struct evidence *evidence, struct runner *runner, bool failed);

#endif
