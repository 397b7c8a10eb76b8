/* A night for CI (JUnit) and for code scanning (SARIF). */
#include "core/escape.h"
#include "core/json_text.h"
#include "report/identity.h"
#include "report/night_parts.h"

#include <stdlib.h>
#include <string.h>

static const json_t *side_of(const struct compared_finding *finding)
{
    return finding->after ? finding->after : finding->before;
}

/* --- JUnit -------------------------------------------------------------------------- */

/* What a test case has inside; NULL: nothing, it passes. */
struct outcome {
    const char *element;
};

static const struct outcome passed = {NULL}, failed = {"failure"}, broken = {"error"},
                            skipped = {"skipped"};

static const struct outcome *outcome_of_finding(const struct compared_finding *finding)
{
    if (finding->alarms)
        return &failed;
    return finding->status == COMPARE_FIXED ? &passed : &skipped;
}

static const struct outcome *outcome_of_criterion(const struct night_judged *judged)
{
    static const struct outcome *const table[] = {
        [NIGHT_PASSES] = &passed,      [NIGHT_EXPLAINED] = &skipped,
        [NIGHT_LACKS_CASES] = &broken, [NIGHT_OPEN] = &broken,
        [NIGHT_FAILS] = &failed,       [NIGHT_NOT_ASKED] = &skipped};

    return table[judged->standing];
}

static void put_attribute(FILE *out, const char *name, const char *value)
{
    fprintf(out, " %s=\"", name);
    escape_write(out, value, ESCAPE_MARKUP);
    fputc('"', out);
}

static void put_case(FILE *out, const char *group, const char *name, const char *title,
                     const struct outcome *outcome, const char *message)
{
    char *whole = NULL;

    if (asprintf(&whole, "%s%s%s", name, title[0] ? " " : "", title) < 0)
        whole = NULL;
    fputs("    <testcase", out);
    put_attribute(out, "classname", group);
    put_attribute(out, "name", whole ? whole : name);
    fputs(" time=\"0\">\n", out);
    if (outcome->element) {
        fprintf(out, "      <%s", outcome->element);
        put_attribute(out, "message", message);
        if (outcome != &skipped)
            put_attribute(out, "type", group);
        fprintf(out, "></%s>\n", outcome->element);
    }
    fputs("    </testcase>\n", out);
    free(whole);
}

/* Whether the night shows enough is a case of its own. */
static const struct outcome *outcome_of_night(const struct night *night)
{
    return night->exit == 3 ? &broken : &passed;
}

static void put_cases(const struct night *night, FILE *out)
{
    const struct comparison *comparison = &night->comparison;

    put_case(out, "night", "shows enough", "", outcome_of_night(night), night->why);
    for (size_t i = 0; i < night->judged_count; i++) {
        const struct night_judged *judged = &night->judged[i];

        put_case(out, "criteria", judged->criterion->id, judged->criterion->title,
                 outcome_of_criterion(judged), judged->explanation);
    }
    for (size_t i = 0; i < comparison->count; i++) {
        const struct compared_finding *finding = &comparison->findings[i];
        char *message = NULL;

        if (asprintf(&message, "%s%s%s", compare_status_name(finding->status),
                     finding->why[0] ? ": " : "", finding->why) < 0)
            message = NULL;
        put_case(out, "findings", json_text_at(side_of(finding), "id"),
                 json_text_at(side_of(finding), "title"), outcome_of_finding(finding),
                 message ? message : "");
        free(message);
    }
}

struct junit_counts {
    size_t tests, failures, errors, skipped;
};

static void count(struct junit_counts *counts, const struct outcome *outcome)
{
    counts->tests++;
    counts->failures += outcome == &failed;
    counts->errors += outcome == &broken;
    counts->skipped += outcome == &skipped;
}

static void put_totals(FILE *out, const struct night *night,
                       const struct junit_counts *counts)
{
    const struct figures *figures = &night->comparison.figures[1];

    fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" time=\"%.3f\"",
            counts->tests, counts->failures, counts->errors,
            figures->active_known ? figures->active_s : 0.0);
}

