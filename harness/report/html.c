/* report.html: one self-contained page for readers who were not there. It opens with the
 * verdict and with what is missing, then says what was done, what was seen, and what that
 * cannot show. The same facts for every audience: cover, order and clauses differ. */
#include "report/html.h"
#include "report/subject.h"

#include <stdlib.h>
#include <string.h>

static const struct html_part parts[HTML_PARTS] = {
    {"scope", "Scope and exclusions", html_scope},
    {"device", "Device", html_device},
    {"method", "Method and tool", html_method},
    {"criteria", "Criteria", html_criteria},
    {"findings", "Findings", html_findings},
    {"suspicions", "Unconfirmed suspicions", html_suspicions},
    {"coverage", "Coverage", html_coverage},
    {"oracles", "Oracles", html_oracles},
    {"course", "Course of the run", html_course},
    {"evidence", "Evidence", html_evidence},
    {"trace", "Traceability", html_trace},
    {"deviations", "Deviations, and what is open", html_deviations},
    {"tester", "Tester, independence and validation of the tool", html_tester},
    {"clauses", "Clauses that the results support", html_clauses},
    {"limits", "Limits of this report", html_limits},
    {"signature", "Signatures", html_signature},
};

/* Reviewers of a submission follow the guidance: scope, threats, tests, findings; those
 * of a technical file begin with the device and the protocol; a buyer asks what was found
 * and who says so. */
static const char *const orders[][HTML_PARTS] = {
    [REPORT_ENGINEER] = {"scope", "criteria", "findings", "suspicions", "coverage",
                         "oracles", "course", "evidence", "device", "method", "trace",
                         "deviations", "tester", "clauses", "limits", "signature"},
    [REPORT_FDA] = {"scope", "trace", "device", "method", "tester", "criteria",
                    "findings", "coverage", "oracles", "suspicions", "deviations",
                    "course", "evidence", "clauses", "limits", "signature"},
    [REPORT_MDR] = {"device", "scope", "method", "criteria", "coverage", "oracles",
                    "findings", "trace", "suspicions", "deviations", "tester", "course",
                    "evidence", "clauses", "limits", "signature"},
    [REPORT_PROCUREMENT] = {"findings", "criteria", "scope", "limits", "deviations",
                            "tester", "device", "method", "coverage", "oracles", "trace",
                            "suspicions", "course", "evidence", "clauses", "signature"},
};

static const struct html_part *part(const char *id)
{
    for (size_t i = 0; i < HTML_PARTS; i++)
        if (strcmp(parts[i].id, id) == 0)
            return &parts[i];
    return NULL;
}

void html_order(enum report_audience audience,
                const struct html_part *order[HTML_PARTS + 1])
{
    for (size_t i = 0; i < HTML_PARTS; i++)
        order[i] = part(orders[audience][i]);
    order[HTML_PARTS] = NULL;
}

static void write_head(const struct html *html)
{
    int64_t last = subject_last_ns(html->subject);
    char campaign[400], text[40];

    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
          "<meta http-equiv=\"Content-Security-Policy\" "
          "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n<title>",
          html->out);
    html_text(html, html->subject->assessment ? html->subject->assessment->title
                                              : figures_fact(html->run, "campaign_name",
                                                             campaign, sizeof campaign));
    fputs(" – device protocol test report</title>\n", html->out);
    if (last)
        fprintf(html->out, "<meta name=\"dcterms.created\" content=\"%s\"/>\n",
                figures_time(last, text, sizeof text));
    fprintf(html->out,
            "<style>%s%s</style>\n</head>\n"
            "<body>\n<main>\n",
            html_style, html_style_print);
}

static int write_parts(const struct html *html)
{
    const struct html_part *order[HTML_PARTS + 1];

    html_order(html->audience, order);
    for (size_t i = 0; order[i]; i++) {
        html_section(html, order[i]->id, order[i]->heading);
        if (order[i]->write(html))
            return -1;
        html_section_end(html);
    }
    return 0;
}

static struct figures *read_figures(const struct report_subject *subject,
                                    struct error *error)
{
    struct figures *figures = calloc(subject->run_count + 1, sizeof *figures);

    if (!figures) {
        error_set(error, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < subject->run_count; i++)
        if (figures_read(&subject->runs[i], &figures[i], error)) {
            free(figures);
            return NULL;
        }
    return figures;
}

static int write(const struct report_subject *subject,
                 const struct report_options *options, FILE *out, struct error *error)
{
    struct figures *figures = read_figures(subject, error);
    struct html html = {.out = out,
                        .subject = subject,
                        .audience = options->audience,
                        .whole =
                            subject->assessment
                                ? (struct run_view){.store = subject->assessment->store}
                                : subject->runs[0],
                        .figures = figures,
                        .error = error};
    int status = -1;

    html.run = &html.whole;
    html.exit = subject_exit(subject, &html.verdict);
    if (figures) {
        criteria_hold_runs(html.whole.store);
        write_head(&html);
        if (html_cover(&html) == 0 && write_parts(&html) == 0)
            status = 0;
        criteria_release_runs(html.whole.store);
        fputs("</main>\n</body>\n</html>\n", out);
    }
    free(figures);
    return status;
}

const struct report_ops report_html = {
    .name = "html",
    .summary = "one self-contained page, fit for printing",
    .file = "report.html",
    .can = REPORT_OF_RUN | REPORT_OF_ASSESSMENT | REPORT_HAS_AUDIENCES,
    .write = write,
};
