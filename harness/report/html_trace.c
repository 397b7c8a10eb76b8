/* Traceability of the HTML report: the chains from threat to retest, and what is left
 * over. */
#include "criteria/trace.h"
#include "report/html.h"

#include <string.h>

enum { CHAINS = 300 };

/* What stands in one cell: each text on a line of its own, the first as a name. */
static const struct {
    const char *heading;
    enum trace_column columns[5];
    size_t count;
} cells[] = {
    {"Threat", {TRACE_THREAT, TRACE_THREAT_TITLE}, 2},
    {"Control, requirement",
     {TRACE_CONTROL, TRACE_CONTROL_TITLE, TRACE_REQUIREMENT, TRACE_REQUIREMENT_TITLE},
     4},
    {"Interface, cases sent", {TRACE_INTERFACE, TRACE_CASES, TRACE_SENT}, 3},
    {"Finding", {TRACE_FOUND, TRACE_FINDING_TITLE}, 2},
    {"Component",
     {TRACE_COMPONENT, TRACE_COMPONENT_NAME, TRACE_COMPONENT_VERSION,
      TRACE_END_OF_SUPPORT},
     4},
    {"Hazard, harm", {TRACE_HAZARD, TRACE_HAZARD_TITLE, TRACE_HARM, TRACE_SEVERITY}, 4},
    {"Disposition", {TRACE_DISPOSITION, TRACE_APPROVER, TRACE_DATE}, 3},
    {"Retest", {TRACE_RETEST}, 1},
};

static void write_chain(const struct html *html, const struct trace_row *row)
{
    fputs("<tr>", html->out);
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        fputs("<td>", html->out);
        for (size_t j = 0; j < cells[i].count; j++) {
            const char *text = row->text[cells[i].columns[j]];

            if (j && text && *text)
                fputs("<br/>", html->out);
            if (cells[i].columns[j] == TRACE_END_OF_SUPPORT && text && *text)
                fputs("end of support: ", html->out);
            html_text(html, text ? text : "");
        }
        fputs("</td>", html->out);
    }
    fputs("</tr>\n", html->out);
}

static int write_matrix(const struct html *html)
{
    struct trace *trace = trace_open(html->run->store, html->error);
    struct trace_row row;
    size_t count = 0;

    if (!trace)
        return -1;
    for (; trace_next(trace, &row); count++) {
        if (count == 0) {
            fputs("<table class=\"trace\">\n<thead><tr>", html->out);
            for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++)
                fprintf(html->out, "<th>%s</th>", cells[i].heading);
            fputs("</tr></thead>\n<tbody>\n", html->out);
        }
        if (count < CHAINS)
            write_chain(html, &row);
    }
    if (count)
        fputs("</tbody></table>\n", html->out);
    else
        html_soft(html,
                  "There is nothing to trace: no threats, requirements or hazards are "
                  "stated.");
    if (count > CHAINS)
        fprintf(html->out,
                "<p class=\"soft\">%zu more chains: percuss trace --csv.</p>\n",
                count - CHAINS);
    return trace_close(trace, html->error);
}

int html_trace(const struct html *html)
{
    static const struct html_column orphans[] = {
        {"Kind", false}, {"Item", false}, {"Lacks", false}, {NULL, false}};

    if (!store_integer(
            html->run->store, 0,
            "SELECT EXISTS (SELECT 1 FROM threat) OR EXISTS (SELECT 1 FROM "
            "requirement) OR EXISTS (SELECT 1 FROM hazard) OR EXISTS (SELECT 1 "
            "FROM component)",
            "")) {
        html_soft(html, "There is nothing to trace: no threats, requirements, hazards or "
                        "components are stated.");
        return 0;
    }
    html_heading(html, "From threat to retest");
    if (write_matrix(html))
        return -1;
    html_heading(html, "What leads nowhere, or comes from nowhere");
    return html_table(
        html, orphans,
        "SELECT kind, item, lacks FROM trace_orphan ORDER BY kind, item, lacks",
        "Nothing.");
}
