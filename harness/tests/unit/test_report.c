/* Reports over a store whose every text is hostile: each stays well-formed and shows the
 * figures. */
#include "core/escape.h"
#include "report/figures.h"
#include "stores.h"

#include <jansson.h>

/* An escape sequence, a tag, an attribute's end, a broken and an overlong UTF-8 byte, a
 * mark that turns the direction of reading, a character that XML does not allow. */
#define HOSTILE \
    "\x1b[2J</td><script>alert(1)</script>\"'&]]>\xff\xc0\xaf\xe2\x80\xae\xef\xbf\xbf\r\t\x07"

struct fixture {
    char folder[SCRATCH_PATH];
    struct run_view run;
};

static void fill(struct store *store, const char *text)
{
    static const char *const rows[] = {
        "INSERT INTO sitting VALUES (1, 1760000000000000000, 1760000010000000000, 'exhausted')",
        "INSERT INTO epoch VALUES (1, 1, 1, 12, NULL, ?1, 5, 0, 0), (2, 1, 1, 12, 1, 'warm', 5, 1, 1760000000000000000)",
        "INSERT INTO cases(number, attempt, epoch, stream, step, expected, outcome, verdict,"
        "  latency_us, sent_bytes, received_bytes) VALUES (1, 1, 1, NULL, 0, 2, 2, 'interrupted', 5, 1, 1),"
        "  (1, 2, 2, NULL, 0, 2, 2, 'pass', 5, 1, 1), (2, 1, 2, NULL, 0, 1, 1, 'pass', 5, 1, 1),"
        "  (3, 1, 2, NULL, 0, 6, 0, 'finding', 5, 1, 1), (4, 1, 2, NULL, 0, 15, 8, 'skipped', 5, "
        "  0, 0)",
        "INSERT INTO oracle VALUES (?1, ?1, 0, ?1, 'blind', ?1)",
        "INSERT INTO finding VALUES ('F-001', ?1, 'crash', ?1, ?1, ?1 || char(10) || ?1, ?1,"
        "  'confirmed', 3, ?1, 2, 5, 5, 5, 0, 0.00396, 1, 12, 2.5, 'findings/F-001/' || ?1, 'B-01', ?1, ?1)",
        "INSERT INTO suspicion VALUES (1, 3, 1, ?1, ?1, ?1, 'finding', 'F-001', 5, 5, 5, 0,"
        "  1, 0.00396, 0.005), (2, 3, 1, ?1, ?1, ?1, 'unconfirmed', NULL, 5, 1, 5, 0, 2, 0.5, "
        "  0.0008), (3, 3, 1, ?1, ?1, ?1, 'unconfirmed', NULL, 0, 0, 0, 0, NULL, NULL, NULL)",
        "INSERT INTO stream VALUES (1, ?1, ?1, ?1, ?1, ?1, 5)",
        "INSERT INTO skip VALUES (1, 'F-001', ?1, 8, 3)",
        "INSERT INTO recovery VALUES (1, 3, ?1, ?1, NULL, NULL)",
        "INSERT INTO coverage(kind, name, planned, sent) VALUES ('field', ?1, 5, 0), (?1, 'x', 1, 1)",
        "INSERT INTO excluded VALUES (?1, ?1, 7)",
        "INSERT INTO digest VALUES (0, 4, ?1)",
        "INSERT INTO capture VALUES (?1, 'send-log', 4, 5, 6, ?1), (?1 || '2', 'independent', 0, "
        "  0, 0, ?1)",
        "INSERT INTO capture_check VALUES (?1, 0, 1, ?1)",
        "INSERT INTO criterion VALUES ('X-1', ?1, 'run', 'fail', 1, 0, ?1, ?1, ?1, ?1),"
        "  ('X-2', ?1, 'run', 'not applicable', NULL, 0, ?1, ?1, ?1, ?1),"
        "  ('X-3', ?1, 'release', 'inconclusive', NULL, 0, ?1, '', ?1, ?1)",
        "INSERT INTO run VALUES ('device', ?1), ('campaign_name', ?1), ('interface', ?1),"
        "  ('link', ?1), ('merkle_root', ?1), ('criterion.X-1.clauses', ?1 || char(9) || ?1 ||"
        "  char(10)), ('criterion.X-1.hazards', ?1), ('started_ns', '1760000000000000000'),"
        "  ('seed', '7'), ('engine', 'guided')",
        "INSERT INTO corpus VALUES (?1, 1, ?1, ?1, ?1, ?1, 5, 1, 2, 3)",
        "INSERT INTO growth VALUES (1, 3, 1760000000000000000, 4711, 815, 9000, 42)",
        "INSERT INTO finding_message VALUES ('F-001', 1, ?1, 1, ?1, ?1, ?1, ?1), ('F-001', 2, "
        "  ?1, 0, '', '00ff', '', '')",
        "INSERT INTO retest VALUES (1, 5, '', 'F-001', ?1, ?1, 5, 4)",
        "INSERT INTO clause VALUES (1, ?1, ?1, ?1, ?1, 'S', ?1, 'device', '', ?1)",
        "INSERT INTO assessment_fact VALUES ('device', ?1), ('device_version', ?1), ('tester', "
        "  ?1), ('organisation', ?1), ('independence', ?1)",
        "INSERT INTO release_image VALUES (?1, ?1, ?1, ?1)",
        "INSERT INTO assessed_interface VALUES (?1, ?1, ?1)",
        "INSERT INTO tool_validation VALUES (?1, ?1, ?1, ?1, ?1)",
        "INSERT INTO load_test VALUES (1, ?1, 100, 10, 1, ?1, ?1, ?1, ?1)",
        "INSERT INTO threat VALUES (?1, ?1, ?1, ?1, ?1, ?1, ?1, ?1, '', ?1)",
        "INSERT INTO hazard VALUES (?1, ?1, ?1, ?1, ?1, ?1, ?1, ?1, ?1, ?1)",
        "INSERT INTO response_class VALUES (1, ?1, 1, ?1, 2)",
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        execute_with(store, rows[i], text);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    assert_non_null(fixture);
    scratch_make(fixture->folder);
    fixture->run.directory = fixture->folder;
    fixture->run.store = need_store(fixture->folder);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    static const char *const files[] = {"campaign.db", "report.html", "junit.xml",
                                        "summary.json", "results.sarif"};
    struct fixture *fixture = *state;
    char path[SCRATCH_PATH];

    store_close(fixture->run.store, NULL);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        scratch_path(fixture->folder, files[i], path);
        unlink(path);
    }
    assert_int_equal(rmdir(fixture->folder), 0); /* nothing half-written is left */
    free(fixture);
    return 0;
}

