/* Findings of the HTML report, with the messages of their reproducers, and suspicions. */
#include "core/hash.h"
#include "report/html.h"
#include "report/rows.h"

#include <stdlib.h>
#include <string.h>

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
    CAUSE,
    ALPHA,
    SAID /* and what follows: what was said of it */
};

/* What a hard oracle saw is no matter of chance: it has no controls. */
static void write_statistics(const struct html *html, struct rows *rows)
{
    fprintf(
        html->out,
        "<tr><th scope=\"row\">Confirmation</th><td>fails in %lld of %lld replays of the reproducer",
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
                rows_real(rows, ALPHA), html->figures[html->index].alpha);
    fputs("</td></tr>\n", html->out);
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
            html_pair(html, names[i], rows_text(rows, SAID + i));
}

enum { MESSAGES = 20, HEX = 1024 };

/* "0164 015a 17": 16 bytes a line, as dumps are read; a store that somebody made may hold
 * what is no hexadecimal. */
static void write_bytes(const struct html *html, const char *hex)
{
    char text[HEX + HEX / 4 + 8];
    size_t used = 0;

    for (size_t i = 0; hex[i] && i < HEX; i++) {
        if (i && i % 4 == 0)
            text[used++] = i % 32 ? ' ' : '\n';
        text[used++] = hex[i];
    }
    snprintf(text + used, sizeof text - used, "%s", strlen(hex) > HEX ? " …" : "");
    html_text(html, text);
}

static void write_message(const struct html *html, struct rows *rows)
{
    const char *wrong = rows_text(rows, 6);
    char text[400];

    snprintf(text, sizeof text, "Message %lld: %.120s%s, %lld bytes%s%.120s",
             (long long)rows_integer(rows, 0), rows_text(rows, 1),
             rows_integer(rows, 2) ? ", changed by the case" : "",
             (long long)rows_integer(rows, 7) / 2,
             rows_text(rows, 3)[0] ? ", sent: " : "", rows_text(rows, 3));
    fputs("<div class=\"message\"><b>", html->out);
    html_text(html, text);
    fputs("</b>\n<pre>", html->out);
    write_bytes(html, rows_text(rows, 4));
    fputs("</pre>\n<p class=\"decoded\">", html->out);
    html_text(html, rows_text(rows, 5)[0] ? rows_text(rows, 5)
                                          : "The model cannot read these bytes.");
    fputs("</p>\n", html->out);
    if (*wrong) {
        fputs("<p class=\"wrong\">Wrong in it: ", html->out);
        html_text(html, wrong);
        fputs("</p>\n", html->out);
    }
    fputs("</div>\n", html->out);
}

/* The reproducer's messages, as the model reads them. */
static int write_messages(const struct html *html, const char *finding)
{
    struct rows rows =
        rows_of(html->run,
                "SELECT place, message, changed, delivery, bytes, decoded, wrong, "
                "length(bytes) FROM finding_message WHERE finding = ?1 ORDER BY place");
    size_t count = 0;

    rows_bind(&rows, 1, finding);
    for (; rows_next(&rows); count++)
        if (count < MESSAGES)
            write_message(html, &rows);
    if (count > MESSAGES)
        fprintf(html->out,
                "<p class=\"soft\">%zu more messages are in messages.txt of the "
                "finding's folder.</p>\n",
                count - MESSAGES);
    return rows_close(&rows, html->error);
}

/* What was replayed on later builds, in this run or another of the assessment. */
static int write_retests(const struct html *html, struct rows *finding)
{
    static const struct html_column columns[] = {{"Retest on", false},
                                                 {"Replays", true},
                                                 {"Failed as before", true},
                                                 {NULL, false}};
    struct html whole = *html;
    struct rows rows;
    char plan[HASH_TEXT + 8] = "";

    store_get(html->run->store, "plan_hash", plan, sizeof plan);
    whole.run = &html->whole;
    rows =
        rows_of(whole.run,
                "SELECT device, replays, failures FROM retests WHERE finding = ?1 AND "
                "plan_hash = ?2 AND ?3 IN (cause, ?4 || ': ' || cause) ORDER BY at_ns");
    rows_bind(&rows, 1, rows_text(finding, ID));
    rows_bind(&rows, 2, plan);
    rows_bind(&rows, 3, rows_text(finding, CAUSE));
    rows_bind(&rows, 4, rows_text(finding, ORACLE));
    html_rows(&whole, columns, &rows);
    return rows_close(&rows, html->error);
}

