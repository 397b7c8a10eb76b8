/* Formats for other programs over a store whose every text is hostile: each document is
 * whole, in ASCII, and says of a finding what was decided and shown, not more. */
#include "record/triage.h"
#include "report/dsse.h"
#include "report/identity.h"
#include "report/subject.h"

#include "stores.h"

#include <sys/stat.h>

/* As in test_report.c. */
#define HOSTILE \
    "\x1b[2J</td><script>alert(1)</script>\"'&]]>\xff\xc0\xaf\xe2\x80\xae\xef\xbf\xbf\r\t\x07"
#define IMAGE "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

struct fixture {
    char folder[SCRATCH_PATH], run[SCRATCH_PATH], assessment[SCRATCH_PATH];
};

static void triage(struct store *store, const char *finding, const char *key,
                   const char *value)
{
    struct error error = {""};

    if (triage_append(store,
                      &(struct triage_entry){.by = HOSTILE,
                                             .finding = finding,
                                             .key = key,
                                             .value = value,
                                             .why = HOSTILE,
                                             .at_ns = INT64_C(1760000020000000000)},
                      &error))
        fail_msg("%s", error.text);
}

/* F-001 is fixed and a retest shows it, F-002 is said to be fixed, F-003 is none, F-004 a
 * duplicate, F-005 deferred and approved, of F-006 nobody said anything. */
static void fill(struct store *store)
{
    static const char *const rows[] = {
        "INSERT INTO sitting VALUES (1, 1760000000000000000, 1760000010000000000, 'exhausted')",
        "INSERT INTO oracle VALUES (?1, ?1, 0, ?1, 'blind', ?1)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6) "
        "INSERT INTO finding SELECT printf('F-%03d', i), ?1, 'crash', ?1 || i, ?1, ?1, ?1, "
        "'confirmed', 3, ?1, 2, 5, 5, 5, 0, 0.00396, 1, 12, 2.5, 'findings/F-001/' || ?1, "
        "'B-01', ?1, 'reply' FROM n",
        "UPDATE finding SET detail = '#1 0x5d reply /src/a b.c:812:9' WHERE id = 'F-001'",
        "UPDATE finding SET detail = 'reply /src/y.c:1 in reply x.c:9999999999999 reply' WHERE id = 'F-002'",
        "INSERT INTO criterion VALUES ('AC-13', ?1, 'run', 'fail', 1, 0, ?1, ?1, ?1, ?1),"
        "  ('AC-07', ?1, 'run', 'pass', 0, 0, ?1, ?1, ?1, ?1),"
        "  ('AC-04', ?1, 'run', 'inconclusive', NULL, 0, ?1, ?1, ?1, ?1)",
        "INSERT INTO run VALUES ('campaign_name', ?1), ('interface', ?1), ('plan_hash', "
        "  '77'), ('started_ns', '1760000000000000000'), ('tool_version', ?1), "
        "  ('criterion.AC-07.clauses', ?1 || char(9) || ?1 || char(10) || char(9))",
        "INSERT INTO run VALUES ('device', 'board, image sha256 " IMAGE "')",
        "INSERT INTO retest VALUES (1, 1760000030000000000, '77', 'F-001', ?1 || 1, 'board, image "
        "sha256 " OTHER
        "', 5, 0), (2, 1760000030000000000, '77', 'F-003', ?1 || 3, 'x', 5, 0)",
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        execute_with(store, rows[i], HOSTILE);
    triage(store, "F-001", "disposition", "fixed");
    triage(store, "F-002", "disposition", "fixed");
    triage(store, "F-003", "disposition", "false-positive");
    triage(store, "F-004", "disposition", "duplicate");
    triage(store, "F-005", "disposition", "deferred");
    triage(store, "F-005", "interim", HOSTILE);
    triage(store, "F-005", "component", HOSTILE);
    triage(store, "F-005", "approval", "yes");
}

static void write_assessment(const char *path, const char *facts)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fprintf(file, "assessment: a\n%sruns:\n  - {folder: run, role: test}\n", facts);
    assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct store *store;

    assert_non_null(fixture);
    scratch_make(fixture->folder);
    scratch_path(fixture->folder, "run", fixture->run);
    scratch_path(fixture->folder, "a.yaml", fixture->assessment);
    assert_int_equal(mkdir(fixture->run, 0700), 0);
    store = need_store(fixture->run);
    fill(store);
    end_store(store);
    write_assessment(fixture->assessment,
                     "device: {name: \"a <pump> \\u202e \\\"1\\\"\", version: 1 2}\n"
                     "tester: {name: T}\n");
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    /* The store, with what SQLite keeps beside it, and the assessment: no more. */
    assert_in_range(scratch_empty(fixture->run), 1, 3);
    assert_int_equal(rmdir(fixture->run), 0);
    assert_int_equal(scratch_empty(fixture->folder), 1);
    scratch_remove(fixture->folder);
    free(fixture);
    return 0;
}

