/* Criteria and the clauses that they support, of the HTML report. */
#include "report/html.h"
#include "report/rows.h"

#include <stdlib.h>
#include <string.h>

/* --- criteria ----------------------------------------------------------------------- */

enum column {
    ID,
    TITLE,
    PHASE,
    VERDICT,
    MEASURED,
    LIMIT,
    UNIT,
    RATIONALE,
    SENTENCE,
    WHY,
    COMPARISON,
    HAZARDS
};

static const char criteria_sql[] =
    "SELECT id, title, phase, verdict, measured, limit_value, unit, rationale, sentence, "
    "explanation, coalesce((SELECT value FROM run WHERE key = 'criterion.' || id || "
    "'.comparison'), ''), coalesce((SELECT value FROM run WHERE key = 'criterion.' || id || "
    "'.hazards'), '') FROM criterion ORDER BY phase = 'run' DESC, phase, id";

static void write_cell(const struct html *html, struct rows *rows, const char *name,
                       const char *text, bool numeric)
{
    char figure[120];

    snprintf(figure, sizeof figure, "%.60s.%s", rows_text(rows, ID), name);
    fputs(numeric ? "<td class=\"n\">" : "<td>", html->out);
    html_figure(html, figure, text);
    fputs("</td>", html->out);
}

static const char *measured_text(struct rows *rows, char *text, size_t size)
{
    if (rows_is_null(rows, MEASURED))
        snprintf(text, size, "nothing");
    else
        snprintf(text, size, "%.6g", rows_real(rows, MEASURED));
    return text;
}

static void write_row(const struct html *html, struct rows *rows)
{
    char text[120];

    fputs("<tr><td>", html->out);
    html_text(html, rows_text(rows, ID));
    fputs("</td><td>", html->out);
    html_text(html, rows_text(rows, TITLE));
    fputs("</td><td>", html->out);
    html_text(html, rows_text(rows, PHASE));
    fputs("</td><td>", html->out);
    html_verdict(html, rows_text(rows, VERDICT));
    fputs("</td>", html->out);
    write_cell(html, rows, "measured", measured_text(rows, text, sizeof text), true);
    snprintf(text, sizeof text, "%s %.6g", rows_text(rows, COMPARISON),
             rows_real(rows, LIMIT));
    write_cell(html, rows, "limit", text, true);
    fputs("<td>", html->out);
    html_text(html, rows_text(rows, UNIT));
    fputs("</td><td>", html->out);
    html_text(html, rows_text(rows, RATIONALE)[0] ? "yes" : "no");
    fputs("</td></tr>\n", html->out);
}

static int write_table(const struct html *html)
{
    struct rows rows = rows_of(html->run, criteria_sql);
    bool any = false;

    for (; rows_next(&rows); any = true) {
        if (!any)
            fputs(
                "<table>\n<thead><tr><th>Id</th><th>Title</th><th>Phase</th>"
                "<th>Verdict</th><th class=\"n\">Measured</th><th class=\"n\">Limit</th>"
                "<th>Unit</th><th>Overridden</th></tr></thead>\n<tbody>\n",
                html->out);
        write_row(html, &rows);
    }
    if (any)
        fputs("</tbody></table>\n", html->out);
    else
        html_soft(html, "No criterion was judged, which is inconclusive.");
    return rows_close(&rows, html->error);
}

static void write_detail(const struct html *html, struct rows *rows)
{
    char text[200], measured[40];

    fputs("<article class=\"criterion\">\n<h4>", html->out);
    html_text(html, rows_text(rows, ID));
    fputs(" · ", html->out);
    html_text(html, rows_text(rows, TITLE));
    fputs(" — ", html->out);
    html_verdict(html, rows_text(rows, VERDICT));
    fputs("</h4>\n", html->out);
    html_paragraph(html, rows_text(rows, SENTENCE));
    html_facts(html);
    snprintf(text, sizeof text, "%s; limit %s %.6g %.60s",
             measured_text(rows, measured, sizeof measured), rows_text(rows, COMPARISON),
             rows_real(rows, LIMIT), rows_text(rows, UNIT));
    html_pair(html, "Measured", text);
    html_pair(html, "Why this verdict", rows_text(rows, WHY));
    if (rows_text(rows, RATIONALE)[0])
        html_pair(html, "Rationale for the override", rows_text(rows, RATIONALE));
    if (rows_text(rows, HAZARDS)[0])
        html_pair(html, "Hazards that it guards", rows_text(rows, HAZARDS));
    html_facts_end(html);
    fputs("</article>\n", html->out);
}

static int write_criteria(const struct html *html)
{
    struct rows rows;

    if (write_table(html))
        return -1;
    rows = rows_of(html->run, criteria_sql);
    while (rows_next(&rows))
        write_detail(html, &rows);
    return rows_close(&rows, html->error);
}

