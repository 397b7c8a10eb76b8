/* Findings and suspicions of the HTML report. */
#include "report/html.h"
#include "report/rows.h"

#include <stdlib.h>

enum column {
    ID,
    TITLE,
    GRADE,
    KIND,
    ORACLE,
    HITS,
    FOUND_AFTER,
    REPLAYS,
    REPLAY_FAILURES,
    CONTROL_REPLAYS,
    CONTROL_FAILURES,
    P_VALUE,
    FIRST_CASE,
    REPRODUCER,
    CASE_NAME,
    CLAUSE,
    DETAIL,
    STEPS,
    BYTES,
    BUCKET,
    DISPOSITION,
    ALPHA,
    SAID /* and what follows: what was said of it */
};

static void write_pair(const struct html *html, const char *name, const char *text)
{
    fprintf(html->out, "<dt>%s</dt><dd>", name);
    html_text(html, text);
    fputs("</dd>\n", html->out);
}

/* What a hard oracle saw is no matter of chance: it has no controls. */
static void write_statistics(const struct html *html, struct rows *rows)
{
    fprintf(html->out,
            "<dt>Confirmation</dt><dd>fails in %lld of %lld replays of the reproducer",
            (long long)rows_integer(rows, REPLAY_FAILURES),
            (long long)rows_integer(rows, REPLAYS));
    if (rows_integer(rows, CONTROL_REPLAYS))
        fprintf(
            html->out,
            "; in %lld of %lld control replays with valid traffic only; Fisher's exact "
            "test, one-sided, p = %.3g",
            (long long)rows_integer(rows, CONTROL_FAILURES),
            (long long)rows_integer(rows, CONTROL_REPLAYS), rows_real(rows, P_VALUE));
    if (!rows_is_null(rows, ALPHA))
        fprintf(html->out, " against this test's share %.3g of the campaign's α = %.3g",
                rows_real(rows, ALPHA), html->figures.alpha);
    fputs("</dd>\n", html->out);
}

/* What people said of it; what they did not is told by AC-17. */
static void write_triage(const struct html *html, struct rows *rows)
{
    static const char *const names[] = {"Harm",
                                        "Severity of the harm",
                                        "Reaches many patients",
                                        "CVSS vector",
                                        "Weakness",
                                        "Root cause",
                                        "Hazard",
                                        "Component",
                                        "Fixed in",
                                        "Delivered by",
                                        "Devices in use until then",
                                        "Approved by"};

    for (int i = 0; i < (int)(sizeof names / sizeof names[0]); i++)
        if (!rows_is_null(rows, SAID + i))
            write_pair(html, names[i], rows_text(rows, SAID + i));
}

static void write_finding(const struct html *html, struct rows *rows)
{
    char *command = figures_replay_command(html->run, rows_text(rows, REPRODUCER));
    char text[120];

    fputs("<article id=\"", html->out);
    html_text(html, rows_text(rows, ID));
    fputs("\">\n<h3>", html->out);
    html_text(html, rows_text(rows, ID));
    fputs(" · ", html->out);
    html_text(html, rows_text(rows, TITLE));
    fputs(" — ", html->out);
    html_verdict(html, rows_text(rows, GRADE));
    fputs("</h3>\n<pre>", html->out);
    html_text(html, rows_text(rows, DETAIL));
    fputs("</pre>\n<dl>\n", html->out);
    write_pair(html, "What failed", rows_text(rows, KIND));
    write_pair(html, "Seen by oracle", rows_text(rows, ORACLE));
    write_pair(html, "Specification clause",
               rows_text(rows, CLAUSE)[0] ? rows_text(rows, CLAUSE) : "none named");
    snprintf(text, sizeof text, "%lld, %.1f s after the start of the run",
             (long long)rows_integer(rows, FIRST_CASE), rows_real(rows, FOUND_AFTER));
    write_pair(html, "First case", text);
    write_pair(html, "Case name", rows_text(rows, CASE_NAME));
    write_pair(html, "Hits in the run", rows_text(rows, HITS));
    write_statistics(html, rows);
    write_pair(html, "Bucket", rows_text(rows, BUCKET));
    write_pair(html, "Disposition", rows_text(rows, DISPOSITION));
    write_triage(html, rows);
    snprintf(text, sizeof text, "%lld messages, %lld bytes after minimising",
             (long long)rows_integer(rows, STEPS), (long long)rows_integer(rows, BYTES));
    write_pair(html, "Reproducer", text);
    fputs("</dl>\n<pre><code>", html->out);
    html_text(html, command ? command : "");
    fputs("</code></pre>\n</article>\n", html->out);
    free(command);
}