/* The document, which is whole and in printable ASCII. */
static json_t *document(const char *path, const char *format)
{
    struct report_options asked = {0};
    struct error error = {""};
    struct subject subject;
    char *text = NULL;
    size_t size;
    json_t *root;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    if (subject_open(&subject, path, &error) < 0 ||
        report_write(report_kind(format), &subject.of, &asked, out, &error) < 0)
        fail_msg("%s: %s", format, error.text);
    subject_close(&subject);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(strlen(text), size);
    for (size_t i = 0; i < size; i++)
        assert_true(text[i] == '\n' || (text[i] >= 0x20 && text[i] < 0x7f));
    root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    free(text);
    return root;
}

static json_t *at(json_t *root, const char *key)
{
    json_t *node = json_object_get(root, key);

    if (!node)
        fail_msg("no %s", key);
    return node;
}

static const char *text_at(json_t *root, const char *key)
{
    const char *text = json_string_value(at(root, key));

    assert_non_null(text);
    return text;
}

static json_t *numbered(json_t *list, size_t index)
{
    json_t *node = json_array_get(list, index);

    assert_non_null(node);
    return node;
}

static void test_sarif(void **state)
{
    struct fixture *fixture = *state;
    json_t *root = document(fixture->run, "sarif"), *results, *place, *list;
    const char *first, *second;

    results = at(numbered(at(root, "runs"), 0), "results");
    assert_int_equal(json_array_size(results), 9);
    place = at(numbered(at(numbered(results, 0), "locations"), 0), "physicalLocation");
    assert_string_equal(text_at(at(place, "artifactLocation"), "uri"),
                        "file:///src/a%20b.c");
    assert_int_equal(json_integer_value(at(at(place, "region"), "startLine")), 812);
    place = at(numbered(at(numbered(results, 1), "locations"), 0), "physicalLocation");
    assert_string_equal(text_at(at(place, "artifactLocation"), "uri"), "x.c");
    assert_int_equal(json_integer_value(at(at(place, "region"), "startLine")), INT32_MAX);
    assert_null(json_object_get(numbered(at(numbered(results, 2), "locations"), 0),
                                "physicalLocation"));
    first = text_at(at(numbered(results, 0), "partialFingerprints"), "percussCause/v1");
    second = text_at(at(numbered(results, 1), "partialFingerprints"), "percussCause/v1");
    assert_string_not_equal(first, second);
    assert_null(json_object_get(numbered(results, 0), "suppressions"));
    list = at(numbered(results, 2), "suppressions");
    assert_string_equal(text_at(numbered(list, 0), "status"), "underReview");
    list = at(numbered(results, 4), "suppressions");
    assert_string_equal(text_at(numbered(list, 0), "status"), "accepted");
    assert_string_equal(text_at(numbered(results, 6), "ruleId"), "AC-04");
    assert_string_equal(text_at(numbered(results, 6), "kind"), "open");
    json_decref(root);
}

/* What a fix and a duplicate are is the same in both. */
static void test_standing(void **state)
{
    static const struct {
        const char *finding, *state, *status;
    } wanted[] = {{"F-001", "resolved", "fixed"},
                  {"F-002", "in_triage", "under_investigation"},
                  {"F-003", "false_positive", "not_affected"},
                  {"F-005", "exploitable", "affected"},
                  {"F-006", "in_triage", "under_investigation"}};
    struct fixture *fixture = *state;
    json_t *vdr = document(fixture->assessment, "cyclonedx-vdr");
    json_t *vex = document(fixture->assessment, "openvex");

    assert_int_equal(json_array_size(at(vdr, "vulnerabilities")), 5);
    assert_int_equal(json_array_size(at(vex, "statements")), 5);
    for (size_t i = 0; i < 5; i++) {
        json_t *one = numbered(at(vdr, "vulnerabilities"), i);
        json_t *other = numbered(at(vex, "statements"), i);

        assert_memory_equal(text_at(one, "id"), wanted[i].finding, 5);
        assert_string_equal(text_at(one, "id"),
                            text_at(at(other, "vulnerability"), "name"));
        assert_string_equal(text_at(at(one, "analysis"), "state"), wanted[i].state);
        assert_string_equal(text_at(other, "status"), wanted[i].status);
        assert_null(json_object_get(one, "ratings"));
        assert_null(json_object_get(one, "cwes"));
        assert_string_equal(text_at(numbered(at(one, "affects"), 0), "ref"), "device");
    }
    assert_string_equal(text_at(numbered(at(vdr, "properties"), 0), "value"),
                        "1"); /* duplicate */
    assert_memory_equal(text_at(vdr, "serialNumber"), "urn:uuid:", 9);
    assert_string_equal(
        text_at(numbered(at(numbered(at(vex, "statements"), 0), "products"), 0), "@id"),
        "pkg:generic/a%20%3Cpump%3E%20%E2%80%AE%20%221%22@1%202");
    json_decref(vdr);
    json_decref(vex);
}

