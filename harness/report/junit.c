/* junit.xml: one suite an interface, that is a run, one test case a criterion and one a
 * finding; and one suite for the criteria of an assessment. What could not be judged is
 * an <error>, so that no build turns green on missing data; what a later phase has to
 * judge, over all runs of an assessment, is <skipped> in its runs. */
#include "core/escape.h"
#include "report/figures.h"
#include "report/rows.h"

#include <stdlib.h>
#include <string.h>

struct tally {
    int64_t tests, failures, errors, skipped;
};

static void attribute(FILE *out, const char *name, const char *value)
{
    fprintf(out, " %s=\"", name);
    escape_write(out, value, ESCAPE_MARKUP);
    fputc('"', out);
}

struct suite {
    const struct run_view *view;
    const char *folder; /* of an assessment's run; NULL: there is only one */
    bool whole;         /* the criteria of an assessment: each of them is asked here */
    struct tally tally;
    struct figures figures;
};

/* Criteria and findings by outcome; `asked`: which criteria have to be answered here. */
#define COUNT(asked)                                                                \
    "SELECT count(*), coalesce(sum(verdict = 'fail'), 0), coalesce(sum((" asked     \
    ") AND verdict NOT IN ('pass', 'fail', 'not applicable')), 0), coalesce(sum("   \
    "verdict = 'not applicable' OR (NOT (" asked                                    \
    ") AND verdict NOT IN ('pass', 'fail'))), 0), (SELECT count(*) FROM finding), " \
    "coalesce(sum(" asked "), 0) FROM criterion"

static int count(struct suite *suite, struct error *error)
{
    struct tally *tally = &suite->tally;
    struct rows rows =
        rows_of(suite->view, suite->whole ? COUNT("1") : COUNT("phase = 'run'"));

    if (rows_next(&rows)) {
        int64_t nothing_judged = rows_integer(&rows, 5) == 0;

        tally->tests = rows_integer(&rows, 0) + rows_integer(&rows, 4) + nothing_judged;
        tally->failures = rows_integer(&rows, 1) + rows_integer(&rows, 4);
        tally->errors = rows_integer(&rows, 2) + nothing_judged;
        tally->skipped = rows_integer(&rows, 3);
    }
    return rows_close(&rows, error);
}

static void write_totals(FILE *out, const struct tally *tally, double time_s,
                         bool with_skipped)
{
    fprintf(out, " tests=\"%lld\" failures=\"%lld\" errors=\"%lld\"",
            (long long)tally->tests, (long long)tally->failures,
            (long long)tally->errors);
    if (with_skipped)
        fprintf(out, " skipped=\"%lld\"", (long long)tally->skipped);
    fprintf(out, " time=\"%.3f\"", time_s);
}

static void write_outcome(FILE *out, const char *element, const char *type,
                          const char *message, const char *body)
{
    fprintf(out, "      <%s", element);
    attribute(out, "message", message);
    if (type)
        attribute(out, "type", type);
    fputc('>', out);
    escape_write(out, body, ESCAPE_MARKUP);
    fprintf(out, "</%s>\n", element);
}

static int write_criteria(const struct suite *suite, FILE *out, struct error *error)
{
    struct rows rows = rows_of(
        suite->view, "SELECT id || ' ' || title, phase, verdict, explanation, sentence, "
                     "CASE rationale WHEN '' THEN explanation ELSE rationale END "
                     "FROM criterion ORDER BY id");

    while (rows_next(&rows)) {
        const char *verdict = rows_text(&rows, 2);
        bool later = !suite->whole && strcmp(rows_text(&rows, 1), "run") != 0;

        fputs("    <testcase", out);
        attribute(out, "classname", "criteria");
        attribute(out, "name", rows_text(&rows, 0));
        fputs(" time=\"0\">\n", out);
        if (strcmp(verdict, "fail") == 0)
            write_outcome(out, "failure", "criterion", rows_text(&rows, 3),
                          rows_text(&rows, 4));
        else if (strcmp(verdict, "not applicable") == 0)
            write_outcome(out, "skipped", NULL, rows_text(&rows, 5), "");
        else if (strcmp(verdict, "pass") != 0 && later)
            write_outcome(out, "skipped", NULL, rows_text(&rows, 3), "");
        else if (strcmp(verdict, "pass") != 0)
            write_outcome(out, "error", "inconclusive", rows_text(&rows, 3),
                          rows_text(&rows, 4));
        fputs("    </testcase>\n", out);
    }
    return rows_close(&rows, error);
}

static int write_findings(const struct run_view *run, FILE *out, struct error *error)
{
    struct rows rows =
        rows_of(run, "SELECT id || ' ' || title, kind, title, detail, grade, "
                     "first_case, case_name, clause, reproducer FROM finding "
                     "ORDER BY id");

    while (rows_next(&rows)) {
        char *command = figures_replay_command(run, rows_text(&rows, 8));
        char *body = NULL;

        if (asprintf(&body,
                     "%s\ngrade: %s\nfirst case: %lld %s\nclause: %s\nreplay: %s\n",
                     rows_text(&rows, 3), rows_text(&rows, 4),
                     (long long)rows_integer(&rows, 5), rows_text(&rows, 6),
                     rows_text(&rows, 7), command ? command : "") < 0)
            body = NULL;
        fputs("    <testcase", out);
        attribute(out, "classname", "findings");
        attribute(out, "name", rows_text(&rows, 0));
        fputs(" time=\"0\">\n", out);
        write_outcome(out, "failure", rows_text(&rows, 1), rows_text(&rows, 2),
                      body ? body : "");
        fputs("    </testcase>\n", out);
        free(body);
        free(command);
    }
    return rows_close(&rows, error);
}

