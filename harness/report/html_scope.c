/* Scope, method and criteria of the HTML report. */
#include "report/html.h"
#include "report/rows.h"

#include <stdlib.h>
#include <string.h>

static void write_time(const struct html *html, const char *name, const char *sql)
{
    struct rows rows = rows_of(html->run, sql);
    char text[40];

    figures_time(rows_next(&rows) ? rows_integer(&rows, 0) : 0, text, sizeof text);
    rows_close(&rows, NULL);
    fprintf(html->out, "<dt>%s</dt><dd>", name);
    html_text(html, text);
    fputs("</dd>\n", html->out);
}

static void write_facts(const struct html *html, const char *const facts[][2])
{
    for (size_t i = 0; facts[i][0]; i++)
        html_fact(html, facts[i][0], facts[i][1]);
}

int html_scope(const struct html *html)
{
    static const char *const scope[][2] = {{"Device", "device"},
                                           {"Interface", "interface"},
                                           {"Link", "link"},
                                           {"Link carries", "link_carries"},
                                           {"Authorised by", "authorised_by"},
                                           {"Scope", "scope"},
                                           {"Host", "host"},
                                           {"Clock", "clock"},
                                           {NULL, NULL}};
    static const char *const method[][2] = {
        {"Tool", "tool_version"},
        {"Campaign", "campaign_name"},
        {"Campaign file", "campaign_file"},
        {"Campaign SHA-256", "campaign_hash"},
        {"Model", "model_id"},
        {"Model SHA-256", "model_hash"},
        {"Session SHA-256", "session_hash"},
        {"Plan SHA-256", "plan_hash"},
        {"Engine", "engine"},
        {"Criteria SHA-256", "criteria_hash"},
        {"Enumerated cases of the plan", "plan_cases"},
        {"Case numbers asked for", "case_ranges"},
        {"Selected of them", "selection"},
        {"Seed", "seed"},
        {"Error rate α for confirmation", "alpha"},
        {NULL, NULL}};

    html_section(html, "scope", "Scope and method");
    fputs("<dl>\n", html->out);
    write_facts(html, scope);
    write_time(html, "Started", "SELECT min(started_ns) FROM sitting");
    write_time(html, "Ended", "SELECT max(ended_ns) FROM sitting");
    fputs(
        "</dl>\n<h3>Method</h3>\n<p>Numbered cases are derived from a message grammar and a "
        "session of valid exchanges; each case is a pure function of the plan and its number, "
        "so that it can be sent again. Before a case is sent its bytes are held against the "
        "session's rules, which gives the expected outcome. Oracles judge what the device did. "
        "What a hard oracle saw (a fault, an exit, a reset) is a finding at once. What a "
        "soft oracle suspects is replayed after a reset, against a control that sends only "
        "valid traffic; it becomes a finding when the difference is significant.</p>\n"
        "<p>The guided engine, where it is the run's, makes its cases by changing inputs that reached "
        "something new: an edge of the device's code, or a kind of reply to a message in a state "
        "of the session. They are none of the plan, and are told apart by the hash of their "
        "bytes.</p>\n<dl>\n",
        html->out);
    write_facts(html, method);
    fputs("</dl>\n", html->out);
    html_section_end(html);
    return 0;
}

/* One line of the stored clauses: framework, clause, edition, verification, verified_on.
 */
static void write_clause(const struct html *html, char *line)
{
    const char *fields[5] = {"", "", "", "", ""};

    for (size_t i = 0; i < 5 && line; i++)
        fields[i] = strsep(&line, "\t");
    fputs("<li>supports ", html->out);
    html_text(html, fields[0]);
    fputs(", ", html->out);
    html_text(html, fields[1]);
    fputs(" <span class=\"soft\">(edition: ", html->out);
    html_text(html, fields[2]);
    if (strcmp(fields[3], "V") == 0)
        fputs("; primary text read", html->out);
    else if (strcmp(fields[3], "V title") == 0)
        fputs("; title read only, check against your licensed copy", html->out);
    else
        fputs("; secondary source, check against your licensed copy", html->out);
    if (fields[4][0]) {
        fputs(", ", html->out);
        html_text(html, fields[4]);
    }
    fputs(")</span></li>\n", html->out);
}

