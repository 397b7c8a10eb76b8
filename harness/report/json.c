/* summary.json: the run in figures, for scripts and CI; and an assessment with all its
 * runs. schema/report.schema.json says what is in it, and nothing else may be. */
#include "core/escape.h"
#include "core/json_text.h"
#include "report/figures.h"
#include "report/identity.h"
#include "report/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* JSON has no infinity. */
static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *run_facts(const struct run_view *run, struct error *error)
{
    struct rows rows = rows_of(run, "SELECT key, value FROM run WHERE key NOT GLOB "
                                    "'criterion.*' ORDER BY key");
    json_t *facts = json_object();

    while (rows_next(&rows)) {
        char *key = escape_copy(rows_text(&rows, 0), ESCAPE_JSON);

        if (key)
            json_object_set_new(facts, key, json_text(rows_text(&rows, 1)));
        free(key);
    }
    if (rows_close(&rows, error) == 0)
        return facts;
    json_decref(facts);
    return NULL;
}

static json_t *findings(const struct run_view *run, struct error *error)
{
    json_t *list = rows_list(
        run,
        "SELECT id, title, grade, oracle, kind, first_case, case_name, hits, clause, "
        "reproducer AS replay, cause, replays, replay_failures, control_replays, "
        "control_failures, p_value, found_after_s, bucket_now AS bucket, disposition, "
        "harm, severity, multi_patient, cvss, cwe, root_cause, hazard, component, "
        "release, due, interim, approved_by, detail, guilty, place, steps, bytes "
        "FROM finding_now ORDER BY id",
        error);
    json_t *node;
    size_t index;

    json_array_foreach(list, index, node)
    {
        const char *reproducer = json_string_value(json_object_get(node, "replay"));
        char *command = figures_replay_command(run, reproducer);

        json_object_set_new(node, "replay", json_text(command ? command : ""));
        free(command);
    }
    return list;
}

static json_t *criteria(const struct run_view *run, struct error *error)
{
    return rows_list(run,
                     "SELECT id, title, phase, verdict, unit, rationale, sentence, "
                     "explanation, measured, limit_value AS \"limit\" FROM criterion "
                     "ORDER BY id",
                     error);
}

static json_t *unconfirmed(const struct run_view *run, struct error *error)
{
    return rows_list(run, figures_unconfirmed, error);
}

static json_t *skipped(const struct run_view *run, struct error *error)
{
    return rows_list(run, figures_skipped, error);
}

static json_t *reached(const struct run_view *run, struct error *error)
{
    return figures_is_guided(run) ? rows_list(run, figures_reached, error) : json_array();
}

/* Items of a kind: those that were not sent, and those that no case can touch. */
static int uncovered(const struct run_view *run, const struct covered *covered,
                     json_t *missing, json_t *impossible, struct error *error)
{
    char sql[200];
    struct rows rows;

    snprintf(
        sql, sizeof sql,
        "SELECT name, planned > 0, why FROM coverage WHERE kind = '%s' AND sent <= 0 "
        "ORDER BY name",
        covered->kind);
    rows = rows_of(run, sql);
    while (rows_next(&rows)) {
        json_t *node = json_object();

        json_object_set_new(node, "name", json_text(rows_text(&rows, 0)));
        json_object_set_new(node, "why", json_text(rows_text(&rows, 2)));
        json_array_append_new(rows_integer(&rows, 1) ? missing : impossible, node);
    }
    return rows_close(&rows, error);
}

static json_t *coverage(const struct run_view *run, struct error *error)
{
    struct figures figures;
    json_t *root = json_object();

    if (figures_read(run, &figures, error))
        goto fail;
    for (size_t i = 0; i < FIGURES_COVERED; i++) {
        const struct covered *covered = &figures.covered[i];
        json_t *node = json_object(), *missing = json_array(), *impossible = json_array();

        json_object_set_new(node, "planned", json_integer(covered->planned));
        json_object_set_new(node, "sent", json_integer(covered->sent));
        json_object_set_new(node, "missing", missing);
        json_object_set_new(node, "impossible", impossible);
        json_object_set_new(root, covered->kind, node);
        if (uncovered(run, covered, missing, impossible, error))
            goto fail;
    }
    return root;
fail:
    json_decref(root);
    return NULL;
}

