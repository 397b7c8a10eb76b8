/* CycloneDX 1.6 declarations: each criterion that passes is a claim about the device,
 * each that fails a counter claim; what is inconclusive is neither. The evidence are the
 * runs, named by their hashes. The only standard that is spoken of are percuss's
 * criteria: what law or guidance they support stands beside them as a property. */
#include "core/json_text.h"
#include "report/cyclonedx.h"
#include "report/figures.h"

#include <stdlib.h>
#include <string.h>

struct declarations {
    const struct report_subject *subject;
    json_t *requirements, *claims, *evidence, *attestations;
};

/* --- requirements ------------------------------------------------------------------- */

/* A line of the store's clauses: framework, clause, edition, mark, date, paraphrase. */
static void add_clause(json_t *list, const char *line, size_t length)
{
    char *text = strndup(line, length), *fields[6] = {0}, *rest = text, *said = NULL;

    for (size_t i = 0; i < 6 && text; i++)
        fields[i] = strsep(&rest, "\t");
    if (fields[3] && asprintf(&said, "%s, %s (%s; %s)", fields[0], fields[1], fields[2],
                              strcmp(fields[3], "V") == 0 ? "primary text read"
                                                          : "secondary source only") >= 0)
        json_array_append_new(list, cyclonedx_property("percuss:supports", said));
    free(said);
    free(text);
}

static json_t *clauses(const struct run_view *run, const char *id)
{
    json_t *list = json_array();
    char key[200], text[60000];

    snprintf(key, sizeof key, "criterion.%s.clauses", id);
    if (store_get(run->store, key, text, sizeof text))
        text[0] = '\0';
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");

        add_clause(list, line, length);
        line += length + (line[length] == '\n');
    }
    return list;
}

static json_t *requirement_ref(const char *id)
{
    char *text = NULL;
    json_t *node;

    if (asprintf(&text, "criterion:%s", id) < 0)
        return NULL;
    node = json_text(text);
    free(text);
    return node;
}

/* Each criterion once, whichever run it was asked of. */
static void add_requirement(json_t *list, const struct run_view *run, struct rows *rows)
{
    json_t *ref = requirement_ref(rows_text(rows, 0)), *known;
    size_t i;

    json_array_foreach(list, i, known)
    {
        if (json_equal(json_object_get(known, "bom-ref"), ref)) {
            json_decref(ref);
            return;
        }
    }
    json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o, s:o}", "bom-ref", ref,
                                          "identifier", json_text(rows_text(rows, 0)),
                                          "title", json_text(rows_text(rows, 1)), "text",
                                          json_text(rows_text(rows, 2)), "properties",
                                          clauses(run, rows_text(rows, 0))));
}

/* --- claims ------------------------------------------------------------------------- */

static json_t *conformance(const char *verdict, const char *explanation)
{
    char *text = NULL;
    json_t *node;

    if (asprintf(&text, "%s: %s", verdict, explanation) < 0)
        return NULL;
    node = json_pack("{s:o}", "rationale", json_text(text));
    free(text);
    if (strcmp(verdict, "pass") == 0)
        json_object_set_new(node, "score", json_integer(1));
    if (strcmp(verdict, "fail") == 0)
        json_object_set_new(node, "score", json_integer(0));
    return node;
}

/* The claim of one verdict, and its place in the attestation's map. */
static json_t *claim(struct declarations *to, const char *scope, const json_t *evidence,
                     struct rows *rows)
{
    const char *verdict = rows_text(rows, 3);
    bool pass = strcmp(verdict, "pass") == 0, fail = strcmp(verdict, "fail") == 0;
    json_t *map =
        json_pack("{s:o, s:o}", "requirement", requirement_ref(rows_text(rows, 0)),
                  "conformance", conformance(verdict, rows_text(rows, 4)));
    char *ref = NULL;

    if ((!pass && !fail) || asprintf(&ref, "claim:%s:%s", scope, rows_text(rows, 0)) < 0)
        return map;
    json_array_append_new(to->claims,
                          json_pack("{s:o, s:s, s:o, s:o, s:O}", "bom-ref",
                                    json_text(ref), "target", CYCLONEDX_DEVICE,
                                    "predicate", json_text(rows_text(rows, 2)),
                                    "reasoning", json_text(rows_text(rows, 4)),
                                    pass ? "evidence" : "counterEvidence", evidence));
    json_object_set_new(map, pass ? "claims" : "counterClaims",
                        json_pack("[o]", json_text(ref)));
    free(ref);
    return map;
}

static int attest(struct declarations *to, const struct run_view *run, const char *scope,
                  const char *query, const char *summary, const json_t *evidence,
                  struct error *error)
{
    json_t *map = json_array(), *attestation;
    char *assessor = identity_stated(to->subject->assessment, "organisation");
    struct rows rows = rows_of(run, query);

    while (rows_next(&rows)) {
        add_requirement(to->requirements, run, &rows);
        json_array_append_new(map, claim(to, scope, evidence, &rows));
    }
    attestation = json_pack("{s:o, s:o}", "summary", json_text(summary), "map", map);
    if (assessor)
        json_object_set_new(attestation, "assessor", json_string("assessor"));
    free(assessor);
    json_array_append_new(to->attestations, attestation);
    return rows_close(&rows, error);
}