int html_criteria(const struct html *html)
{
    html_paragraph(
        html,
        "No regulator gives a number of cases or a duration: all limits are the project's "
        "defaults, unless a rationale for another one stands beside them.");
    if (!html->subject->assessment)
        return write_criteria(html);
    html_heading(html, "Of the assessment: phases triage and release");
    if (write_criteria(html))
        return -1;
    html_heading(html, "Of the runs: all phases, each run by itself");
    return html_each_run(html, write_table);
}

/* --- clauses ------------------------------------------------------------------------ */

/* Criteria of one store that name the clause, with their verdicts: "AC-09 fail, …". */
static const char support_sql[] =
    "SELECT k.id || ' ' || k.verdict FROM criterion k JOIN run r ON r.key = 'criterion.' || "
    "k.id || '.clauses' WHERE instr(char(10) || r.value, char(10) || ?1 || char(9) || ?2 || "
    "char(9)) > 0 AND (?3 = '' OR k.phase = ?3) ORDER BY k.id";

static int write_support(const struct html *html, struct rows *clause, const char *phase,
                         const char *prefix, bool *any)
{
    struct rows rows = rows_of(html->run, support_sql);
    bool first = true;

    rows_bind(&rows, 3, phase);
    rows_bind(&rows, 1, rows_text(clause, 0));
    rows_bind(&rows, 2, rows_text(clause, 1));
    for (; rows_next(&rows); first = false) {
        fputs(first ? *any ? "; " : "" : ", ", html->out);
        if (first)
            html_text(html, prefix);
        html_text(html, rows_text(&rows, 0));
        *any = true;
    }
    return rows_close(&rows, html->error);
}

/* The assessment's own verdicts, then those of the phase `run` of its runs. */
static int write_supports(const struct html *html, struct rows *clause)
{
    struct html one = *html;
    bool any = false;

    if (write_support(html, clause, "", "", &any))
        return -1;
    for (one.index = 0; html->subject->assessment && one.index < html->subject->run_count;
         one.index++) {
        char prefix[300];

        one.run = &html->subject->runs[one.index];
        snprintf(prefix, sizeof prefix,
                 "%.250s: ", html->subject->assessment->runs[one.index].folder);
        if (write_support(&one, clause, "run", prefix, &any))
            return -1;
    }
    if (!any)
        fputs("–", html->out);
    return 0;
}

static int write_clause(const struct html *html, struct rows *rows)
{
    fputs("<tr>", html->out);
    for (int i = 0; i < 3; i++) {
        fputs("<td>", html->out);
        html_text(html, rows_text(rows, i));
        fputs("</td>", html->out);
    }
    fputs("<td>", html->out);
    html_text(html, rows_text(rows, 3));
    fputs("</td><td>", html->out);
    if (write_supports(html, rows))
        return -1;
    fputs("</td><td>", html->out);
    html_text(html, rows_text(rows, 4));
    fputs("</td></tr>\n", html->out);
    return 0;
}

/* `where`: of which pack. */
static int write_pack(const struct html *html, const char *pack, const char *when_empty)
{
    struct rows rows = rows_of(
        html->run,
        "SELECT framework, clause, paraphrase, edition || iif(verification = 'V', '; V: "
        "primary text read, ', '; S: secondary source, check against your licensed copy, ') "
        "|| verified_on, trim(replace(trim(records), ' ', ', ')) FROM clause WHERE pack = ?1 "
        "AND (readers = '' OR ?2 = 'engineer' OR instr(readers, ' ' || ?2 || ' ') > 0) "
        "ORDER BY framework, id");
    int status = 0;
    bool any = false;

    rows_bind(&rows, 1, pack);
    rows_bind(&rows, 2, report_audiences[html->audience]);
    for (; status == 0 && rows_next(&rows); any = true) {
        if (!any)
            fputs(
                "<table class=\"clauses\">\n<thead><tr><th>Framework</th><th>Clause</th>"
                "<th>What it asks, in our words</th><th>Edition; mark</th><th>Supported by "
                "criteria</th><th>and by records</th></tr></thead>\n<tbody>\n",
                html->out);
        status = write_clause(html, &rows);
    }
    if (any)
        fputs("</tbody></table>\n", html->out);
    else
        html_soft(html, when_empty);
    return rows_close(&rows, html->error) < 0 ? -1 : status;
}

int html_clauses(const struct html *html)
{
    html_paragraph(
        html,
        "A clause that is named here is supported by the results beside it; whether it is "
        "met is for its reader to judge. V: the primary text was read on the date. S: only a "
        "secondary source was; check against your licensed copy.");
    if (write_pack(html, "device", "No clauses are recorded."))
        return -1;
    if (html->audience != REPORT_PROCUREMENT)
        return 0;
    html_heading(html, "Of the supplier");
    html_paragraph(html,
                   "These say something of the supplier's organisation. They are no "
                   "evidence about the device.");
    return write_pack(html, "procurement", "None.");
}
