#include "report/standing.h"

#include <string.h>

/* Fixed is what was shown to be: the last replays of the finding on another device than
 * the one that failed, in any run of the subject, all pass. The number that AC-19 asks
 * for, and the run of the same plan, are AC-19's. */
static bool is_shown(const struct report_subject *subject, const struct run_view *run,
                     const char *finding)
{
    char plan[200], device[4000];
    int64_t last = -1, failures = 1;

    if (store_get(run->store, "plan_hash", plan, sizeof plan) ||
        store_get(run->store, "device", device, sizeof device))
        return false;
    for (size_t i = 0; i < subject->run_count; i++) {
        struct store *store = subject->runs[i].store;
        int64_t at =
            store_integer(store, -1,
                          "SELECT max(at_ns) FROM retest WHERE plan_hash = ? AND "
                          "finding = ? AND device <> ? AND replays > 0",
                          "ttt", plan, finding, device);

        if (at < last || at < 0)
            continue;
        failures = (at == last ? failures : 0) +
                   store_integer(store, 1,
                                 "SELECT sum(failures) FROM retest WHERE plan_hash = ? "
                                 "AND finding = ? AND device <> ? AND at_ns = ?",
                                 "ttti", plan, finding, device, at);
        last = at;
    }
    return last >= 0 && failures == 0;
}

struct standing standing_of(const struct report_subject *subject,
                            const struct run_view *run, struct rows *finding)
{
    static const struct {
        const char *disposition;
        enum standing_is is;
    } table[] = {{"fixed", STANDING_FIXED},
                 {"deferred", STANDING_DEFERRED},
                 {"accepted", STANDING_ACCEPTED},
                 {"false-positive", STANDING_NO_DEFECT},
                 {"duplicate", STANDING_DUPLICATE}};
    struct standing standing = {.why = rows_text(finding, 1),
                                .at_ns = rows_integer(finding, 2),
                                .approved = rows_integer(finding, 3)};

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(rows_text(finding, 0), table[i].disposition) == 0)
            standing.is = table[i].is;
    if (standing.is == STANDING_FIXED && !is_shown(subject, run, rows_text(finding, 4))) {
        standing.is = STANDING_UNDECIDED;
        standing.unproven = true;
    }
    return standing;
}