static void check_xml(const char *folder, const char *file)
{
    char command[200];

    snprintf(command, sizeof command, "xmllint --noout '%s/%s'", folder, file);
    if (system(command) != 0)
        fail_msg("not well-formed, or xmllint is missing: %s", command);
}

static char *render(const struct run_view *run, const char *name)
{
    struct error error = {""};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    struct report_subject subject = {.runs = run, .run_count = 1};

    assert_non_null(out);
    if (report_write(report_kind(name), &subject, &(struct report_options){0}, out,
                     &error))
        fail_msg("%s: %s", name, error.text);
    fclose(out);
    assert_int_equal(strlen(text), size);
    return text;
}

static void expect(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in:\n%s", part, text);
}

static void test_hostile_texts(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {""};

    fill(fixture->run.store, HOSTILE);
    execute(fixture->run.store, "INSERT INTO run VALUES ('plan_hash', '1')");
    if (report_write_all(&fixture->run, &error))
        fail_msg("%s", error.text);
    check_xml(fixture->folder, "junit.xml");
    check_xml(fixture->folder, "report.html");
    for (size_t i = 0; report_kinds[i]; i++) {
        bool lines_end_so = strcmp(report_kinds[i]->name, "csv") == 0;
        char *text;

        /* One is no text; test_formats.c has those that are of no run alone. */
        if (strcmp(report_kinds[i]->name, "pdf") == 0 ||
            !(report_kinds[i]->can & REPORT_OF_RUN) ||
            (report_kinds[i]->can & REPORT_SIGNS))
            continue;
        text = render(&fixture->run, report_kinds[i]->name);
        assert_null(strchr(text, '\x1b'));
        assert_null(strchr(text, '\x07'));
        for (char *at = strchr(text, '\r'); at; at = strchr(at + 1, '\r'))
            assert_true(lines_end_so && at[1] == '\n');
        assert_null(strchr(text, '\xff'));
        assert_null(strstr(text, "\xe2\x80\xae"));
        if (strcmp(report_kinds[i]->name, "html") == 0) {
            assert_null(strstr(text, "<script"));
            assert_null(strstr(text, "http://"));
            assert_null(strstr(text, "https://"));
        }
        free(text);
    }
}

