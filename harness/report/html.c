/* report.html: one self-contained page for readers who were not there. It opens with the
 * verdict, then says what was done, what was seen, and what that cannot show. */
#include "report/html.h"

#include <stdlib.h>
#include <string.h>

static void write_head(const struct html *html, const char *campaign)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
          "<meta http-equiv=\"Content-Security-Policy\" "
          "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n<title>",
          html->out);
    html_text(html, campaign);
    fprintf(html->out,
            " – device protocol test report</title>\n<style>%s</style>\n</head>\n"
            "<body>\n<main>\n",
            html_style);
}

static void write_number(const struct html *html, const char *label, const char *value)
{
    fputs("<div><b>", html->out);
    html_text(html, value);
    fputs("</b><span>", html->out);
    html_text(html, label);
    fputs("</span></div>\n", html->out);
}

static void write_count(const struct html *html, const char *label, int64_t value)
{
    char text[32];

    snprintf(text, sizeof text, "%lld", (long long)value);
    write_number(html, label, text);
}

static const char *verdict_word(const char *verdict)
{
    return strcmp(verdict, "pass") == 0   ? "Pass"
           : strcmp(verdict, "fail") == 0 ? "Fail"
                                          : "Inconclusive";
}

static void write_result(const struct html *html)
{
    const struct figures *figures = &html->figures;
    char text[40];

    fprintf(html->out, "<div class=\"result\">\n<div class=\"main v-%s\"><b>%s</b>",
            strcmp(figures->verdict, "inconclusive") == 0 ? "open" : figures->verdict,
            verdict_word(figures->verdict));
    fprintf(html->out, "<span>verdict of the run (exit code %d)</span></div>\n",
            figures->exit);
    write_count(html, "cases sent", figures->cases);
    write_count(html, "findings", figures->findings);
    write_count(html, "unconfirmed suspicions", figures->unconfirmed);
    snprintf(text, sizeof text, "%.1f", figures->rate_per_s);
    write_number(html, "cases per second", figures->rate_known ? text : "–");
    fputs("</div>\n", html->out);
}

static int write_summary(const struct html *html)
{
    static const struct html_column columns[] = {
        {"Criteria", false}, {"Verdict", false}, {"Number", true}, {NULL, false}};
    static const struct html_column findings[] = {{"Finding", false}, {"Title", false},
                                                  {"Kind", false},    {"Grade", false},
                                                  {"Hits", true},     {NULL, false}};
    char text[400];

    fputs("<header>\n<h1>Device protocol test report</h1>\n<p class=\"soft\">",
          html->out);
    html_text(html, figures_fact(html->run, "campaign_name", text, sizeof text));
    fputs(" · interface ", html->out);
    html_text(html, figures_fact(html->run, "interface", text, sizeof text));
    figures_fact(html->run, "started_ns", text, sizeof text);
    fputs(" · started ", html->out);
    html_text(html, figures_time(strtoll(text, NULL, 10), text, sizeof text));
    fputs(
        "</p>\n<nav><a href=\"#scope\">Scope and method</a><a href=\"#criteria\">Criteria</a>"
        "<a href=\"#findings\">Findings</a><a href=\"#suspicions\">Suspicions</a>"
        "<a href=\"#coverage\">Coverage</a><a href=\"#oracles\">Oracles</a>"
        "<a href=\"#course\">Course of the run</a><a href=\"#evidence\">Evidence</a>"
        "<a href=\"#limits\">Limits</a></nav>\n",
        html->out);
    write_result(html);
    fputs(
        "<p>The verdict is that of the criteria of the phase <em>run</em>. A criterion for "
        "which data is missing is inconclusive, never passed.</p>\n",
        html->out);
    if (html_table(html, columns,
                   "SELECT 'phase ' || phase, verdict, count(*) FROM criterion "
                   "GROUP BY phase, verdict ORDER BY phase = 'run' DESC, phase, verdict",
                   "No criterion was judged.") ||
        html_table(html, findings,
                   "SELECT id, title, kind, grade, hits FROM finding ORDER BY id",
                   "No findings."))
        return -1;
    fputs("</header>\n", html->out);
    return 0;
}

static int write(const struct report_subject *subject,
                 const struct report_options *options, FILE *out, struct error *error)
{
    const struct run_view *run = subject->runs;
    static int (*const sections[])(const struct html *) = {
        write_summary, html_scope,   html_criteria, html_findings, html_suspicions,
        html_coverage, html_oracles, html_course,   html_evidence, html_limits};
    struct html html = {.out = out, .run = run, .error = error};
    char campaign[400];

    (void)options;
    if (figures_read(run, &html.figures, error))
        return -1;
    write_head(&html, figures_fact(run, "campaign_name", campaign, sizeof campaign));
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        if (sections[i](&html))
            return -1;
    }
    fputs("</main>\n</body>\n</html>\n", out);
    return 0;
}

const struct report_ops report_html = {
    .name = "html",
    .summary = "one self-contained page, fit for printing",
    .file = "report.html",
    .can = REPORT_OF_RUN,
    .write = write,
};
