/* OpenVEX 0.2.0: of each finding of an assessment, whether the device is affected. What
 * nobody decided is under investigation; duplicates are left out. */
#include "core/json_text.h"
#include "report/figures.h"
#include "report/product.h"
#include "report/standing.h"

#include <stdlib.h>
#include <string.h>

enum column { ID = STANDING_WIDTH, TITLE, INTERIM, RELEASE, DUE };
static const char findings_query[] =
    "SELECT " STANDING_COLUMNS ", f.id, f.title, f.interim, f.release, f.due "
    "FROM finding_now f ORDER BY f.id";

static const char *const statuses[] = {[STANDING_UNDECIDED] = "under_investigation",
                                       [STANDING_FIXED] = "fixed",
                                       [STANDING_DEFERRED] = "affected",
                                       [STANDING_ACCEPTED] = "affected",
                                       [STANDING_NO_DEFECT] = "not_affected",
                                       [STANDING_DUPLICATE] = NULL};

/* An affected device needs to be told what to do (section "Statement Fields"): what was
 * said of it, in its own words. */
static json_t *action(const struct standing *standing, struct rows *rows)
{
    static const struct {
        const char *words;
        int column;
    } table[] = {{"Until then: ", INTERIM}, {"Fixed in: ", RELEASE}, {"Due: ", DUE}};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    json_t *node;

    if (!out)
        return NULL;
    fprintf(out, "%s: %s",
            standing->is == STANDING_ACCEPTED ? "The risk is accepted" : "Deferred",
            standing->why[0] ? standing->why : "no reason is stated");
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (rows_text(rows, table[i].column)[0])
            fprintf(out, "; %s%s", table[i].words, rows_text(rows, table[i].column));
    node = fclose(out) == 0 ? json_text(text) : NULL;
    free(text);
    return node;
}

/* Fit to be an identifier of the document: a package URL without a character that a URI
 * (RFC 3986) has not. */
static bool is_purl(const char *text)
{
    if (!text || strncmp(text, "pkg:", 4) != 0)
        return false;
    for (; *text; text++)
        if (*text <= 0x20 || *text >= 0x7f || strchr("\"<>\\^`{|}", *text))
            return false;
    return true;
}

/* The products, each with the SBOM's component where one is known by its package URL. */
static json_t *with_component(const json_t *products, json_t *component)
{
    const char *purl = json_string_value(json_object_get(component, "purl"));
    json_t *list = json_deep_copy(products), *product;
    size_t i;

    json_array_foreach(list, i, product)
    {
        if (is_purl(purl))
            json_object_set_new(
                product, "subcomponents",
                json_pack("[{s:s, s:{s:s}}]", "@id", purl, "identifiers", "purl", purl));
    }
    json_decref(component);
    return list;
}

static json_t *statement(const char *run, json_t *products,
                         const struct standing *standing, struct rows *rows)
{
    bool affected =
        standing->is == STANDING_DEFERRED || standing->is == STANDING_ACCEPTED;
    const char *notes =
        standing->unproven ? "Said to be fixed; no retest shows it." : NULL;
    char id[IDENTITY_ID];

    identity_finding(run, rows_text(rows, ID), id);
    return json_pack(
        "{s:{s:s, s:o}, s:o*, s:o, s:s, s:s*, s:o*, s:o*}", "vulnerability", "name", id,
        "description", json_text(rows_text(rows, TITLE)), "timestamp",
        json_utc(standing->at_ns), "products", products, "status", statuses[standing->is],
        "status_notes", notes, "impact_statement",
        standing->is == STANDING_NO_DEFECT
            ? json_text(standing->why[0] ? standing->why : "no reason is stated")
            : NULL,
        "action_statement", affected ? action(standing, rows) : NULL);
}