static void test_summary(void **state)
{
    struct fixture *fixture = *state;
    json_t *root, *finding;
    json_error_t problem;
    char *text, wanted[200];
    int confirmed, unconfirmed, duplicate, cases, exit_code;
    const char *verdict, *title, *replay;
    double rate;

    fill(fixture->run.store, "plain");
    text = render(&fixture->run, "json");
    root = json_loads(text, 0, &problem);
    assert_non_null(root);
    assert_int_equal(json_unpack(root, "{s:i s:F s:s s:i s:{s:i s:i s:i}}", "cases",
                                 &cases, "rate_per_s", &rate, "verdict", &verdict, "exit",
                                 &exit_code, "suspicions", "confirmed", &confirmed,
                                 "unconfirmed", &unconfirmed, "duplicate", &duplicate),
                     0);
    assert_int_equal(cases, 3);
    assert_true(rate > 0.29 && rate < 0.31);
    assert_string_equal(verdict, "fail");
    assert_int_equal(exit_code, 1);
    assert_int_equal(confirmed, 1);
    assert_int_equal(unconfirmed, 2);
    assert_int_equal(duplicate, 0);
    finding = json_array_get(json_object_get(root, "findings"), 0);
    assert_int_equal(
        json_unpack(finding, "{s:s s:s}", "title", &title, "replay", &replay), 0);
    assert_string_equal(title, "plain");
    snprintf(wanted, sizeof wanted, "percuss replay %s/findings/F-001/plain",
             fixture->folder);
    expect(replay, wanted);
    assert_int_equal(json_array_size(json_object_get(root, "criteria")), 3);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(root, "run"), "seed")), "7");
    assert_null(json_object_get(json_object_get(root, "run"), "criterion.X-1.clauses"));
    json_decref(root);
    free(text);
}

/* What did not confirm stands by cause, what was skipped by finding, and what of alpha
 * was spent beside what was declared: in every report the same. */
static void test_suspicions_and_skips(void **state)
{
    struct fixture *fixture = *state;
    struct figures figures;
    struct error error = {""};
    char *text;

    fill(fixture->run.store, "plain");
    execute(fixture->run.store, "INSERT INTO run VALUES ('alpha', '0.03')");
    execute(fixture->run.store, "UPDATE cases SET stream = 1 WHERE number = 4");
    execute(fixture->run.store, "UPDATE skip SET scope = 'field'");
    execute(
        fixture->run.store,
        "INSERT INTO suspicion VALUES (4, 3, 1, 'alive', 'c', 't', 'unconfirmed', NULL,"
        " 0, 0, 0, 0, NULL, NULL, NULL)");
    assert_int_equal(figures_read(&fixture->run, &figures, &error), 0);
    assert_int_equal(figures.suspicions, 4);
    assert_int_equal(figures.tests, 2);
    assert_true(figures.spent > 0.01999 && figures.spent < 0.02001);
    text = render(&fixture->run, "text");
    expect(text, "4: 1 became findings, 0 were further hits of one, 3 did not confirm");
    expect(text, "0.03 for the campaign, 0.02 spent on 2 measurements");
    expect(text, "  2 times plain: plain (1 measured, first case 3)\n  1 times alive: c");
    expect(text, "F-001: 1 cases of field plain, which hit it 8 times, from case 3 on");
    free(text);
    text = render(&fixture->run, "json");
    expect(text, "\"alpha_spent\": 0.02");
    expect(text, "\"skipped_for\"");
    expect(text, "\"scope\": \"field\"");
    free(text);
    text = render(&fixture->run, "html");
    expect(text, "share 0.005 of the campaign");
    expect(text, "<b>Message 1: plain, changed by the case, 2 bytes, sent: plain</b>");
    expect(text, "<p class=\"wrong\">Wrong in it: plain</p>");
    expect(text, "<b>Message 2: plain, 2 bytes</b>\n<pre>00ff</pre>");
    expect(text, "The model cannot read these bytes.");
    expect(text, "as they would hit a finding again");
    free(text);
}

static void test_guided(void **state)
{
    static const char *const kinds[] = {"text", "html", "json"};
    struct fixture *fixture = *state;

    fill(fixture->run.store, "text");
    for (size_t i = 0; i < 3; i++) {
        char *text = render(&fixture->run, kinds[i]);

        expect(text, "42 inputs");
        expect(text, "4711");
        expect(text, "815 run, start-up included");
        free(text);
    }
    execute(fixture->run.store, "UPDATE run SET value = 'numbered' WHERE key = 'engine'");
    execute(fixture->run.store, "DROP TABLE growth"); /* as in an earlier version */
    for (size_t i = 0; i < 3; i++) {
        char *text = render(&fixture->run, kinds[i]);

        assert_null(strstr(text, "42 inputs"));
        free(text);
    }
}