int html_findings(const struct html *html)
{
    struct rows rows = rows_of(
        html->run,
        "SELECT id, title, grade, kind, oracle, hits, found_after_s, replays, "
        "replay_failures, control_replays, control_failures, p_value, first_case, "
        "reproducer, case_name, clause, detail, steps, bytes, bucket_now, disposition, "
        "(SELECT alpha FROM suspicion s WHERE s.finding = f.id AND s.result = 'finding'), "
        "harm, severity, multi_patient, cvss, cwe, root_cause, hazard, component, release, "
        "due, interim, approved_by || CASE WHEN changed_since THEN ', before the last change' "
        "ELSE '' END FROM finding_now f ORDER BY id");

    html_section(html, "findings", "Findings");
    fputs(
        "<p>Failing cases that share one cause are one finding, findings that seem to be "
        "one defect share a bucket. Each has a self-contained reproducer and the command "
        "that replays it.</p>\n",
        html->out);
    if (html->figures.findings == 0)
        fputs("<p class=\"soft\">None.</p>\n", html->out);
    while (rows_next(&rows))
        write_finding(html, &rows);
    html_section_end(html);
    return rows_close(&rows, html->error);
}

int html_suspicions(const struct html *html)
{
    static const struct html_column causes[] = {{"Suspicions", true}, {"Oracle", false},
                                                {"Cause", false},     {"Measured", true},
                                                {"First case", true}, {NULL, false}};
    static const struct html_column columns[] = {
        {"Case", true},         {"Oracle", false},  {"What was seen", false},
        {"Replays", true},      {"Controls", true}, {"p", true},
        {"Held against", true}, {NULL, false}};
    const struct figures *figures = &html->figures;

    html_section(html, "suspicions", "Unconfirmed suspicions");
    fprintf(
        html->out,
        "<p>Of %lld suspicions %lld became findings, %lld were further hits of one, and "
        "%lld did not confirm: replayed, they did not fail significantly more often than "
        "valid traffic. They are listed so that nobody has to take this on trust; they do "
        "not enter the verdict.</p>\n",
        (long long)figures->suspicions, (long long)figures->confirmed,
        (long long)figures->duplicates, (long long)figures->unconfirmed);
    fprintf(
        html->out,
        "<p>The campaign declares α = %.4g: the chance that a device without a defect, "
        "however flaky, gets any finding. The i-th suspicion that is measured has "
        "α / (i (i + 1)) of it; %lld were, which spent %.4g.</p>\n",
        figures->alpha, (long long)figures->tests, figures->spent);
    if (figures->resent)
        fprintf(
            html->out,
            "<p>%lld messages got no answer and were sent a second time; what came then "
            "was judged. On a line nothing else repeats what got lost.</p>\n",
            (long long)figures->resent);
    if (html_table(html, causes, figures_unconfirmed, "None.") ||
        html_table(
            html, columns,
            "SELECT number, oracle, text, replay_failures || ' of ' || replays, "
            "control_failures || ' of ' || control_replays, printf('%.3g', p_value), "
            "printf('%.3g', alpha) FROM suspicion WHERE test IS NOT NULL AND result "
            "NOT IN ('finding', 'duplicate') ORDER BY id",
            "None was measured: what nothing repeats is not."))
        return -1;
    html_section_end(html);
    return 0;
}