static int add_run(const struct report_subject *subject, const struct run_view *run,
                   const json_t *products, json_t *list, struct error *error)
{
    char name[HASH_TEXT];
    struct rows rows;

    if (identity_run(run, name, error))
        return -1;
    rows = rows_of(run, findings_query);
    while (rows_next(&rows)) {
        struct standing standing = standing_of(subject, run, &rows);

        if (statuses[standing.is])
            json_array_append_new(
                list, statement(name,
                                with_component(products,
                                               product_component(subject, run,
                                                                 rows_text(&rows, ID))),
                                &standing, &rows));
    }
    return rows_close(&rows, error);
}

/* The device by its package URL, and with the hash of what was released. */
static json_t *products(const struct product *product)
{
    json_t *list = json_array(), *image;
    size_t i;

    json_array_foreach(product->images, i, image)
    {
        json_array_append_new(list,
                              json_pack("{s:o, s:{s:O}}", "@id", product_purl(product),
                                        "hashes", "sha-256", image));
    }
    if (json_array_size(list) == 0)
        json_array_append_new(list, json_pack("{s:o}", "@id", product_purl(product)));
    return list;
}

/* Whoever tested says so: the author is a person or an organisation, and no tool. */
static char *author(const struct assessment *assessment)
{
    char *name = identity_stated(assessment, "tester");
    char *organisation = identity_stated(assessment, "organisation"), *both = NULL;

    if (name && organisation && asprintf(&both, "%s, %s", name, organisation) < 0)
        both = NULL;
    if (both) {
        free(name);
        free(organisation);
        return both;
    }
    if (name)
        free(organisation);
    return name ? name : organisation;
}

static json_t *document(const struct report_subject *subject, const char *by,
                        json_t *statements, struct error *error)
{
    char id[IDENTITY_UUID];
    json_t *root =
        json_pack("{s:s, s:s, s:o, s:o*, s:i, s:s, s:O}", "@context",
                  "https://openvex.dev/ns/v0.2.0", "@id", "", "author", json_text(by),
                  "timestamp", json_utc(identity_time(subject)), "version", 1, "tooling",
                  "percuss " PERCUSS_VERSION, "statements", statements);

    if (!root || identity_document(root, id)) {
        json_decref(root);
        error_set(error, "out of memory");
        return NULL;
    }
    json_object_set_new(root, "@id", json_string(id));
    return root;
}

static bool has_finding(const struct report_subject *subject)
{
    return store_integer(subject->assessment->store, 0,
                         "SELECT count(*) FROM findings WHERE disposition <> 'duplicate'",
                         "") > 0;
}

static int check(const struct report_subject *subject,
                 const struct report_options *options, struct error *error)
{
    char *by = author(subject->assessment);
    int status = product_check(subject, options, error);

    if (status == 0 && !by)
        status = error_set(error, "the assessment does not state tester: {name: …}, "
                                  "whose word an OpenVEX document is");
    if (status == 0 && !has_finding(subject))
        status = error_set(error, "there is no finding to state anything of: OpenVEX has "
                                  "no document without a statement");
    free(by);
    return status;
}

static int write(const struct report_subject *subject,
                 const struct report_options *options, FILE *out, struct error *error)
{
    struct product product;
    json_t *root = NULL, *list = json_array(), *of = NULL;
    char *by = author(subject->assessment);
    int status = product_read(subject, &product, error);

    (void)options;
    of = status == 0 ? products(&product) : NULL;
    for (size_t i = 0; status == 0 && i < subject->run_count; i++)
        status = add_run(subject, &subject->runs[i], of, list, error);
    if (status == 0)
        root = document(subject, by, list, error);
    json_decref(of);
    json_decref(list);
    free(by);
    product_free(&product);
    return identity_write(root, out, error);
}

const struct report_ops report_openvex = {
    .name = "openvex",
    .summary = "OpenVEX 0.2.0: whether the device is affected",
    .file = "openvex.json",
    .can = REPORT_OF_ASSESSMENT,
    .check = check,
    .write = write,
};
