/* junit.xml: one suite an interface, one test case a criterion and one a finding. What
 * could not be judged is an <error>, so that no build turns green on missing data; what a
 * later phase has to judge, over all runs of an assessment, is <skipped> until it can. */
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

static int count(const struct run_view *run, struct tally *tally, struct error *error)
{
    struct rows rows = rows_of(
        run,
        "SELECT count(*), coalesce(sum(verdict = 'fail'), 0), "
        "coalesce(sum(phase = 'run' AND verdict NOT IN ('pass', 'fail', 'not "
        "applicable')), 0), coalesce(sum(verdict = 'not applicable' OR (phase <> 'run' "
        "AND verdict NOT IN ('pass', 'fail'))), 0), (SELECT count(*) FROM finding), "
        "coalesce(sum(phase = 'run'), 0) FROM criterion");

    *tally = (struct tally){0};
    if (rows_next(&rows)) {
        int64_t nothing_judged = rows_integer(&rows, 5) == 0;

        tally->tests = rows_integer(&rows, 0) + rows_integer(&rows, 4) + nothing_judged;
        tally->failures = rows_integer(&rows, 1) + rows_integer(&rows, 4);
        tally->errors = rows_integer(&rows, 2) + nothing_judged;
        tally->skipped = rows_integer(&rows, 3);
    }
    return rows_close(&rows, error);
}

static void write_totals(FILE *out, const struct tally *tally,
                         const struct figures *figures, bool with_skipped)
{
    fprintf(out, " tests=\"%lld\" failures=\"%lld\" errors=\"%lld\"",
            (long long)tally->tests, (long long)tally->failures,
            (long long)tally->errors);
    if (with_skipped)
        fprintf(out, " skipped=\"%lld\"", (long long)tally->skipped);
    fprintf(out, " time=\"%.3f\"", figures->active_known ? figures->active_s : 0.0);
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

static int write_criteria(const struct run_view *run, FILE *out, struct error *error)
{
    struct rows rows =
        rows_of(run, "SELECT id || ' ' || title, phase, verdict, explanation, sentence, "
                     "CASE rationale WHEN '' THEN explanation ELSE rationale END "
                     "FROM criterion ORDER BY id");

    while (rows_next(&rows)) {
        const char *verdict = rows_text(&rows, 2);
        bool later = strcmp(rows_text(&rows, 1), "run") != 0;

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

static void open_suite(const struct run_view *run, FILE *out, const struct tally *tally,
                       const struct figures *figures)
{
    char text[400];

    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"percuss\"",
          out);
    write_totals(out, tally, figures, false);
    fputs(">\n  <testsuite", out);
    if (store_get(run->store, "interface", text, sizeof text))
        snprintf(text, sizeof text, "interface not recorded");
    attribute(out, "name", text);
    write_totals(out, tally, figures, true);
    if (store_get(run->store, "started_ns", text, sizeof text) == 0) {
        figures_time(strtoll(text, NULL, 10), text, sizeof text);
        if (text[0] && text[strlen(text) - 1] == 'Z')
            text[strlen(text) - 1] = '\0'; /* JUnit's schema has no zone */
        attribute(out, "timestamp", text);
    }
    fputs(">\n", out);
}

static int write(const struct report_subject *subject,
                 const struct report_options *options, FILE *out, struct error *error)
{
    const struct run_view *run = subject->runs;
    struct figures figures;
    struct tally tally;

    (void)options;
    if (figures_read(run, &figures, error) || count(run, &tally, error))
        return -1;
    open_suite(run, out, &tally, &figures);
    write_properties(run, out);
    if (store_integer(run->store, 0, "SELECT count(*) FROM criterion WHERE phase = 'run'",
                      "") == 0) {
        fputs("    <testcase classname=\"criteria\" name=\"criteria\" time=\"0\">\n",
              out);
        write_outcome(out, "error", "inconclusive", "no criterion was judged", "");
        fputs("    </testcase>\n", out);
    }
    if (write_criteria(run, out, error) || write_findings(run, out, error))
        return -1;
    fputs("  </testsuite>\n</testsuites>\n", out);
    return 0;
}

const struct report_ops report_junit = {
    .name = "junit",
    .summary = "JUnit XML for CI servers",
    .file = "junit.xml",
    .can = REPORT_OF_RUN,
    .write = write,
};
