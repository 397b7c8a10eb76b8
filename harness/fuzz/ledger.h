/* What the inputs of a fuzzer have shown so far: one folder a cause under DIR/findings
 * (engine/finding_folder.h, and the input itself), and a line for each conclusion in
 * DIR/findings/log.jsonl, so that later processes and those beside it know what was
 * reported, what did not confirm, and how much of the campaign's alpha is spent. Nothing
 * is made before there is something to report. One thread. */
#ifndef PERCUSS_FUZZ_LEDGER_H
#define PERCUSS_FUZZ_LEDGER_H

#include "core/tally.h"
#include "engine/findings.h"

enum { LEDGER_ID = 16 };

struct ledger_entry {
    uint64_t key; /* of oracle and cause */
    char id[LEDGER_ID];
};

struct ledger {
    char directory[900];
    const struct campaign *campaign; /* borrowed */
    struct ledger_entry *entries;
    size_t count, capacity;
    struct tally tries; /* that did not confirm, by key */
    struct level level;
    struct buckets buckets;
    long read; /* bytes of the log */
};

/* Reads what is there. */
int ledger_open(struct ledger *ledger, const char *directory,
                const struct campaign *campaign, struct error *error);
void ledger_close(struct ledger *ledger); /* accepts all-zero */

/* The id of the finding that has this cause, NULL when none has; looks what others have
 * written meanwhile. */
const char *ledger_known(struct ledger *ledger, int oracle, const char *cause);
/* Whether what was sent before is worth a search (decision.h). */
bool ledger_searches(const struct ledger *ledger, int oracle, const char *cause);

/* The result of a confirmation, shown by `input`. 1: a new finding; 0: a known one, or
 * none. `id`: of the finding, "" when there is none: a soft oracle's suspicion that did
 * not confirm. */
int ledger_conclude(struct ledger *ledger, const struct suspicion *suspicion,
                    const struct confirmation *confirmation, struct view input,
                    char id[LEDGER_ID], struct error *error);

#endif
