/* The parts of the HTML report and what they are written with. One report, one thread. */
#ifndef PERCUSS_REPORT_HTML_H
#define PERCUSS_REPORT_HTML_H

#include "report/figures.h"

struct html {
    FILE *out;
    const struct run_view *run;
    struct figures figures;
    struct error *error;
};

/* A column of a table: `numeric` ones stand to the right. */
struct html_column {
    const char *heading;
    bool numeric;
};
enum { HTML_ROWS = 200 };

void html_text(const struct html *html, const char *text); /* escaped */
void html_section(const struct html *html, const char *id, const char *heading);
void html_section_end(const struct html *html);
void html_verdict(const struct html *html, const char *verdict); /* a coloured word */
void html_fact(const struct html *html, const char *name, const char *key);
/* A table made by a query with one column for each of `columns` (ends with {NULL}), at
 * most HTML_ROWS rows and a line that tells how many more the store holds. Cells that are
 * verdicts are coloured. `when_empty` stands instead of a table without rows. */
int html_table(const struct html *html, const struct html_column *columns,
               const char *sql, const char *when_empty);

extern const char html_style[];

/* The sections, in the order of the report. 0, or -1 and *html->error. */
int html_scope(const struct html *html);
int html_criteria(const struct html *html);
int html_findings(const struct html *html);
int html_suspicions(const struct html *html);
int html_coverage(const struct html *html);
int html_oracles(const struct html *html);
int html_course(const struct html *html);
int html_evidence(const struct html *html);
int html_limits(const struct html *html);

#endif