static int write_finding(const struct html *html, struct rows *rows)
{
    char *command = figures_replay_command(html->run, rows_text(rows, REPRODUCER));
    char text[120];

    fprintf(html->out, "<article class=\"finding\">\n<h%c>", html->nested ? '4' : '3');
    html_text(html, rows_text(rows, ID));
    fputs(" · ", html->out);
    html_text(html, rows_text(rows, TITLE));
    fputs(" — ", html->out);
    html_verdict(html, rows_text(rows, GRADE));
    fprintf(html->out, "</h%c>\n<pre>", html->nested ? '4' : '3');
    html_text(html, rows_text(rows, DETAIL));
    fputs("</pre>\n", html->out);
    html_facts(html);
    html_pair(html, "What failed", rows_text(rows, KIND));
    html_pair(html, "Seen by oracle", rows_text(rows, ORACLE));
    html_pair(html, "Specification clause",
              rows_text(rows, CLAUSE)[0] ? rows_text(rows, CLAUSE) : "none named");
    snprintf(text, sizeof text, "%lld, %.1f s after the start of the run",
             (long long)rows_integer(rows, FIRST_CASE), rows_real(rows, FOUND_AFTER));
    html_pair(html, "First case", text);
    html_pair(html, "Case name", rows_text(rows, CASE_NAME));
    html_pair(html, "Hits in the run", rows_text(rows, HITS));
    write_statistics(html, rows);
    html_pair(html, "Bucket", rows_text(rows, BUCKET));
    html_pair(html, "Disposition", rows_text(rows, DISPOSITION));
    write_triage(html, rows);
    snprintf(text, sizeof text, "after minimising: messages: %lld, bytes: %lld",
             (long long)rows_integer(rows, STEPS), (long long)rows_integer(rows, BYTES));
    html_pair(html, "Reproducer", text);
    html_facts_end(html);
    fputs("<pre><code>", html->out);
    html_text(html, command ? command : "");
    fputs("</code></pre>\n", html->out);
    free(command);
    if (write_messages(html, rows_text(rows, ID)) || write_retests(html, rows))
        return -1;
    fputs("</article>\n", html->out);
    return 0;
}

static int write_findings(const struct html *html)
{
    struct rows rows = rows_of(
        html->run,
        "SELECT id, title, grade, kind, oracle, hits, found_after_s, replays, "
        "replay_failures, control_replays, control_failures, p_value, first_case, "
        "reproducer, case_name, clause, detail, steps, bytes, bucket_now, disposition, cause, "
        "(SELECT alpha FROM suspicion s WHERE s.finding = f.id AND s.result = 'finding'), "
        "harm, severity, multi_patient, cvss, cwe, root_cause, hazard, component, release, "
        "due, interim, approved_by || CASE WHEN changed_since THEN ', before the last change' "
        "ELSE '' END FROM finding_now f ORDER BY id");

    int status = 0;

    if (html->figures[html->index].findings == 0)
        html_soft(html, "None.");
    while (status == 0 && rows_next(&rows))
        status = write_finding(html, &rows);
    return rows_close(&rows, html->error) < 0 ? -1 : status;
}

int html_findings(const struct html *html)
{
    html_paragraph(
        html,
        "Failing cases that share one cause are one finding, findings that seem to be one "
        "defect share a bucket. Each has a self-contained reproducer and the command that "
        "replays it. A field that people have to state and that is not here was not stated; "
        "the first page has the list.");
    return html_each_run(html, write_findings);
}

static int write_suspicions(const struct html *html)
{
    static const struct html_column causes[] = {{"Suspicions", true}, {"Oracle", false},
                                                {"Cause", false},     {"Measured", true},
                                                {"First case", true}, {NULL, false}};
    static const struct html_column columns[] = {
        {"Case", true},         {"Oracle", false},  {"What was seen", false},
        {"Replays", true},      {"Controls", true}, {"p", true},
        {"Held against", true}, {NULL, false}};
    const struct figures *figures = &html->figures[html->index];

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
    return 0;
}

int html_suspicions(const struct html *html)
{
    return html_each_run(html, write_suspicions);
}
