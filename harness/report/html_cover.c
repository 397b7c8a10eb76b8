/* The first page of the HTML report: what it is of, what came out, what is missing. */
#include "criteria/mandatory.h"
#include "report/html.h"
#include "report/rows.h"

#include <stdlib.h>
#include <string.h>

struct cover {
    const char *title, *lead;
};

static const struct cover covers[] = {
    [REPORT_ENGINEER] =
        {"Device protocol test report",
         "What was sent to the device, what it did, and how to repeat it."},
    [REPORT_FDA] =
        {"Cybersecurity testing report: robustness and fuzz testing",
         "For a premarket submission: the security testing of the interfaces named "
         "below, with boundaries, malformed and unexpected input, and the "
         "assessment of every finding."},
    [REPORT_MDR] =
        {"Security verification report",
         "For the technical documentation of a medical device (Annex II 6.1(b)): "
         "protocol, results and verdicts, by the hardware configuration that was "
         "tested."},
    [REPORT_PROCUREMENT] =
        {"Security testing of a device: report for the buyer",
         "What was tested on the device, what was found, what became of "
         "it, and who says so."},
};

/* --- title block -------------------------------------------------------------------- */

static void write_title(const struct html *html)
{
    const struct cover *cover = &covers[html->audience];
    const struct assessment *assessment = html->subject->assessment;
    char text[400];

    fputs("<header>\n<h1>", html->out);
    html_text(html, cover->title);
    fputs("</h1>\n<p class=\"subject\">", html->out);
    html_text(html, assessment
                        ? assessment->title
                        : figures_fact(html->run, "campaign_name", text, sizeof text));
    fputs("</p>\n", html->out);
    html_paragraph(html, cover->lead);
}

static void write_block(const struct html *html)
{
    html_facts(html);
    if (html->subject->assessment) {
        html_stated(html, "Device",
                    "SELECT value FROM assessment_fact WHERE key = 'device'");
        html_stated(html, "Version",
                    "SELECT value FROM assessment_fact WHERE key = 'device_version'");
    } else {
        html_fact(html, "Device", "device");
    }
    html_stated(
        html, "Interfaces tested",
        "SELECT group_concat(interface, '; ') FROM (SELECT DISTINCT interface FROM "
        "runs WHERE sent > 0 ORDER BY interface)");
    html_stated(html, "Tested from",
                "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', min(started_ns) / 1000000000, "
                "'unixepoch') FROM runs");
    html_stated(html, "Tool",
                "SELECT group_concat('percuss ' || tool_version, ', ') FROM (SELECT "
                "DISTINCT tool_version FROM runs ORDER BY tool_version)");
    html_stated(html, "Tester", "SELECT value FROM assessment_fact WHERE key = 'tester'");
    html_stated(html, "Independence",
                "SELECT value FROM assessment_fact WHERE key = 'independence'");
    html_facts_end(html);
}

/* --- result ------------------------------------------------------------------------- */

static void write_number(const struct html *html, const char *label, const char *name,
                         const char *value)
{
    fputs("<div><b>", html->out);
    html_figure(html, name, value);
    fputs("</b><span>", html->out);
    html_text(html, label);
    fputs("</span></div>\n", html->out);
}

static void write_total(const struct html *html, const char *label, const char *name,
                        int64_t value)
{
    char text[32];

    snprintf(text, sizeof text, "%lld", (long long)value);
    write_number(html, label, name, text);
}

static const char *verdict_word(const char *verdict)
{
    return strcmp(verdict, "pass") == 0   ? "Pass"
           : strcmp(verdict, "fail") == 0 ? "Fail"
                                          : "Inconclusive";
}

static void write_rate(const struct html *html)
{
    const struct figures *figures = &html->figures[0];
    char text[40];

    snprintf(text, sizeof text, "%.1f", figures->rate_per_s);
    write_number(html, "cases per second", "rate", figures->rate_known ? text : "–");
}

static void write_result(const struct html *html)
{
    int64_t cases = 0, findings = 0, unconfirmed = 0;

    for (size_t i = 0; i < html->subject->run_count; i++) {
        cases += html->figures[i].cases;
        findings += html->figures[i].findings;
        unconfirmed += html->figures[i].unconfirmed;
    }
    fprintf(html->out, "<div class=\"result\">\n<div class=\"main v-%s\"><b>",
            strcmp(html->verdict, "inconclusive") == 0 ? "open" : html->verdict);
    html_figure(html, "verdict", verdict_word(html->verdict));
    fprintf(html->out, "</b><span>verdict of the %s (exit code %d)</span></div>\n",
            html->subject->assessment ? "phases triage and release" : "run", html->exit);
    write_total(html, "cases sent", "cases", cases);
    write_total(html, "findings", "findings", findings);
    write_total(html, "unconfirmed suspicions", "unconfirmed", unconfirmed);
    if (html->subject->assessment)
        write_total(html, "runs", "runs", (int64_t)html->subject->run_count);
    else
        write_rate(html);
    fputs("</div>\n", html->out);
}

/* --- what is missing ---------------------------------------------------------------- */

enum { NAMED = 12 };

