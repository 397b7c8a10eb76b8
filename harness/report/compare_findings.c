/* What became of each finding, and what shows it. */
#include "core/json_text.h"
#include "report/compare_parts.h"
#include "report/rows.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SIDE                                                                               \
    "f.id, f.title, f.oracle, f.kind, f.grade, f.cause, f.guilty, f.place, f.first_case, " \
    "f.case_name, f.hits, f.bucket_now AS bucket, f.disposition, f.severity, f.cvss"

/* Of the old run's: its pair, its latest retest on the new run's device, and whether the
 * cases that showed it passed. */
static const char before_sql[] =
    "SELECT " SIDE
    ", p.after AS pair, p.by AS paired_by, t.replays AS retest_replays, t.failures AS "
    "retest_failures, (SELECT count(*) FROM old.suspicion s WHERE s.finding = f.id AND "
    "NOT EXISTS (SELECT 1 FROM sent_new n WHERE n.number = s.number AND n.verdict = "
    "'pass')) AS not_passed FROM old.finding_now f LEFT JOIN pair p ON p.before = f.id "
    "LEFT JOIN new.retest t ON t.id = (SELECT r.id FROM new.retest r WHERE r.finding = f.id "
    "AND r.plan_hash = (SELECT value FROM old.run WHERE key = 'plan_hash') AND r.device = "
    "(SELECT value FROM new.run WHERE key = 'device') ORDER BY r.at_ns DESC, r.id DESC LIMIT "
    "1) ORDER BY f.id";
/* Of the new run's: its pair, and whether the old run has a retest that it passed. */
static const char after_sql[] =
    "SELECT " SIDE
    ", p.before AS pair, p.by AS paired_by, EXISTS (SELECT 1 FROM old.retest t WHERE "
    "t.failures = 0 AND t.cause = substr(f.cause, length(f.oracle) + 3)) AS was_passed "
    "FROM new.finding_now f LEFT JOIN pair p ON p.after = f.id ORDER BY f.id";

/* The same of all that a history knows, with its replays in the new run (history.h). */
static const char known_sql[] =
    "SELECT " SIDE
    ", f.identity, f.held, f.first_night, f.last_night, p.after AS pair, p.by AS paired_by, "
    "f.last_build IN ('', (SELECT build FROM this)) OR (SELECT build FROM this) = '' AS "
    "same_build, t.replays AS retest_replays, t.failures AS retest_failures FROM "
    "old.finding_now f LEFT JOIN pair p ON p.before = f.id LEFT JOIN (SELECT finding, "
    "replays, failures, max(id) FROM new.retest GROUP BY finding) t ON t.finding = "
    "f.identity ORDER BY f.id";
static const char tonight_sql[] =
    "SELECT " SIDE ", p.before AS pair, p.by AS paired_by, 0 AS was_passed FROM "
    "new.finding_now f LEFT JOIN pair p ON p.after = f.id ORDER BY f.id";

static int64_t integer_of(const json_t *side, const char *key)
{
    return json_integer_value(json_object_get(side, key));
}

static void say(struct compared_finding *finding, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void say(struct compared_finding *finding, const char *format, ...)
{
    size_t used = strlen(finding->why);
    va_list arguments;

    if (used && used + 3 < sizeof finding->why) {
        memcpy(finding->why + used, "; ", 3);
        used += 2;
    }
    va_start(arguments, format);
    vsnprintf(finding->why + used, sizeof finding->why - used, format, arguments);
    va_end(arguments);
}

/* --- seen again --------------------------------------------------------------------- */

/* What nobody stated in one of the runs did not change. */
static bool differ(const struct compared_finding *finding, const char *key)
{
    const char *before = json_text_at(finding->before, key);
    const char *after = json_text_at(finding->after, key);

    return before[0] && after[0] && strcmp(before, after) != 0;
}

static void judge_pair(struct compared_finding *finding)
{
    static const char *const keys[] = {"grade", "kind", "severity", "cvss"};
    const char *by = json_text_at(finding->after, "paired_by");

    finding->status = COMPARE_OPEN;
    if (strcmp(by, "cause") != 0) {
        finding->status = COMPARE_CHANGED;
        say(finding, "by the same %s; its cause was '%.120s'", by,
            json_text_at(finding->before, "cause"));
    }
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (!differ(finding, keys[i]))
            continue;
        finding->status = COMPARE_CHANGED;
        say(finding, "%s was %.60s, is %.60s", keys[i],
            json_text_at(finding->before, keys[i]),
            json_text_at(finding->after, keys[i]));
    }
    finding->alarms = differ(finding, "kind");
    if (strcmp(json_text_at(finding->before, "disposition"), "fixed") == 0) {
        finding->status = COMPARE_RETURNED;
        finding->alarms = true;
        say(finding, "%s",
            json_text_at(finding->before, "held")[0]
                ? json_text_at(finding->before, "held")
                : "it was said to be fixed");
    }
}

static void judge_after(struct compared_finding *finding)
{
    if (finding->before) {
        judge_pair(finding);
        return;
    }
    finding->alarms = true;
    finding->status =
        integer_of(finding->after, "was_passed") ? COMPARE_RETURNED : COMPARE_NEW;
    if (finding->status == COMPARE_RETURNED)
        say(finding, "a retest in the old run had not seen it any more");
}