static void test_junit(void **state)
{
    struct fixture *fixture = *state;
    char *text;

    fill(fixture->run.store, "plain");
    text = render(&fixture->run, "junit");
    /* What is open in the phase release is no error of the run's. */
    expect(text, "<testsuite name=\"plain\" tests=\"4\" failures=\"2\" errors=\"0\" "
                 "skipped=\"2\"");
    free(text);
    execute(fixture->run.store, "UPDATE criterion SET phase = 'run'");
    text = render(&fixture->run, "junit");
    expect(text, "<testsuite name=\"plain\" tests=\"4\" failures=\"2\" errors=\"1\" "
                 "skipped=\"1\"");
    expect(text, "timestamp=\"2025-10-09T08:53:20\"");
    expect(text, "<testcase classname=\"findings\" name=\"F-001 plain\"");
    expect(text, "<error message=\"plain\" type=\"inconclusive\">");
    free(text);
}

/* A run that never came to a case: nothing is made up, and no report looks like a pass.
 */
static void test_empty_store(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {""};
    char *text;

    if (report_write_all(&fixture->run, &error))
        fail_msg("%s", error.text);
    check_xml(fixture->folder, "junit.xml");
    check_xml(fixture->folder, "report.html");
    text = render(&fixture->run, "junit");
    expect(text, "errors=\"1\"");
    free(text);
    text = render(&fixture->run, "json");
    expect(text, "\"rate_per_s\": null");
    expect(text, "\"exit\": 3");
    free(text);
    text = render(&fixture->run, "text");
    expect(text, "Verdict: inconclusive (exit code 3)");
    expect(text, "not recorded");
    free(text);
    text = render(&fixture->run, "html");
    expect(text, "Inconclusive");
    expect(text, "not a penetration test");
    free(text);
}

static void test_rate(void **state)
{
    struct fixture *fixture = *state;
    struct figures figures;
    struct error error = {""};

    fill(fixture->run.store, "plain");
    execute(fixture->run.store, "INSERT INTO sitting VALUES (2, 0, NULL, NULL)");
    assert_int_equal(figures_read(&fixture->run, &figures, &error), 0);
    assert_false(
        figures.rate_known); /* a killed sitting: nobody knows how long it took */
    execute(fixture->run.store, "INSERT INTO run VALUES ('active_seconds', '1.5')");
    assert_int_equal(figures_read(&fixture->run, &figures, &error), 0);
    assert_true(figures.rate_known);
    assert_true(figures.rate_per_s > 1.99 && figures.rate_per_s < 2.01);
}

static void test_escape(void **state)
{
    static const struct {
        const char *text, *terminal, *markup, *json;
    } texts[] = {
        {"plain \xc3\xa9", "plain \xc3\xa9", "plain \xc3\xa9", "plain \xc3\xa9"},
        {"<a b='\"&'>", "<a b='\"&'>", "&lt;a b=&#39;&quot;&amp;&#39;&gt;",
         "<a b='\"&'>"},
        {"a\x1b[1m", "a\\x1b[1m", "a\\x1b[1m", "a\x1b[1m"},
        {"a\nb\tc", "a\n      b\tc", "a\nb\tc", "a\nb\tc"},
        {"\xff", "\\xff", "\\xff", "\xef\xbf\xbd"},
        {"\xe2\x80", "\\xe2\\x80", "\\xe2\\x80", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xc0\xaf", "\\xc0\\xaf", "\\xc0\\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80",
         "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xe2\x80\xae", "\\u{202e}", "\\u{202e}", "\xe2\x80\xae"},
        {"\xc2\x9b", "\\x9b", "\\x9b", "\xc2\x9b"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char *terminal = escape_copy(texts[i].text, ESCAPE_TERMINAL);
        char *markup = escape_copy(texts[i].text, ESCAPE_MARKUP);
        char *json = escape_copy(texts[i].text, ESCAPE_JSON);

        assert_string_equal(terminal, texts[i].terminal);
        assert_string_equal(markup, texts[i].markup);
        assert_string_equal(json, texts[i].json);
        free(terminal);
        free(markup);
        free(json);
    }
}

static void test_escape_shell(void **state)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    escape_shell(out, "results/a b/it's");
    fputc(' ', out);
    escape_shell(out, "");
    fputc(' ', out);
    escape_shell(out, "results/run-1/F-001.json");
    fclose(out);
    assert_string_equal(text, "'results/a b/it'\\''s' '' results/run-1/F-001.json");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hostile_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_summary, setup, teardown),
        cmocka_unit_test_setup_teardown(test_suspicions_and_skips, setup, teardown),
        cmocka_unit_test_setup_teardown(test_guided, setup, teardown),
        cmocka_unit_test_setup_teardown(test_junit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_empty_store, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rate, setup, teardown),
        cmocka_unit_test(test_escape),
        cmocka_unit_test(test_escape_shell),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