/* The criterion, once, then what it misses; many of one kind are counted. */
static int write_missing_of(const struct html *html, const struct mandatory *field,
                            const char **criterion, size_t *count)
{
    struct rows rows = rows_of(html->run, field->missing);
    size_t here = 0;

    for (; rows_next(&rows); here++) {
        if (!*criterion || strcmp(*criterion, field->criterion) != 0) {
            fprintf(html->out, "%s<li><b>%s</b>: ", *criterion ? "</li>\n" : "",
                    field->criterion);
            *criterion = field->criterion;
        } else if (here < NAMED) {
            fputs("; ", html->out);
        }
        if (here < NAMED)
            html_text(html, rows_text(&rows, 0));
    }
    if (here > NAMED)
        fprintf(html->out, " and %zu more", here - NAMED);
    *count += here;
    return rows_close(&rows, html->error);
}

static int list_missing(const struct html *html, unsigned of, size_t *count)
{
    const char *criterion = NULL;

    for (size_t i = 0; mandatory[i].criterion; i++)
        if ((of >> mandatory[i].of) & 1 &&
            write_missing_of(html, &mandatory[i], &criterion, count))
            return -1;
    if (criterion)
        fputs("</li>\n", html->out);
    return 0;
}

static int list_missing_of_runs(const struct html *html, size_t *count)
{
    struct html one = *html;

    for (one.index = 0; one.index < html->subject->run_count; one.index++) {
        char *text = NULL;
        size_t size, before = *count;
        FILE *out = open_memstream(&text, &size);
        int status;

        if (!out)
            return error_set(html->error, "out of memory");
        one.out = out;
        one.run = &html->subject->runs[one.index];
        status = list_missing(&one, 1u << MANDATORY_RUN, count);
        fclose(out);
        if (status == 0 && *count > before && html->subject->assessment) {
            fputs("<li>run ", html->out);
            html_text(html, html->subject->assessment->runs[one.index].folder);
            fprintf(html->out, "<ul>\n%s</ul></li>\n", text);
        } else if (status == 0) {
            fputs(text, html->out);
        }
        free(text);
        if (status)
            return -1;
    }
    return 0;
}

static int write_missing(const struct html *html)
{
    size_t count = 0;

    fputs("<section id=\"missing\">\n<h2>Missing</h2>\n<ul>\n", html->out);
    /* What is short comes first, so that the first page holds it. */
    if (list_missing(html, 1u << MANDATORY_DECLARED, &count) ||
        list_missing_of_runs(html, &count) ||
        list_missing(html, 1u << MANDATORY_FINDING, &count))
        return -1;
    if (count == 0)
        fputs("<li>Nothing that evidence has to state.</li>\n", html->out);
    fputs("</ul>\n<p class=\"soft\">Entries: ", html->out);
    html_count(html, "missing", (int64_t)count);
    fputs(". The criterion that asks for what is missing is inconclusive, never passed; "
          "nothing is filled in.</p>\n",
          html->out);
    if (!html->subject->assessment)
        html_soft(html,
                  "One run alone declares neither device, interfaces nor tester: that "
                  "is what an assessment is for.");
    fputs("</section>\n", html->out);
    return 0;
}

/* --- in short ----------------------------------------------------------------------- */

static int write_verdicts(const struct html *html)
{
    static const struct html_column columns[] = {
        {"Criteria", false}, {"Verdict", false}, {"Number", true}, {NULL, false}};

    return html_table(
        html, columns,
        "SELECT 'phase ' || phase, verdict, count(*) FROM criterion "
        "GROUP BY phase, verdict ORDER BY phase = 'run' DESC, phase, verdict",
        "No criterion was judged.");
}

static int write_findings(const struct html *html)
{
    static const struct html_column columns[] = {
        {"Finding", false},  {"Title", false},       {"Kind", false}, {"Grade", false},
        {"Severity", false}, {"Disposition", false}, {"Hits", true},  {NULL, false}};

    return html_table(
        html, columns,
        "SELECT CASE folder WHEN 'this run' THEN '' ELSE folder || ' ' END || "
        "id, title, kind, grade, coalesce(severity, 'not stated'), "
        "disposition, hits FROM findings ORDER BY folder, id",
        "No findings.");
}

static void write_contents(const struct html *html)
{
    const struct html_part *order[HTML_PARTS + 1];

    html_order(html->audience, order);
    fputs("<nav>\n", html->out);
    for (size_t i = 0; order[i]; i++)
        fprintf(html->out, "<a href=\"#%s\">%s</a>\n", order[i]->id, order[i]->heading);
    fputs("</nav>\n</header>\n", html->out);
}

int html_cover(const struct html *html)
{
    write_title(html);
    write_block(html);
    write_result(html);
    html_paragraph(html,
                   "This is not a penetration test, and no run proves that a device has "
                   "no defect. A criterion for which data is missing is inconclusive, "
                   "never passed.");
    if (write_missing(html))
        return -1;
    fputs("<h2>In short</h2>\n", html->out);
    if (write_verdicts(html) || write_findings(html))
        return -1;
    write_contents(html);
    return 0;
}
