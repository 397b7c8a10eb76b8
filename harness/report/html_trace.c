/* Traceability of the HTML report. */
#include "report/html.h"

int html_trace(const struct html *html)
{
    static const struct html_column orphans[] = {
        {"Item", false}, {"Lacks", false}, {NULL, false}};

    html_heading(html, "What leads nowhere, or comes from nowhere");
    return html_table(html, orphans,
                      "SELECT item, lacks FROM trace_orphan ORDER BY item, lacks",
                      "Nothing.");
}