#define CRITERIA "SELECT id, title, sentence, verdict, explanation FROM criterion "
static const char of_run[] = CRITERIA "WHERE phase = 'run' ORDER BY id";
static const char of_assessment[] = CRITERIA "WHERE phase <> 'run' ORDER BY id";

/* --- evidence ----------------------------------------------------------------------- */

static json_t *run_data(const struct run_view *run)
{
    static const char *const keys[] = {"plan_hash",     "campaign_hash", "model_hash",
                                       "session_hash",  "criteria_hash", "merkle_root",
                                       "device",        "interface",     "tool_version",
                                       "campaign_name", "host"};
    json_t *data = json_array();
    char text[4000];

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (store_get(run->store, keys[i], text, sizeof text) == 0 && text[0])
            json_array_append_new(data, json_pack("{s:s, s:{s:{s:o}}}", "name", keys[i],
                                                  "contents", "attachment", "content",
                                                  json_text(text)));
    return data;
}

static json_t *tester(const struct assessment *assessment)
{
    char *name = identity_stated(assessment, "tester");
    json_t *node = name ? json_pack("{s:o}", "name", json_text(name)) : NULL;

    free(name);
    return node;
}

static int add_run(struct declarations *to, const struct run_view *run, json_t *all,
                   struct error *error)
{
    char name[HASH_TEXT], campaign[1000], interface[1000], summary[2300], ref[90];
    struct figures figures;
    json_t *own, *node;
    int status;

    if (identity_run(run, name, error) || figures_read(run, &figures, error))
        return -1;
    snprintf(ref, sizeof ref, "run:%s", name);
    snprintf(summary, sizeof summary, "Campaign %s on interface %s: %lld cases sent",
             figures_fact(run, "campaign_name", campaign, sizeof campaign),
             figures_fact(run, "interface", interface, sizeof interface),
             (long long)figures.cases);
    node = json_pack("{s:s, s:o, s:o, s:o*}", "bom-ref", ref, "description",
                     json_text(summary), "data", run_data(run), "author",
                     tester(to->subject->assessment));
    json_object_set_new(
        node, "created",
        json_utc(store_integer(run->store, 0,
                               "SELECT max(coalesce(ended_ns, started_ns)) FROM "
                               "sitting",
                               "")));
    json_array_append_new(to->evidence, node);
    json_array_append_new(all, json_string(ref));
    own = json_pack("[s]", ref);
    status = attest(to, run, name, of_run, summary, own, error);
    json_decref(own);
    return status;
}

/* --- the document ------------------------------------------------------------------- */

static json_t *assessors(const struct assessment *assessment)
{
    char *organisation = identity_stated(assessment, "organisation");
    json_t *list = organisation
                       ? json_pack("[{s:s, s:{s:o}}]", "bom-ref", "assessor",
                                   "organization", "name", json_text(organisation))
                       : NULL;

    free(organisation);
    return list;
}

static int fill(struct declarations *to, struct error *error)
{
    const struct assessment *assessment = to->subject->assessment;
    struct run_view whole = {.directory = "", .store = assessment->store};
    json_t *all = json_array();
    int status = 0;

    for (size_t i = 0; status == 0 && i < to->subject->run_count; i++)
        status = add_run(to, &to->subject->runs[i], all, error);
    if (status == 0)
        status = attest(to, &whole, "assessment", of_assessment,
                        "The assessment over all its runs", all, error);
    json_decref(all);
    return status;
}

/* The device stands in metadata; what claims are about has to be among the targets. */
static json_t *target(json_t *bom)
{
    json_t *metadata = json_object_get(bom, "metadata");
    json_t *device = json_deep_copy(json_object_get(metadata, "component"));

    json_object_set_new(json_object_get(metadata, "component"), "bom-ref",
                        json_string(CYCLONEDX_DEVICE "-of-this-document"));
    json_object_del(device, "components"); /* each reference once in a document */
    return device;
}

static int write(const struct report_subject *subject,
                 const struct report_options *options, FILE *out, struct error *error)
{
    struct declarations to = {subject, json_array(), json_array(), json_array(),
                              json_array()};
    json_t *bom = cyclonedx_begin(subject, error);

    (void)options;
    if (bom && fill(&to, error)) {
        json_decref(bom);
        bom = NULL;
    }
    if (bom) {
        json_object_set_new(bom, "declarations",
                            json_pack("{s:o*, s:O, s:O, s:O, s:{s:[o]}}", "assessors",
                                      assessors(subject->assessment), "attestations",
                                      to.attestations, "claims", to.claims, "evidence",
                                      to.evidence, "targets", "components", target(bom)));
        json_object_set_new(
            bom, "definitions",
            json_pack("{s:[{s:s, s:s, s:s, s:s, s:O}]}", "standards", "bom-ref",
                      "percuss-criteria", "name", "percuss criteria", "version",
                      PERCUSS_VERSION, "description",
                      "The criteria of this assessment. They support clauses of laws and "
                      "standards; no compliance with these is declared.",
                      "requirements", to.requirements));
    }
    json_decref(to.requirements);
    json_decref(to.claims);
    json_decref(to.evidence);
    json_decref(to.attestations);
    return cyclonedx_end(bom, out, error);
}

const struct report_ops report_cyclonedx_declarations = {
    .name = "cyclonedx-declarations",
    .summary = "CycloneDX 1.6 claims by criterion, with their evidence",
    .file = "declarations.cdx.json",
    .can = REPORT_OF_ASSESSMENT,
    .check = product_check,
    .write = write,
};
