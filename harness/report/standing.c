#include "report/standing.h"

#include <string.h>

/* Fixed is what was shown to be: the last replays of the finding on another build pass,
 * and where the assessment states what is released, that build is it or stands for it.
 * How many replays AC-19 asks for, and the run of the same plan, are AC-19's. */
static bool is_shown(const struct report_subject *subject, const struct run_view *run,
                     const char *finding)
{
    return subject->assessment &&
           store_integer(
               subject->assessment->store, 0,
               "SELECT replays > 0 AND failures = 0 AND (NOT EXISTS (SELECT 1 FROM "
               "release_image) OR EXISTS (SELECT 1 FROM release_image i WHERE i.sha256 = "
               "substr(t.device, -64))) FROM trace_retest t WHERE folder = ? AND finding "
               "= ?",
               "tt", subject->assessment->runs[run - subject->runs].folder, finding);
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
