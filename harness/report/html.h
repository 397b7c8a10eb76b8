/* The parts of the HTML report and what they are written with. One report, one thread. */
#ifndef PERCUSS_REPORT_HTML_H
#define PERCUSS_REPORT_HTML_H

#include "report/figures.h"
#include "report/rows.h"

struct html {
    FILE *out;
    const struct report_subject *subject;
    enum report_audience audience;
    struct run_view whole;         /* the assessment's store, or that of the one run */
    const struct run_view *run;    /* what is asked: the whole, or one of its runs */
    const struct figures *figures; /* a run each; of html->run: figures[index] */
    size_t index;                  /* which run is asked */
    bool nested;                   /* below a run's heading */
    const char *verdict;           /* of the whole, and its exit code */
    int exit;
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
void html_heading(const struct html *html, const char *text); /* below a section's */
void html_paragraph(const struct html *html, const char *text);
void html_soft(const struct html *html,
               const char *text); /* a paragraph beside the point */
/* A figure, marked with its name, so that presentations can be compared; the run's number
 * is put before the name of what belongs to a run. */
void html_figure(const struct html *html, const char *name, const char *text);
void html_count(const struct html *html, const char *name, int64_t value);
void html_verdict(const struct html *html, const char *verdict); /* a coloured word */
/* A list of names and texts: opened, filled by the next three, closed. */
void html_facts(const struct html *html);
void html_facts_end(const struct html *html);
void html_pair(const struct html *html, const char *name, const char *text);
void html_fact(const struct html *html, const char *name, const char *key);
/* What the query's first row says, else "not stated". */
void html_stated(const struct html *html, const char *name, const char *sql);
/* A table made by a query with one column for each of `columns` (ends with {NULL}), at
 * most HTML_ROWS rows and a line that tells how many more the store holds. Cells that are
 * verdicts are coloured. `when_empty` stands instead of a table without rows. */
int html_table(const struct html *html, const struct html_column *columns,
               const char *sql, const char *when_empty);
/* The same of rows that were asked elsewhere, nothing where there are none; how many. */
size_t html_rows(const struct html *html, const struct html_column *columns,
                 struct rows *rows);
/* Writes something of each run, below its heading where there are several. */
int html_each_run(const struct html *html, int (*write)(const struct html *html));

extern const char html_style[], html_style_print[];

/* Where the first page ends: what the report is, what came out, what is missing. */
int html_cover(const struct html *html);

/* What all presentations show, in an order of their own (html.c). 0, or -1 and
 * *html->error. */
int html_scope(const struct html *html);
int html_device(const struct html *html);
int html_method(const struct html *html);
int html_criteria(const struct html *html);
int html_findings(const struct html *html);
int html_suspicions(const struct html *html);
int html_coverage(const struct html *html);
int html_oracles(const struct html *html);
int html_course(const struct html *html);
int html_evidence(const struct html *html);
int html_trace(const struct html *html);
int html_deviations(const struct html *html);
int html_tester(const struct html *html);
int html_limits(const struct html *html);
int html_signature(const struct html *html);
/* The only one that is another for each audience. */
int html_clauses(const struct html *html);

/* Plots of html->run: SVG without script (html_plot.c has what they are drawn with). */
int html_heat_map(const struct html *html);
int html_plot_progress(const struct html *html);
int html_plot_growth(const struct html *html);
int html_plot_latency(const struct html *html);

struct html_part {
    const char *id, *heading;
    int (*write)(const struct html *html);
};
/* Their order for an audience; ends with {NULL}. */
enum { HTML_PARTS = 16 };
void html_order(enum report_audience audience,
                const struct html_part *order[HTML_PARTS + 1]);

#endif