/* A fix is one of what is released. */
static void test_released(void **state)
{
    static const struct {
        const char *image, *state;
    } builds[] = {{OTHER, "resolved"}, {IMAGE, "in_triage"}};
    struct fixture *fixture = *state;
    char facts[200];

    for (size_t i = 0; i < 2; i++) {
        json_t *vdr, *vex, *product;

        snprintf(facts, sizeof facts,
                 "device: {name: D, images: [{sha256: %s}]}\ntester: {name: T}\n",
                 builds[i].image);
        write_assessment(fixture->assessment, facts);
        vdr = document(fixture->assessment, "cyclonedx-vdr");
        vex = document(fixture->assessment, "openvex");
        assert_string_equal(
            text_at(at(numbered(at(vdr, "vulnerabilities"), 0), "analysis"), "state"),
            builds[i].state);
        product = at(at(at(vdr, "metadata"), "component"), "components");
        assert_string_equal(
            text_at(numbered(at(numbered(product, 0), "hashes"), 0), "content"),
            builds[i].image);
        product = numbered(at(numbered(at(vex, "statements"), 0), "products"), 0);
        assert_string_equal(text_at(at(product, "hashes"), "sha-256"), builds[i].image);
        json_decref(vdr);
        json_decref(vex);
    }
}

static void test_declarations(void **state)
{
    struct fixture *fixture = *state;
    json_t *root = document(fixture->assessment, "cyclonedx-declarations");
    json_t *said = at(root, "declarations"), *map;
    char claim[HASH_TEXT + 20];
    struct error error;
    struct run_view run = {.directory = fixture->run};

    run.store = store_open_run(fixture->run, false, &error);
    assert_non_null(run.store);
    memcpy(claim, "claim:", 6);
    assert_int_equal(identity_run(&run, claim + 6, &error), 0);
    strcat(claim, ":AC-07");
    store_close(run.store, NULL);
    map = at(numbered(at(said, "attestations"), 0), "map");
    assert_int_equal(json_array_size(map), 3);
    assert_null(json_object_get(numbered(map, 0), "claims")); /* inconclusive */
    assert_null(json_object_get(numbered(map, 0), "counterClaims"));
    assert_null(json_object_get(at(numbered(map, 0), "conformance"), "score"));
    assert_string_equal(json_string_value(numbered(at(numbered(map, 1), "claims"), 0)),
                        claim);
    assert_int_equal(json_array_size(at(numbered(map, 2), "counterClaims")), 1);
    assert_null(json_object_get(said, "assessors")); /* no organisation is stated */
    json_decref(root);
}

static void refuse(const char *path, const char *format, const char *words)
{
    struct report_options asked = {0};
    struct error error = {""};
    struct subject subject;

    assert_int_equal(subject_open(&subject, path, &error), 0);
    assert_int_equal(report_check(report_kind(format), &subject.of, &asked, &error), -1);
    if (!strstr(error.text, words))
        fail_msg("'%s' is not in: %s", words, error.text);
    subject_close(&subject);
}

static void test_missing(void **state)
{
    struct fixture *fixture = *state;

    write_assessment(fixture->assessment, "tester: {name: T}\n");
    refuse(fixture->assessment, "cyclonedx-vdr", "device");
    refuse(fixture->assessment, "cyclonedx-declarations", "device");
    refuse(fixture->assessment, "openvex", "device");
    write_assessment(fixture->assessment, "device: {name: D}\n");
    refuse(fixture->assessment, "openvex", "tester");
    refuse(fixture->assessment, "in-toto", "one run");
    refuse(fixture->run, "in-toto", "--key");
    refuse(fixture->run, "cyclonedx-vdr", "an assessment");
}

/* The example of the specification (secure-systems-lab/dsse, protocol.md). */
static void test_encoding(void **state)
{
    static const char wanted[] = "DSSEv1 29 http://example.com/HelloWorld 11 hello world";
    struct buffer out = buffer_make(1000);

    (void)state;
    assert_int_equal(dsse_encode("http://example.com/HelloWorld",
                                 (struct view){(const uint8_t *)"hello world", 11}, &out),
                     0);
    assert_int_equal(out.length, sizeof wanted - 1);
    assert_memory_equal(out.data, wanted, out.length);
    buffer_free(&out);
}

static void test_no_key(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {""};

    assert_null(dsse_envelope("t", (struct view){(const uint8_t *)"x", 1},
                              fixture->assessment, &error));
    assert_non_null(strstr(error.text, "private key and its certificate"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sarif, setup, teardown),
        cmocka_unit_test_setup_teardown(test_standing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_released, setup, teardown),
        cmocka_unit_test_setup_teardown(test_declarations, setup, teardown),
        cmocka_unit_test_setup_teardown(test_missing, setup, teardown),
        cmocka_unit_test(test_encoding),
        cmocka_unit_test_setup_teardown(test_no_key, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
