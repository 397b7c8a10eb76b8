/* SARIF 2.1.0 (OASIS): what failed where, for code scanners' viewers and for CI that
 * compares nights. One SARIF run a percuss run, and one for the criteria of an
 * assessment; oracles and criteria are the rules. */
#include "core/json_text.h"
#include "report/figures.h"
#include "report/identity.h"
#include "report/sarif_source.h"
#include "report/standing.h"

#include <stdlib.h>
#include <string.h>

static json_t *words(const char *text)
{
    return json_pack("{s:o}", "text", json_text(text));
}

/* --- rules -------------------------------------------------------------------------- */

static int add_oracles(const struct run_view *run, json_t *rules, struct error *error)
{
    struct rows rows = rows_of(run, "SELECT name, summary, blind_to, hard, proof, "
                                    "proof_text FROM oracle ORDER BY name");

    while (rows_next(&rows)) {
        const char *proof = rows_text(&rows, 4);

        json_array_append_new(
            rules, json_pack("{s:o, s:o, s:{s:[s], s:b, s:o, s:o, s:o}}", "id",
                             json_text(rows_text(&rows, 0)), "shortDescription",
                             words(rows_text(&rows, 1)), "properties", "tags", "oracle",
                             "hard", (int)rows_integer(&rows, 3), "blindTo",
                             json_text(rows_text(&rows, 2)), "proof", json_text(proof),
                             "proofText", json_text(rows_text(&rows, 5))));
    }
    return rows_close(&rows, error);
}

static int add_criteria_rules(const struct run_view *run, json_t *rules,
                              struct error *error)
{
    struct rows rows =
        rows_of(run, "SELECT id, title, sentence, phase FROM criterion ORDER BY id");

    while (rows_next(&rows))
        json_array_append_new(
            rules, json_pack("{s:o, s:o, s:o, s:{s:[s], s:o}}", "id",
                             json_text(rows_text(&rows, 0)), "shortDescription",
                             words(rows_text(&rows, 1)), "fullDescription",
                             words(rows_text(&rows, 2)), "properties", "tags",
                             "criterion", "phase", json_text(rows_text(&rows, 3))));
    return rows_close(&rows, error);
}

/* --- columns of findings ------------------------------------------------------------ */

enum column {
    ID = STANDING_WIDTH,
    ORACLE,
    HARD,
    KIND,
    CAUSE,
    TITLE,
    DETAIL,
    CLAUSE,
    GRADE,
    CASE,
    HITS,
    REPRODUCER,
    BUCKET,
    GUILTY,
    PLACE,
    SEVERITY,
    CWE
};
static const char findings_query[] =
    "SELECT " STANDING_COLUMNS ", f.id, f.oracle, coalesce((SELECT hard FROM oracle o "
    "WHERE o.name = f.oracle), 0), f.kind, f.cause, f.title, f.detail, f.clause, f.grade, "
    "f.case_name, f.hits, f.reproducer, f.bucket_now, f.guilty, f.place, f.severity, "
    "f.cwe FROM finding_now f ORDER BY f.id";

/* --- where -------------------------------------------------------------------------- */

static void add_logical(json_t *list, const char *name, const char *kind)
{
    if (name[0])
        json_array_append_new(list, json_pack("{s:o, s:s}", "fullyQualifiedName",
                                              json_text(name), "kind", kind));
}

/* The device's function and line where they are known; the model's type or field, the
 * case and the interface. */
static json_t *locations(const struct report_subject *subject, const struct run_view *run,
                         const char *interface, struct rows *rows)
{
    json_t *logical = json_array(), *location;
    json_t *source = sarif_source(subject, run, rows_text(rows, ID),
                                  rows_text(rows, DETAIL), rows_text(rows, PLACE));

    add_logical(logical, rows_text(rows, PLACE), "function");
    add_logical(logical, rows_text(rows, GUILTY), "member");
    add_logical(logical, rows_text(rows, CASE), "case");
    add_logical(logical, interface, "interface");
    location = json_pack("{s:o}", "logicalLocations", logical);
    if (source)
        json_object_set_new(location, "physicalLocation", source);
    return json_pack("[o]", location);
}

/* --- findings ----------------------------------------------------------------------- */

/* What people said of the harm goes first; else a failure of the device is an error, and
 * a wrong answer a warning. */