static json_t *summary(const struct figures *figures)
{
    json_t *root = json_object(), *suspicions = json_object();

    json_object_set_new(root, "verdict", json_string(figures->verdict));
    json_object_set_new(root, "exit", json_integer(figures->exit));
    json_object_set_new(root, "cases", json_integer(figures->cases));
    json_object_set_new(root, "sendings", json_integer(figures->sendings));
    json_object_set_new(root, "skipped", json_integer(figures->skipped));
    json_object_set_new(root, "excluded", json_integer(figures->excluded));
    json_object_set_new(root, "interrupted", json_integer(figures->interrupted));
    json_object_set_new(root, "resent", json_integer(figures->resent));
    json_object_set_new(root, "active_seconds",
                        figures->active_known ? number(figures->active_s) : json_null());
    json_object_set_new(root, "rate_per_s",
                        figures->rate_known ? number(figures->rate_per_s) : json_null());
    json_object_set_new(suspicions, "confirmed", json_integer(figures->confirmed));
    json_object_set_new(suspicions, "unconfirmed", json_integer(figures->unconfirmed));
    json_object_set_new(suspicions, "duplicate", json_integer(figures->duplicates));
    json_object_set_new(suspicions, "measured", json_integer(figures->tests));
    json_object_set_new(suspicions, "alpha", number(figures->alpha));
    json_object_set_new(suspicions, "alpha_spent", number(figures->spent));
    json_object_set_new(root, "suspicions", suspicions);
    return root;
}

/* --- documents ---------------------------------------------------------------------- */

static json_t *run_document(const struct run_view *run, struct error *error)
{
    static const struct {
        const char *key;
        json_t *(*make)(const struct run_view *, struct error *);
    } parts[] = {{"findings", findings},   {"unconfirmed", unconfirmed},
                 {"skipped_for", skipped}, {"criteria", criteria},
                 {"coverage", coverage},   {"reached", reached},
                 {"run", run_facts}};
    struct figures figures;
    json_t *root, *part;

    if (figures_read(run, &figures, error))
        return NULL;
    root = summary(&figures);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        part = parts[i].make(run, error);
        if (!part) {
            json_decref(root);
            return NULL;
        }
        json_object_set_new(root, parts[i].key, part);
    }
    return root;
}

static json_t *optional(const char *text)
{
    return text ? json_text(text) : json_null();
}

static json_t *runs_of(const struct report_subject *subject, struct error *error)
{
    json_t *list = json_array();

    for (size_t i = 0; i < subject->run_count; i++) {
        const struct assessed_run *entry = &subject->assessment->runs[i];
        json_t *report = run_document(&subject->runs[i], error);

        if (!report) {
            json_decref(list);
            return NULL;
        }
        json_array_append_new(
            list, json_pack("{s:o, s:s, s:o, s:o}", "folder", json_text(entry->folder),
                            "role", entry->retest ? "retest" : "test", "version",
                            optional(entry->version), "report", report));
    }
    return list;
}

static json_t *stated(const struct run_view *whole, struct error *error)
{
    struct rows rows =
        rows_of(whole, "SELECT key, value FROM assessment_fact ORDER BY key");
    json_t *facts = json_object();

    while (rows_next(&rows))
        json_object_set_new(facts, rows_text(&rows, 0), json_text(rows_text(&rows, 1)));
    if (rows_close(&rows, error) == 0)
        return facts;
    json_decref(facts);
    return NULL;
}

static json_t *assessment_document(const struct report_subject *subject,
                                   struct error *error)
{
    const struct assessment *assessment = subject->assessment;
    struct run_view whole = {.directory = "", .store = assessment->store};
    json_t *facts = stated(&whole, error), *judged = NULL, *runs = NULL;
    const char *verdict;
    int code = assessment_exit(assessment, &verdict);

    judged = facts ? criteria(&whole, error) : NULL;
    runs = judged ? runs_of(subject, error) : NULL;
    if (runs)
        return json_pack("{s:o, s:s, s:i, s:o, s:o, s:o}", "assessment",
                         json_text(assessment->name), "verdict", verdict, "exit", code,
                         "stated", facts, "criteria", judged, "runs", runs);
    json_decref(facts);
    json_decref(judged);
    return NULL;
}

static int write(const struct report_subject *subject,
                 const struct report_options *options, FILE *out, struct error *error)
{
    (void)options;
    return identity_write(subject->assessment ? assessment_document(subject, error)
                                              : run_document(subject->runs, error),
                          out, error);
}

const struct report_ops report_json = {
    .name = "json",
    .summary = "figures, findings and criteria for scripts",
    .file = "summary.json",
    .can = REPORT_OF_RUN | REPORT_OF_ASSESSMENT,
    .write = write,
};