int night_junit(const struct night *night, FILE *out, struct error *error)
{
    struct junit_counts counts = {0};
    char interface[600];

    (void)error;
    count(&counts, outcome_of_night(night));
    for (size_t i = 0; i < night->judged_count; i++)
        count(&counts, outcome_of_criterion(&night->judged[i]));
    for (size_t i = 0; i < night->comparison.count; i++)
        count(&counts, outcome_of_finding(&night->comparison.findings[i]));
    fputs(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"percuss night\"",
        out);
    put_totals(out, night, &counts);
    fputs(">\n  <testsuite", out);
    put_attribute(out, "name",
                  figures_fact(&night->comparison.runs[1], "interface", interface,
                               sizeof interface));
    fprintf(out, " skipped=\"%zu\"", counts.skipped);
    put_totals(out, night, &counts);
    fputs(">\n", out);
    put_cases(night, out);
    fputs("  </testsuite>\n</testsuites>\n", out);
    return 0;
}

/* --- SARIF -------------------------------------------------------------------------- */

/* SARIF 2.1.0, 3.27.24, knows no word for what came back: it is new. */
static const char *state_of_finding(const struct night *night, const char *id)
{
    const struct comparison *comparison = &night->comparison;

    for (size_t i = 0; i < comparison->count; i++) {
        const struct compared_finding *finding = &comparison->findings[i];

        if (!finding->after || strcmp(json_text_at(finding->after, "id"), id) != 0)
            continue;
        if (finding->alarms)
            return "new";
        return finding->status == COMPARE_CHANGED ? "updated" : "unchanged";
    }
    return "new";
}

static const char *state_of_criterion(const struct night *night, const char *id)
{
    for (size_t i = 0; i < night->judged_count; i++)
        if (strcmp(night->judged[i].criterion->id, id) == 0)
            return night->judged[i].standing == NIGHT_FAILS ? "new" : "unchanged";
    return "unchanged";
}

/* What came back, or fails on, in replays alone: the run's own results do not have it. */
static void add_replayed(const struct night *night, json_t *results)
{
    const struct comparison *comparison = &night->comparison;

    for (size_t i = 0; i < comparison->count; i++) {
        const struct compared_finding *finding = &comparison->findings[i];
        char *words = NULL;

        if (finding->after ||
            (finding->status != COMPARE_RETURNED && finding->status != COMPARE_OPEN))
            continue;
        if (asprintf(&words, "%s: %s", json_text_at(finding->before, "title"),
                     finding->why) < 0)
            words = NULL;
        json_array_append_new(results,
                              json_pack("{s:s, s:s, s:{s:o}, s:s, s:{s:o}}", "kind",
                                        "fail", "level", "error", "message", "text",
                                        json_text(words ? words : ""), "baselineState",
                                        finding->alarms ? "new" : "unchanged",
                                        "properties", "finding",
                                        json_text(json_text_at(finding->before, "id"))));
        free(words);
    }
}

/* The run's own SARIF, each result with where it stands to the nights before. */
int night_sarif(const struct night *night, FILE *out, struct error *error)
{
    struct report_subject subject = {.runs = &night->comparison.runs[1], .run_count = 1};
    char *text = NULL;
    size_t size, i, j;
    json_t *root = NULL, *run, *result;
    FILE *memory = open_memstream(&text, &size);
    int status;

    if (!memory)
        return error_set(error, "out of memory");
    status = report_write(report_kind("sarif"), &subject, &(struct report_options){0},
                          memory, error);
    if (fclose(memory) == 0 && status == 0)
        root = json_loadb(text, size, 0, NULL);
    free(text);
    json_array_foreach(json_object_get(root, "runs"), i, run)
    {
        add_replayed(night, json_object_get(run, "results"));
        json_array_foreach(json_object_get(run, "results"), j, result)
        {
            const char *id =
                json_text_at(json_object_get(result, "properties"), "finding");

            if (json_object_get(result, "baselineState"))
                continue;
            json_object_set_new(
                result, "baselineState",
                json_string(
                    id[0] ? state_of_finding(night, id)
                          : state_of_criterion(night, json_text_at(result, "ruleId"))));
        }
    }
    return status < 0 ? -1 : identity_write(root, out, error);
}