static const char *level(struct rows *rows)
{
    static const struct {
        const char *severity, *level;
    } said[] = {{"negligible", "note"}, {"minor", "warning"}};
    static const char *const failures[] = {"crash", "reset",     "hang",  "close",
                                           "leak",  "invariant", "state", NULL};

    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
        if (strcmp(rows_text(rows, SEVERITY), said[i].severity) == 0)
            return said[i].level;
    if (!rows_is_null(rows, SEVERITY) || rows_integer(rows, HARD))
        return "error";
    for (size_t i = 0; failures[i]; i++)
        if (strcmp(rows_text(rows, KIND), failures[i]) == 0)
            return "error";
    return "warning";
}

/* A decision suppresses a finding once it is approved; until then it is under review. */
static json_t *suppressions(const struct standing *standing)
{
    if (standing->is == STANDING_UNDECIDED || standing->is == STANDING_FIXED)
        return NULL;
    return json_pack("[{s:s, s:s, s:o}]", "kind", "external", "status",
                     standing->approved ? "accepted" : "underReview", "justification",
                     json_text(standing->why));
}

static json_t *rule_id(struct rows *rows)
{
    char *text = NULL;
    json_t *node;

    if (asprintf(&text, "%s/%s", rows_text(rows, ORACLE), rows_text(rows, KIND)) < 0)
        return NULL;
    node = json_text(text);
    free(text);
    return node;
}

static json_t *properties(const struct run_view *run, struct rows *rows)
{
    static const struct {
        const char *key;
        int column;
    } table[] = {{"finding", ID},
                 {"grade", GRADE},
                 {"clause", CLAUSE},
                 {"bucket", BUCKET},
                 {"kind", KIND},
                 {"disposition", 0},
                 {"harmSeverity", SEVERITY},
                 {"cwe", CWE}};
    char *command = figures_replay_command(run, rows_text(rows, REPRODUCER));
    json_t *bag = json_object();

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (rows_text(rows, table[i].column)[0])
            json_object_set_new(bag, table[i].key,
                                json_text(rows_text(rows, table[i].column)));
    json_object_set_new(bag, "replay", json_text(command ? command : ""));
    free(command);
    return bag;
}

static json_t *finding(const struct report_subject *subject, const struct run_view *run,
                       const char *interface, struct rows *rows)
{
    struct standing standing = standing_of(subject, run, rows);
    char cause[HASH_TEXT];
    json_t *result, *list;

    identity_cause(interface, rows_text(rows, ORACLE), rows_text(rows, CAUSE), cause);
    result = json_pack(
        "{s:o, s:s, s:s, s:o, s:o, s:I, s:{s:s}, s:[{s:{s:o, s:s}, s:{s:s}}], s:o}",
        "ruleId", rule_id(rows), "kind", "fail", "level", level(rows), "message",
        words(rows_text(rows, TITLE)), "locations",
        locations(subject, run, interface, rows), "occurrenceCount",
        (json_int_t)(rows_integer(rows, HITS) > 0 ? rows_integer(rows, HITS) : 1),
        "partialFingerprints", "percussCause/v1", cause, "attachments",
        "artifactLocation", "uri", identity_uri("", rows_text(rows, REPRODUCER), true),
        "uriBaseId", "RUN", "description", "text", "minimised reproducer", "properties",
        properties(run, rows));
    list = suppressions(&standing);
    if (result && list)
        json_object_set_new(result, "suppressions", list);
    return result;
}

static int add_findings(const struct report_subject *subject, const struct run_view *run,
                        json_t *results, struct error *error)
{
    struct rows rows = rows_of(run, findings_query);
    char interface[1000];

    if (store_get(run->store, "interface", interface, sizeof interface))
        interface[0] = '\0';
    while (rows_next(&rows))
        json_array_append_new(results, finding(subject, run, interface, &rows));
    return rows_close(&rows, error);
}

/* --- criteria ----------------------------------------------------------------------- */

static int add_criteria(const struct run_view *run, json_t *results, struct error *error)
{
    static const struct {
        const char *verdict, *kind, *level;
    } table[] = {{"pass", "pass", "none"},
                 {"fail", "fail", "error"},
                 {"not applicable", "notApplicable", "none"},
                 {"inconclusive", "open", "none"}};
    struct rows rows =
        rows_of(run, "SELECT id, verdict, explanation FROM criterion ORDER BY id");

    while (rows_next(&rows)) {
        size_t i = 0;

        while (i < 3 && strcmp(rows_text(&rows, 1), table[i].verdict) != 0)
            i++;
        json_array_append_new(results,
                              json_pack("{s:o, s:s, s:s, s:o, s:{s:o}}", "ruleId",
                                        json_text(rows_text(&rows, 0)), "kind",
                                        table[i].kind, "level", table[i].level, "message",
                                        words(rows_text(&rows, 2)), "properties",
                                        "verdict", json_text(rows_text(&rows, 1))));
    }
    return rows_close(&rows, error);
}

