/* in-toto attestation (Statement v1) with the predicate test-result v0.1 about the image
 * that a run tested, in a DSSE envelope. The tests are the criteria of phase run. The
 * predicate knows no inconclusive: what was not shown stands among the failed tests, so
 * that no policy takes missing data for a pass; what is not applicable is left out. */
#include "core/json_text.h"
#include "report/dsse.h"
#include "report/figures.h"
#include "report/identity.h"
#include "report/rows.h"
#include "report/signing_key.h"

#include <stdlib.h>
#include <string.h>

/* What the cases were made of. The campaign's is the SHA-256 of its file; the others go
 * over several files or none, and have names of their own. */
static json_t *configuration(const struct run_view *run)
{
    static const struct {
        const char *name, *key, *algorithm;
    } table[] = {{"campaign", "campaign_hash", "sha256"},
                 {"plan", "plan_hash", "percuss-plan"},
                 {"model", "model_hash", "percuss-model"},
                 {"session", "session_hash", "percuss-session"},
                 {"criteria", "criteria_hash", "percuss-criteria"}};
    json_t *list = json_array();
    char hash[200];

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (store_get(run->store, table[i].key, hash, sizeof hash) == 0 && hash[0])
            json_array_append_new(list, json_pack("{s:s, s:{s:o}}", "name", table[i].name,
                                                  "digest", table[i].algorithm,
                                                  json_text(hash)));
    return list;
}

static int add_tests(const struct run_view *run, json_t *predicate, struct error *error)
{
    json_t *passed = json_array(), *failed = json_array();
    struct rows rows = rows_of(run, "SELECT id, verdict FROM criterion WHERE phase = "
                                    "'run' AND verdict <> 'not applicable' ORDER BY id");

    while (rows_next(&rows))
        json_array_append_new(strcmp(rows_text(&rows, 1), "pass") == 0 ? passed : failed,
                              json_text(rows_text(&rows, 0)));
    json_object_set_new(predicate, "passedTests", passed);
    json_object_set_new(predicate, "warnedTests", json_array());
    json_object_set_new(predicate, "failedTests", failed);
    return rows_close(&rows, error);
}

static json_t *predicate(const struct run_view *run, struct error *error)
{
    struct figures figures;
    json_t *node;

    if (figures_read(run, &figures, error))
        return NULL;
    node = json_pack("{s:s, s:o}", "result", figures.exit == 0 ? "PASSED" : "FAILED",
                     "configuration", configuration(run));
    if (add_tests(run, node, error) == 0)
        return node;
    json_decref(node);
    return NULL;
}

/* The image is the last word of the device's description; this_run knows how to read it.
 */
static json_t *subject_of(const struct run_view *run, struct error *error)
{
    struct rows rows = rows_of(run, "SELECT image FROM this_run WHERE image IS NOT NULL");
    json_t *list = NULL;

    if (rows_next(&rows))
        list =
            json_pack("[{s:{s:o}}]", "digest", "sha256", json_text(rows_text(&rows, 0)));
    if (rows_close(&rows, error) < 0) {
        json_decref(list);
        return NULL;
    }
    if (!list)
        error_set(error,
                  "%s: the device's image is not known (run.device names no "
                  "SHA-256), and an in-toto statement is about nothing else",
                  run->directory);
    return list;
}

static json_t *statement(const struct run_view *run, struct error *error)
{
    json_t *subject = subject_of(run, error);
    json_t *said = subject ? predicate(run, error) : NULL;

    if (said)
        return json_pack(
            "{s:s, s:o, s:s, s:o}", "_type", "https://in-toto.io/Statement/v1", "subject",
            subject, "predicateType", "https://in-toto.io/attestation/test-result/v0.1",
            "predicate", said);
    json_decref(subject);
    return NULL;
}

static int check(const struct report_subject *subject,
                 const struct report_options *options, struct error *error)
{
    json_t *image = subject_of(subject->runs, error);
    struct signing_key key = {0};
    int status = image ? signing_key_read(options->key, &key, error) : -1;

    signing_key_free(&key);
    json_decref(image);
    return status;
}

static int write(const struct report_subject *subject,
                 const struct report_options *options, FILE *out, struct error *error)
{
    json_t *said = statement(subject->runs, error), *envelope = NULL;
    char *text = said ? json_dumps(said, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;

    if (said && !text)
        error_set(error, "out of memory");
    if (text)
        envelope = dsse_envelope("application/vnd.in-toto+json",
                                 (struct view){(uint8_t *)text, strlen(text)},
                                 options->key, error);
    free(text);
    json_decref(said);
    return identity_write(envelope, out, error);
}

const struct report_ops report_in_toto = {
    .name = "in-toto",
    .summary = "in-toto test-result v0.1 about the tested image, signed (DSSE)",
    .can = REPORT_OF_RUN | REPORT_SIGNS,
    .check = check,
    .write = write,
};
