/* A night for people, for programs, for CI and for code scanning. */
#include "core/escape.h"
#include "core/json_text.h"
#include "report/compare_parts.h"
#include "report/identity.h"
#include "report/night.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const standings[] = {[NIGHT_PASSES] = "pass",
                                        [NIGHT_EXPLAINED] = "known",
                                        [NIGHT_LACKS_CASES] = "too few cases",
                                        [NIGHT_OPEN] = "inconclusive",
                                        [NIGHT_FAILS] = "fail",
                                        [NIGHT_NOT_ASKED] = "not applicable"};
static const char *const verdicts[] = {
    [0] = "nothing new", [1] = "something new", [3] = "too little is shown"};

static const char *text_of(const json_t *side, const char *key)
{
    const char *text = json_string_value(json_object_get(side, key));

    return text ? text : "";
}

static const json_t *side_of(const struct compared_finding *finding)
{
    return finding->after ? finding->after : finding->before;
}

/* --- text --------------------------------------------------------------------------- */

static void put(FILE *out, const char *text)
{
    escape_write(out, text, ESCAPE_TERMINAL);
}

static void put_findings(const struct night *night, FILE *out)
{
    const struct comparison *comparison = &night->comparison;

    for (size_t i = 0; i < comparison->count; i++)
        compare_put_finding(out, &comparison->findings[i]);
    fputs("Findings: ", out);
    for (int i = 0; i < COMPARE_STATUSES; i++)
        fprintf(out, "%s%zu %s", i ? ", " : "", comparison->by_status[i],
                compare_status_name((enum compare_status)i));
    fprintf(out, "; %lld of %lld known ones were replayed\n",
            (long long)night->facts.replayed, (long long)night->facts.known);
}

void night_text(const struct night *night, FILE *out)
{
    fprintf(out, "\nAgainst %lld earlier night%s in ", (long long)night->nights,
            night->nights == 1 ? "" : "s");
    put(out, night->history_folder);
    fputs("\n- ", out);
    put(out, night->facts.how);
    fputc('\n', out);
    if (night->left_out) {
        fprintf(out, "- %lld cannot be read and count for nothing: ",
                (long long)night->left_out);
        put(out, night->why_left_out);
        fputc('\n', out);
    }
    put_findings(night, out);
    for (size_t i = 0; i < night->judged_count; i++) {
        const struct night_judged *judged = &night->judged[i];

        if (judged->standing == NIGHT_PASSES || judged->standing == NIGHT_NOT_ASKED)
            continue;
        fprintf(out, "%s %s: ", judged->criterion->id, standings[judged->standing]);
        put(out, judged->explanation);
        fputc('\n', out);
    }
    fprintf(out, "Night: %s (exit code %d): ", verdicts[night->exit], night->exit);
    put(out, night->why);
    fputc('\n', out);
}

/* --- JSON --------------------------------------------------------------------------- */

static json_t *criteria_json(const struct night *night)
{
    json_t *list = json_array();

    for (size_t i = 0; i < night->judged_count; i++) {
        const struct night_judged *judged = &night->judged[i];

        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:o}", "id", judged->criterion->id,
                                        "standing", standings[judged->standing],
                                        "explanation", json_text(judged->explanation)));
    }
    return list;
}

json_t *night_json(const struct night *night)
{
    const struct comparison *comparison = &night->comparison;
    json_t *findings = json_array(), *totals = json_object();

    for (size_t i = 0; i < comparison->count; i++)
        json_array_append_new(findings, compare_finding_json(&comparison->findings[i]));
    for (int i = 0; i < COMPARE_STATUSES; i++)
        json_object_set_new(totals, compare_status_name((enum compare_status)i),
                            json_integer((json_int_t)comparison->by_status[i]));
    return json_pack(
        "{s:o, s:o, s:I, s:I, s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:s, s:o, s:i}",
        "folder", json_text(night->facts.folder), "baseline",
        json_text(night->history_folder), "nights", (json_int_t)night->nights, "left_out",
        (json_int_t)night->left_out, "how", json_text(night->facts.how), "known",
        (json_int_t)night->facts.known, "replayed", (json_int_t)night->facts.replayed,
        "not_guarded", (json_int_t)night->facts.not_guarded, "findings", findings,
        "totals", totals, "criteria", criteria_json(night), "verdict",
        verdicts[night->exit], "why", json_text(night->why), "exit", night->exit);
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
        put_case(out, "findings", text_of(side_of(finding), "id"),
                 text_of(side_of(finding), "title"), outcome_of_finding(finding),
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

static int write_junit(const struct night *night, FILE *out, struct error *error)
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

        if (!finding->after || strcmp(text_of(finding->after, "id"), id) != 0)
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
        if (asprintf(&words, "%s: %s", text_of(finding->before, "title"), finding->why) <
            0)
            words = NULL;
        json_array_append_new(
            results, json_pack("{s:s, s:s, s:{s:o}, s:s, s:{s:o}}", "kind", "fail",
                               "level", "error", "message", "text",
                               json_text(words ? words : ""), "baselineState",
                               finding->alarms ? "new" : "unchanged", "properties",
                               "finding", json_text(text_of(finding->before, "id"))));
        free(words);
    }
}

/* The run's own SARIF, each result with where it stands to the nights before. */
static int write_sarif(const struct night *night, FILE *out, struct error *error)
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
            const char *id = text_of(json_object_get(result, "properties"), "finding");

            if (json_object_get(result, "baselineState"))
                continue;
            json_object_set_new(
                result, "baselineState",
                json_string(id[0]
                                ? state_of_finding(night, id)
                                : state_of_criterion(night, text_of(result, "ruleId"))));
        }
    }
    return status < 0 ? -1 : identity_write(root, out, error);
}

static int write_json(const struct night *night, FILE *out, struct error *error)
{
    return identity_write(night_json(night), out, error);
}

/* --- files -------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int (*write)(const struct night *night, FILE *out, struct error *error);
} files[] = {{"night.json", write_json},
             {"night.junit.xml", write_junit},
             {"night.sarif", write_sarif}};

/* By rename: nobody reads half of one. */
static int write_file(const struct night *night, size_t index, struct error *error)
{
    char path[4200], part[4210];
    FILE *out;
    int status;

    snprintf(path, sizeof path, "%s/%s", night->facts.folder, files[index].name);
    snprintf(part, sizeof part, "%s.part", path);
    if (!(out = fopen(part, "w")))
        return error_set(error, "%s: %s", part, strerror(errno));
    status = files[index].write(night, out, error);
    if (status == 0 && (fflush(out) || ferror(out)))
        status = error_set(error, "%s: %s", part, strerror(errno));
    if (fclose(out) && status == 0)
        status = error_set(error, "%s: %s", part, strerror(errno));
    if (status == 0 && rename(part, path))
        status = error_set(error, "%s: %s", path, strerror(errno));
    if (status)
        unlink(part);
    return status;
}

int night_write_files(const struct night *night, struct error *error)
{
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (write_file(night, i, error) < 0)
            return -1;
    return 0;
}