/* --- runs --------------------------------------------------------------------------- */

/* The execution succeeded when every sitting ended as it should. */
static json_t *invocation(const struct run_view *run)
{
    json_t *node = json_object();

    json_object_set_new(
        node, "executionSuccessful",
        json_boolean(store_integer(
            run->store, 0,
            "SELECT count(*) > 0 AND sum(coalesce(reason, 'failed') IN ('failed', "
            "'device-lost')) = 0 FROM sitting",
            "")));
    json_object_set_new(node, "startTimeUtc",
                        json_utc(store_integer(
                            run->store, 0, "SELECT min(started_ns) FROM sitting", "")));
    json_object_set_new(
        node, "endTimeUtc",
        json_utc(store_integer(run->store, 0, "SELECT max(ended_ns) FROM sitting", "")));
    return node;
}

static json_t *run_properties(const struct run_view *run)
{
    static const char *const keys[] = {
        "campaign_name", "campaign_hash", "plan_hash", "model_hash", "session_hash",
        "criteria_hash", "seed",          "device",    "interface",  "merkle_root"};
    json_t *bag = json_object();
    char text[4000];

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (store_get(run->store, keys[i], text, sizeof text) == 0)
            json_object_set_new(bag, keys[i], json_text(text));
    return bag;
}

/* What CI tells one series of results from another by. */
static json_t *series(const char *prefix, const char *name)
{
    char *text = NULL;
    json_t *node;

    if (asprintf(&text, "%s%s/", prefix, name) < 0)
        return NULL;
    node = json_text(text);
    free(text);
    return json_pack("{s:o}", "id", node);
}

static json_t *driver(const char *version, json_t *rules)
{
    return json_pack("{s:{s:s, s:o, s:s, s:o}}", "driver", "name", "percuss", "version",
                     json_text(version), "language", "en-US", "rules", rules);
}

static json_t *run_json(const struct report_subject *subject, const struct run_view *run,
                        struct error *error)
{
    json_t *rules = json_array(), *results = json_array();
    char version[200], name[1000];

    if (add_oracles(run, rules, error) || add_criteria_rules(run, rules, error) ||
        add_findings(subject, run, results, error) || add_criteria(run, results, error)) {
        json_decref(rules);
        json_decref(results);
        return NULL;
    }
    return json_pack(
        "{s:o, s:o, s:[o], s:{s:{s:{s:s}}}, s:o, s:s, s:o}", "tool",
        driver(figures_fact(run, "tool_version", version, sizeof version), rules),
        "automationDetails",
        series("percuss/", figures_fact(run, "campaign_name", name, sizeof name)),
        "invocations", invocation(run), "originalUriBaseIds", "RUN", "description",
        "text", "the run's folder", "results", results, "columnKind", "utf16CodeUnits",
        "properties", run_properties(run));
}

static json_t *assessment_json(const struct assessment *assessment, struct error *error)
{
    struct run_view view = {.directory = "", .store = assessment->store};
    json_t *rules = json_array(), *results = json_array();

    if (add_criteria_rules(&view, rules, error) || add_criteria(&view, results, error)) {
        json_decref(rules);
        json_decref(results);
        return NULL;
    }
    return json_pack("{s:o, s:o, s:o}", "tool", driver(PERCUSS_VERSION, rules),
                     "automationDetails", series("percuss/assessment/", assessment->name),
                     "results", results);
}

static int write(const struct report_subject *subject,
                 const struct report_options *options, FILE *out, struct error *error)
{
    json_t *runs = json_array(), *one = NULL;

    (void)options;
    for (size_t i = 0; i <= subject->run_count; i++) {
        if (i == subject->run_count && !subject->assessment)
            break;
        one = i < subject->run_count ? run_json(subject, &subject->runs[i], error)
                                     : assessment_json(subject->assessment, error);
        if (!one || json_array_append_new(runs, one)) {
            json_decref(runs);
            return one ? error_set(error, "out of memory") : -1;
        }
    }
    return identity_write(json_pack("{s:s, s:s, s:o}", "$schema",
                                    "https://json.schemastore.org/sarif-2.1.0.json",
                                    "version", "2.1.0", "runs", runs),
                          out, error);
}

const struct report_ops report_sarif = {
    .name = "sarif",
    .summary = "SARIF 2.1.0 for code scanning and CI",
    .file = "results.sarif",
    .can = REPORT_OF_RUN | REPORT_OF_ASSESSMENT,
    .write = write,
};
