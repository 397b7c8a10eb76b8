/* CycloneDX 1.6 vulnerability disclosure report: the findings of an assessment, with what
 * was decided of them. Duplicates are left out and counted. No score is computed: a
 * vector is given where people gave one. */
#include "core/json_text.h"
#include "report/cyclonedx.h"
#include "report/figures.h"
#include "report/standing.h"

#include <stdlib.h>
#include <string.h>

enum column {
    ID = STANDING_WIDTH,
    ORACLE,
    TITLE,
    DETAIL,
    CAUSE,
    GRADE,
    REPRODUCER,
    CVSS,
    CWE,
    INTERIM,
    RELEASE,
    DUE,
    COMPONENT,
    SEVERITY,
    CLAUSE,
    CASE,
    ROOT_CAUSE
};
static const char findings_query[] =
    "SELECT " STANDING_COLUMNS ", f.id, f.oracle, f.title, f.detail, f.cause, f.grade, "
    "f.reproducer, f.cvss, f.cwe, f.interim, f.release, f.due, f.component, f.severity, "
    "f.clause, f.case_name, f.root_cause FROM finding_now f ORDER BY f.id";

/* CycloneDX's words for what a disposition amounts to. An accepted risk is one that is
 * there, and a fix that nothing shows is none. */
static json_t *analysis(const struct standing *standing, struct rows *rows)
{
    static const char *const states[] = {[STANDING_UNDECIDED] = "in_triage",
                                         [STANDING_FIXED] = "resolved",
                                         [STANDING_DEFERRED] = "exploitable",
                                         [STANDING_ACCEPTED] = "exploitable",
                                         [STANDING_NO_DEFECT] = "false_positive"};
    json_t *node = json_pack("{s:s}", "state", states[standing->is]);
    json_t *response = json_array();

    if (standing->is == STANDING_ACCEPTED)
        json_array_append_new(response, json_string("will_not_fix"));
    if (rows_text(rows, RELEASE)[0] &&
        (standing->is == STANDING_DEFERRED || standing->is == STANDING_FIXED))
        json_array_append_new(response, json_string("update"));
    if (rows_text(rows, INTERIM)[0])
        json_array_append_new(response, json_string("workaround_available"));
    if (json_array_size(response))
        json_object_set(node, "response", response);
    json_decref(response);
    if (standing->unproven)
        json_object_set_new(node, "detail",
                            json_text("Said to be fixed; no retest shows it."));
    else if (standing->why[0])
        json_object_set_new(node, "detail", json_text(standing->why));
    json_object_set_new(node, "lastUpdated", json_utc(standing->at_ns));
    return node;
}

/* The method is the vector's own version, and there is no score: none was given. */
static json_t *ratings(const char *vector)
{
    static const struct {
        const char *prefix, *method;
    } table[] = {{"CVSS:3.1/", "CVSSv31"}, {"CVSS:4.0/", "CVSSv4"}};

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strncmp(vector, table[i].prefix, strlen(table[i].prefix)) == 0)
            return json_pack("[{s:s, s:o}]", "method", table[i].method, "vector",
                             json_text(vector));
    return NULL;
}

static json_t *cwes(const char *cwe)
{
    long number = strncmp(cwe, "CWE-", 4) == 0 ? strtol(cwe + 4, NULL, 10) : 0;

    return number > 0 ? json_pack("[I]", (json_int_t)number) : NULL;
}

static json_t *proof(const struct run_view *run, struct rows *rows)
{
    char *command = figures_replay_command(run, rows_text(rows, REPRODUCER));
    char device[4000];
    json_t *node = json_pack(
        "{s:o, s:o}", "reproductionSteps", json_text(command ? command : ""),
        "environment", json_text(figures_fact(run, "device", device, sizeof device)));

    free(command);
    return node;
}