static void write_lines(const struct html *html, const char *id, const char *name,
                        const char *heading,
                        void (*write)(const struct html *html, char *line))
{
    char key[100], text[8000];
    char *at = text, *line;

    snprintf(key, sizeof key, "criterion.%s.%s", id, name);
    if (store_get(html->run->store, key, text, sizeof text) || !text[0])
        return;
    fprintf(html->out, "<h3>%s</h3>\n<ul>\n", heading);
    while ((line = strsep(&at, "\n"))) {
        if (*line)
            write(html, line);
    }
    fputs("</ul>\n", html->out);
}

static void write_hazard(const struct html *html, char *line)
{
    fputs("<li>", html->out);
    html_text(html, line);
    fputs("</li>\n", html->out);
}

static void write_limit(const struct html *html, struct rows *rows)
{
    char key[100], comparison[8], text[120];

    snprintf(key, sizeof key, "criterion.%s.comparison", rows_text(rows, 0));
    if (store_get(html->run->store, key, comparison, sizeof comparison))
        comparison[0] = '\0';
    fputs("<dt>Measured</dt><dd>", html->out);
    if (rows_is_null(rows, 4))
        snprintf(text, sizeof text, "nothing");
    else
        snprintf(text, sizeof text, "%.6g %.60s", rows_real(rows, 4), rows_text(rows, 6));
    html_text(html, text);
    fputs("</dd>\n<dt>Limit</dt><dd>", html->out);
    snprintf(text, sizeof text, "%s %.6g %.60s", comparison, rows_real(rows, 5),
             rows_text(rows, 6));
    html_text(html, text);
    fputs("</dd>\n", html->out);
}

static void write_criterion(const struct html *html, struct rows *rows)
{
    fputs("<article class=\"criterion\">\n<h3>", html->out);
    html_text(html, rows_text(rows, 0));
    fputs(" · ", html->out);
    html_text(html, rows_text(rows, 1));
    fputs(" — ", html->out);
    html_verdict(html, rows_text(rows, 3));
    fputs("</h3>\n<p>", html->out);
    html_text(html, rows_text(rows, 8));
    fputs("</p>\n<dl>\n<dt>Phase</dt><dd>", html->out);
    html_text(html, rows_text(rows, 2));
    fputs("</dd>\n", html->out);
    write_limit(html, rows);
    fputs("<dt>Why this verdict</dt><dd>", html->out);
    html_text(html, rows_text(rows, 9));
    fputs("</dd>\n", html->out);
    if (rows_text(rows, 7)[0]) {
        fputs("<dt>Rationale of the campaign</dt><dd>", html->out);
        html_text(html, rows_text(rows, 7));
        fputs("</dd>\n", html->out);
    }
    fputs("</dl>\n", html->out);
    write_lines(html, rows_text(rows, 0), "clauses", "Clauses", write_clause);
    write_lines(html, rows_text(rows, 0), "hazards", "Hazards it guards", write_hazard);
    fputs("</article>\n", html->out);
}

int html_criteria(const struct html *html)
{
    static const struct html_column columns[] = {
        {"Id", false},      {"Title", false}, {"Phase", false}, {"Verdict", false},
        {"Measured", true}, {"Limit", true},  {"Unit", false},  {NULL, false}};
    static const char order[] =
        "SELECT id, title, phase, verdict, measured, limit_value, unit, "
        "rationale, sentence, explanation FROM criterion "
        "ORDER BY phase = 'run' DESC, phase, id";
    struct rows rows;

    html_section(html, "criteria", "Criteria");
    fputs(
        "<p>All limits are the project's defaults unless a rationale of the campaign stands "
        "beside them. A clause that is named is <em>supported</em> by the result; nothing here "
        "claims that it is complied with.</p>\n",
        html->out);
    if (html_table(
            html, columns,
            "SELECT id, title, phase, verdict, coalesce(printf('%.6g', measured), '–'), "
            "printf('%.6g', limit_value), unit FROM criterion "
            "ORDER BY phase = 'run' DESC, phase, id",
            "No criterion was judged, so the run is inconclusive."))
        return -1;
    rows = rows_of(html->run, order);
    while (rows_next(&rows))
        write_criterion(html, &rows);
    html_section_end(html);
    return rows_close(&rows, html->error);
}
