/* What a retest came to. */
#include "cli/retest.h"
#include "core/escape.h"
#include "report/rows.h"

#include <stdio.h>
#include <string.h>

/* The row of the comparison that is about the earlier run's finding. */
static const struct compared_finding *compared(const struct retest *retest,
                                               const char *id)
{
    for (size_t i = 0; i < retest->comparison.count; i++) {
        const struct compared_finding *finding = &retest->comparison.findings[i];

        if (finding->before &&
            strcmp(json_string_value(json_object_get(finding->before, "id")), id) == 0)
            return finding;
    }
    return NULL;
}

static const char *status_of(const struct retest *retest, const char *id)
{
    const struct compared_finding *finding = compared(retest, id);

    return finding ? compare_status_name(finding->status) : "not compared";
}

static bool any_fails(const struct retest *retest)
{
    for (size_t i = 0; i < retest->earlier.count; i++)
        if (retest->results[i].failures)
            return true;
    return false;
}

/* Why a pass of the criteria would be more than is known; NULL: it would not. */
static const char *find_doubt(const struct retest *retest)
{
    if (retest->comparison.why_not[0])
        return retest->comparison.why_not;
    if (retest->comparison.scope.same_build)
        return "nothing shows that this is another build";
    for (size_t i = 0; i < retest->earlier.count; i++)
        if (retest->results[i].replays < COMPARE_REPLAYS)
            return "not every finding was replayed 5 times";
    if (retest->comparison.scope.same_cases
            ? retest->comparison.scope.sent_again < retest->comparison.scope.sent
            : retest->comparison.figures[1].cases < retest->comparison.figures[0].cases)
        return "fewer of its cases were sent than the earlier run sent";
    return NULL;
}

int retest_exit(const struct retest *retest, int criteria)
{
    if (criteria == EXIT_HARNESS)
        return criteria;
    if (any_fails(retest) || compare_exit(&retest->comparison) == EXIT_FAIL)
        return EXIT_FAIL;
    return criteria == EXIT_PASS && find_doubt(retest) ? EXIT_INCONCLUSIVE : criteria;
}

static void put(const char *text)
{
    escape_write(stdout, text, ESCAPE_TERMINAL);
}

static void print_row(const struct retest *retest, size_t index)
{
    const struct earlier_finding *finding = &retest->earlier.findings[index];
    const struct retested *result = &retest->results[index];
    char before[64], now[64] = "not replayed";

    snprintf(before, sizeof before, "failed %lld of %lld", (long long)finding->failures,
             (long long)finding->replays);
    if (result->replays)
        snprintf(now, sizeof now, "failed %lld of %lld", (long long)result->failures,
                 (long long)result->replays);
    printf("%-8s %-16s %-16s %-15s ", finding->id, before, now,
           status_of(retest, finding->id));
    put(finding->title);
    putchar('\n');
    if (result->why[0]) {
        printf("%-8s %-16s ", "", "");
        put(result->why);
        putchar('\n');
    }
}

static void print_new(const struct retest *retest)
{
    for (size_t i = 0; i < retest->comparison.count; i++) {
        const struct compared_finding *finding = &retest->comparison.findings[i];

        if (finding->before)
            continue;
        printf("%-8s %-16s %-16s %-15s ",
               json_string_value(json_object_get(finding->after, "id")), "-", "-",
               compare_status_name(finding->status));
        put(json_string_value(json_object_get(finding->after, "title")));
        putchar('\n');
    }
}

/* The new run's, which its exit code stands on. */
static void print_criteria(const struct retest *retest)
{
    struct rows rows = rows_of(&retest->comparison.runs[1],
                               "SELECT id, verdict, title FROM criterion WHERE phase = "
                               "'run' AND verdict IN ('fail', 'inconclusive') ORDER BY "
                               "verdict, id");

    while (rows_next(&rows)) {
        put(rows_text(&rows, 0));
        printf(" %s: ", rows_text(&rows, 1));
        put(rows_text(&rows, 2));
        putchar('\n');
    }
    rows_close(&rows, &(struct error){0});
}

void retest_print(const struct retest *retest, int code)
{
    static const char *const verdicts[] = {"pass", "fail", "", "inconclusive"};
    const struct compare_scope *scope = &retest->comparison.scope;
    const char *doubt = find_doubt(retest);

    printf("%-8s %-16s %-16s %s\n", "finding", "before", "now", "status");
    for (size_t i = 0; i < retest->earlier.count; i++)
        print_row(retest, i);
    print_new(retest);
    if (!retest->earlier.count)
        puts("the earlier run has no finding");
    if (scope->same_cases)
        printf("regression: %lld of the %lld cases that were sent then\n",
               (long long)scope->sent_again, (long long)scope->sent);
    else
        printf("regression: %lld cases\n",
               (long long)retest->comparison.figures[1].cases);
    print_criteria(retest);
    if (doubt)
        printf("NOTE: %s\n", doubt);
    printf("Verdict: %s (exit code %d)\nreport: %s/report.html\n", verdicts[code], code,
           retest->out);
}

void retest_print_json(const struct retest *retest, int code)
{
    const char *doubt = find_doubt(retest);
    json_t *list = json_array(), *root;

    for (size_t i = 0; i < retest->earlier.count; i++) {
        const struct earlier_finding *finding = &retest->earlier.findings[i];
        const struct retested *result = &retest->results[i];

        json_array_append_new(
            list,
            json_pack("{s:s, s:{s:I, s:I, s:s}, s:{s:I, s:I}, s:s, s:s}", "id",
                      finding->id, "before", "replays", (json_int_t)finding->replays,
                      "failures", (json_int_t)finding->failures, "grade", finding->grade,
                      "now", "replays", (json_int_t)result->replays, "failures",
                      (json_int_t)result->failures, "why", result->why, "status",
                      status_of(retest, finding->id)));
    }
    root = json_pack("{s:s, s:o, s:o, s:s, s:i}", "directory", retest->out, "findings",
                     list, "comparison", compare_json(&retest->comparison), "note",
                     doubt ? doubt : "", "exit", code);
    json_dumpf(root, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    putchar('\n');
    json_decref(root);
}