static void write_properties(const struct run_view *run, FILE *out)
{
    static const char *const keys[] = {"campaign_name", "campaign_hash", "plan_hash",
                                       "seed",          "tool_version",  "device",
                                       "criteria_hash"};
    char value[2000];

    fputs("    <properties>\n", out);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        fputs("      <property", out);
        attribute(out, "name", keys[i]);
        attribute(out, "value", figures_fact(run, keys[i], value, sizeof value));
        fputs("/>\n", out);
    }
    fputs("    </properties>\n", out);
}

static double seconds(const struct suite *suite)
{
    return suite->figures.active_known ? suite->figures.active_s : 0.0;
}

static void write_name(const struct suite *suite, FILE *out)
{
    char interface[400], *name = NULL;

    if (suite->whole)
        snprintf(interface, sizeof interface, "assessment");
    else if (store_get(suite->view->store, "interface", interface, sizeof interface))
        snprintf(interface, sizeof interface, "interface not recorded");
    if (suite->folder && asprintf(&name, "%s: %s", interface, suite->folder) < 0)
        name = NULL;
    attribute(out, "name", name ? name : interface);
    free(name);
}

static void open_suite(const struct suite *suite, FILE *out)
{
    char text[400];

    fputs("  <testsuite", out);
    write_name(suite, out);
    write_totals(out, &suite->tally, seconds(suite), true);
    if (store_get(suite->view->store, "started_ns", text, sizeof text) == 0) {
        figures_time(strtoll(text, NULL, 10), text, sizeof text);
        if (text[0] && text[strlen(text) - 1] == 'Z')
            text[strlen(text) - 1] = '\0'; /* JUnit's schema has no zone */
        attribute(out, "timestamp", text);
    }
    fputs(">\n", out);
}

static int write_suite(const struct suite *suite, FILE *out, struct error *error)
{
    bool judged = store_integer(suite->view->store, 0,
                                "SELECT count(*) FROM criterion WHERE ? OR phase = 'run'",
                                "i", (int64_t)suite->whole) > 0;

    open_suite(suite, out);
    if (!suite->whole)
        write_properties(suite->view, out);
    if (!judged) {
        fputs("    <testcase classname=\"criteria\" name=\"criteria\" time=\"0\">\n",
              out);
        write_outcome(out, "error", "inconclusive", "no criterion was judged", "");
        fputs("    </testcase>\n", out);
    }
    if (write_criteria(suite, out, error) || write_findings(suite->view, out, error))
        return -1;
    fputs("  </testsuite>\n", out);
    return 0;
}

/* Fills the suite and adds it to the totals. */
static int take(struct suite *suite, struct tally *total, double *time_s,
                struct error *error)
{
    if (figures_read(suite->view, &suite->figures, error) || count(suite, error))
        return -1;
    total->tests += suite->tally.tests;
    total->failures += suite->tally.failures;
    total->errors += suite->tally.errors;
    *time_s += seconds(suite);
    return 0;
}

static int write_suites(struct suite *suites, size_t length, FILE *out,
                        struct error *error)
{
    struct tally total = {0};
    double time_s = 0;

    for (size_t i = 0; i < length; i++)
        if (take(&suites[i], &total, &time_s, error))
            return -1;
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"percuss\"",
          out);
    write_totals(out, &total, time_s, false);
    fputs(">\n", out);
    for (size_t i = 0; i < length; i++)
        if (write_suite(&suites[i], out, error))
            return -1;
    fputs("</testsuites>\n", out);
    return 0;
}

static int write(const struct report_subject *subject,
                 const struct report_options *options, FILE *out, struct error *error)
{
    struct suite *suites = calloc(subject->run_count + 1, sizeof *suites);
    struct run_view whole = {.directory = ""};
    size_t length = subject->run_count;
    int status;

    (void)options;
    if (!suites)
        return error_set(error, "out of memory");
    for (size_t i = 0; i < length; i++)
        suites[i] = (struct suite){
            .view = &subject->runs[i],
            .folder = subject->assessment ? subject->assessment->runs[i].folder : NULL};
    if (subject->assessment) {
        whole.store = subject->assessment->store;
        suites[length++] = (struct suite){
            .view = &whole, .folder = subject->assessment->name, .whole = true};
    }
    status = write_suites(suites, length, out, error);
    free(suites);
    return status;
}

const struct report_ops report_junit = {
    .name = "junit",
    .summary = "JUnit XML for CI servers",
    .file = "junit.xml",
    .can = REPORT_OF_RUN | REPORT_OF_ASSESSMENT,
    .write = write,
};