static json_t *properties(const char *run, const char *interface, struct rows *rows)
{
    static const struct {
        const char *name;
        int column;
    } table[] = {{"percuss:finding", ID},
                 {"percuss:grade", GRADE},
                 {"percuss:oracle", ORACLE},
                 {"percuss:case", CASE},
                 {"percuss:clause", CLAUSE},
                 {"percuss:disposition", 0},
                 {"percuss:harm-severity", SEVERITY},
                 {"percuss:root-cause", ROOT_CAUSE},
                 {"percuss:component", COMPONENT},
                 {"percuss:fixed-in", RELEASE},
                 {"percuss:due", DUE}};
    json_t *list = json_array();
    char cause[HASH_TEXT];

    identity_cause(interface, rows_text(rows, ORACLE), rows_text(rows, CAUSE), cause);
    json_array_append_new(list, cyclonedx_property("percuss:run", run));
    json_array_append_new(list, cyclonedx_property("percuss:cause", cause));
    json_array_append_new(list, cyclonedx_property("percuss:interface", interface));
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (rows_text(rows, table[i].column)[0])
            json_array_append_new(
                list,
                cyclonedx_property(table[i].name, rows_text(rows, table[i].column)));
    return list;
}

/* The component where it is known, else the device as a whole. */
static json_t *affects(json_t *bom, const struct report_subject *subject,
                       const struct run_view *run, const char *finding)
{
    json_t *component = product_component(subject, run, finding);
    json_t *ref = component ? cyclonedx_add_component(bom, component) : NULL;

    json_decref(component);
    return json_pack("[{s:o}]", "ref", ref ? ref : json_string(CYCLONEDX_DEVICE));
}

static json_t *vulnerability(const struct run_view *run, const char *name,
                             const char *interface, const struct standing *standing,
                             json_t *where, struct rows *rows)
{
    char id[IDENTITY_ID];
    json_t *node, *workaround = NULL;

    identity_finding(name, rows_text(rows, ID), id);
    if (rows_text(rows, INTERIM)[0])
        workaround = json_text(rows_text(rows, INTERIM));
    node = json_pack("{s:s, s:s, s:{s:s}, s:o*, s:o*, s:o, s:o, s:o*, s:o, s:o, "
                     "s:o, s:o}",
                     "bom-ref", id, "id", id, "source", "name", "percuss", "ratings",
                     ratings(rows_text(rows, CVSS)), "cwes", cwes(rows_text(rows, CWE)),
                     "description", json_text(rows_text(rows, TITLE)), "detail",
                     json_text(rows_text(rows, DETAIL)), "workaround", workaround,
                     "proofOfConcept", proof(run, rows), "analysis",
                     analysis(standing, rows), "affects", where, "properties",
                     properties(name, interface, rows));
    return node;
}

static int add_run(json_t *bom, const struct report_subject *subject,
                   const struct run_view *run, json_t *list, int64_t *duplicates,
                   struct error *error)
{
    char name[HASH_TEXT], interface[1000];
    struct rows rows;

    if (identity_run(run, name, error))
        return -1;
    if (store_get(run->store, "interface", interface, sizeof interface))
        interface[0] = '\0';
    rows = rows_of(run, findings_query);
    while (rows_next(&rows)) {
        struct standing standing = standing_of(subject, run, &rows);

        if (standing.is == STANDING_DUPLICATE)
            ++*duplicates;
        else
            json_array_append_new(
                list,
                vulnerability(run, name, interface, &standing,
                              affects(bom, subject, run, rows_text(&rows, ID)), &rows));
    }
    return rows_close(&rows, error);
}

static int write(const struct report_subject *subject,
                 const struct report_options *options, FILE *out, struct error *error)
{
    json_t *bom = cyclonedx_begin(subject, error), *list = json_array();
    int64_t duplicates = 0;
    char text[32];

    (void)options;
    for (size_t i = 0; bom && i < subject->run_count; i++) {
        if (add_run(bom, subject, &subject->runs[i], list, &duplicates, error)) {
            json_decref(bom);
            bom = NULL;
        }
    }
    snprintf(text, sizeof text, "%lld", (long long)duplicates);
    if (bom) {
        json_object_set(bom, "vulnerabilities", list);
        json_object_set_new(
            bom, "properties",
            json_pack("[o]", cyclonedx_property("percuss:duplicates-left-out", text)));
    }
    json_decref(list);
    return cyclonedx_end(bom, out, error);
}

const struct report_ops report_cyclonedx_vdr = {
    .name = "cyclonedx-vdr",
    .summary = "CycloneDX 1.6 vulnerability disclosure report",
    .file = "vdr.cdx.json",
    .can = REPORT_OF_ASSESSMENT,
    .check = product_check,
    .write = write,
};