/* --- not seen ----------------------------------------------------------------------- */

/* Whether replays that pass can mean that it is fixed. */
static bool shows_more(const struct comparison *comparison,
                       const struct compared_finding *finding)
{
    if (!comparison->over_history)
        return !comparison->scope.same_build;
    return !integer_of(finding->before, "same_build") &&
           strcmp(json_text_at(finding->before, "grade"), "confirmed") == 0;
}

/* Whether a retest decides. */
static bool judge_retest(const struct comparison *comparison,
                         struct compared_finding *finding)
{
    int64_t replays = integer_of(finding->before, "retest_replays");
    int64_t failures = integer_of(finding->before, "retest_failures");

    if (replays == 0)
        return false;
    say(finding, "its reproducer failed in %lld of %lld replays", (long long)failures,
        (long long)replays);
    if (failures > 0 && json_text_at(finding->before, "held")[0]) {
        finding->status = COMPARE_RETURNED;
        finding->alarms = true;
        say(finding, "%s", json_text_at(finding->before, "held"));
    } else if (failures > 0) {
        finding->status = COMPARE_OPEN;
    } else if (replays >= COMPARE_REPLAYS && shows_more(comparison, finding)) {
        finding->status = COMPARE_FIXED;
    }
    return failures > 0 || finding->status == COMPARE_FIXED;
}

/* Of a history: replays that pass show that it is fixed, and nothing else does. */
static void explain_unseen(struct compared_finding *finding)
{
    finding->status = COMPARE_UNSEEN;
    if (integer_of(finding->before, "retest_replays") < COMPARE_REPLAYS)
        say(finding, "it was not replayed %d times", COMPARE_REPLAYS);
    else if (integer_of(finding->before, "same_build"))
        say(finding, "nothing shows that it is another build than it last failed on");
    else
        say(finding, "it was intermittent");
}

/* Fixed is only what the same cases on another build show. */
static void judge_gone(const struct comparison *comparison,
                       struct compared_finding *finding)
{
    const struct compare_scope *scope = &comparison->scope;
    int64_t first = integer_of(finding->before, "first_case");

    finding->status = COMPARE_UNSEEN;
    if (judge_retest(comparison, finding))
        return;
    if (comparison->over_history)
        explain_unseen(finding);
    else if (scope->same_build)
        say(finding, "nothing shows that it is another build");
    else if (!scope->same_cases)
        say(finding, "the cases are others, and it was not replayed");
    else if (strcmp(json_text_at(finding->before, "grade"), "confirmed") != 0)
        say(finding, "it was intermittent, and it was not replayed %d times",
            COMPARE_REPLAYS);
    else if (scope->first_missing && scope->first_missing <= first)
        say(finding, "case %lld, before it or it, was not sent, and it was not replayed",
            (long long)scope->first_missing);
    else if (integer_of(finding->before, "not_passed"))
        say(finding,
            "%lld of the cases that it was seen in did not pass, or were not sent",
            (long long)integer_of(finding->before, "not_passed"));
    else {
        finding->status = COMPARE_FIXED;
        say(finding, "all cases up to it, and all that showed it, were sent and passed");
    }
}

/* --- all of them -------------------------------------------------------------------- */

static const json_t *find(const json_t *list, const char *id)
{
    size_t index;
    const json_t *side;

    json_array_foreach(list, index, side)
    {
        if (strcmp(json_text_at(side, "id"), id) == 0)
            return side;
    }
    return NULL;
}

static int by_status(const void *a, const void *b)
{
    const struct compared_finding *one = a, *other = b;
    const json_t *side = one->after ? one->after : one->before;
    const json_t *beside = other->after ? other->after : other->before;

    if (one->status != other->status)
        return one->status < other->status ? -1 : 1;
    return strcmp(json_text_at(side, "id"), json_text_at(beside, "id"));
}

int compare_findings(struct comparison *comparison, struct error *error)
{
    const char *const queries[] = {comparison->over_history ? known_sql : before_sql,
                                   comparison->over_history ? tonight_sql : after_sql};
    struct run_view both = {.store = comparison->both};
    size_t index, most = 1;
    const json_t *side;

    for (int i = 0; i < 2; i++) {
        if (!(comparison->sides[i] = rows_list(&both, queries[i], error)))
            return -1;
        most += json_array_size(comparison->sides[i]);
    }
    if (!(comparison->findings = calloc(most, sizeof *comparison->findings)))
        return error_set(error, "out of memory");
    json_array_foreach(comparison->sides[1], index, side)
    {
        struct compared_finding *finding = &comparison->findings[comparison->count++];

        finding->after = side;
        finding->before = find(comparison->sides[0], json_text_at(side, "pair"));
        judge_after(finding);
    }
    json_array_foreach(comparison->sides[0], index, side)
    {
        if (find(comparison->sides[1], json_text_at(side, "pair")))
            continue;
        comparison->findings[comparison->count].before = side;
        judge_gone(comparison, &comparison->findings[comparison->count++]);
    }
    qsort(comparison->findings, comparison->count, sizeof *comparison->findings,
          by_status);
    for (size_t i = 0; i < comparison->count; i++)
        comparison->by_status[comparison->findings[i].status]++;
    return 0;
}
