/* What the HTML report ends with: deviations, who tested, limits, signatures. */
#include "report/html.h"

/* --- deviations --------------------------------------------------------------------- */

static const struct html_column deviation_columns[] = {
    {"What", false}, {"Why, as far as it was said", false}, {NULL, false}};

/* Of a run, and of an assessment as a whole. */
#define OF_CRITERIA                                                                        \
    "SELECT 'Limit of ' || id || ' (' || title || ') overridden: ' || "                    \
    "printf('%.6g', limit_value) || ' ' || unit, rationale FROM criterion WHERE "          \
    "rationale <> '' AND verdict <> 'not applicable' "                                     \
    "UNION ALL SELECT id || ' (' || title || ') is not applicable', iif(rationale <> '', " \
    "rationale, explanation) FROM criterion WHERE verdict = 'not applicable' "

static int write_run_deviations(const struct html *html)
{
    return html_table(
        html, deviation_columns,
        OF_CRITERIA
        "UNION ALL SELECT 'Kept off the wire: ' || rule || ', ' || cases || ' cases', "
        "rationale FROM excluded WHERE cases > 0 "
        "UNION ALL SELECT 'Oracle ' || name || ' is blind on this device', proof_text FROM "
        "oracle WHERE proof = 'blind' "
        "UNION ALL SELECT 'Oracle ' || name || ' could not be proven', proof_text FROM oracle "
        "WHERE proof = 'not-provable' "
        "UNION ALL SELECT 'No independent capture', (SELECT coalesce(max(note), '') FROM "
        "capture WHERE kind = 'independent') WHERE EXISTS (SELECT 1 FROM sitting) AND NOT "
        "EXISTS (SELECT 1 FROM capture WHERE kind = 'independent' AND packets > 0) "
        "UNION ALL SELECT 'The ' || kind || ' ' || file || ' misses ' || dropped || "
        "' packets', note FROM capture WHERE dropped <> 0 "
        "UNION ALL SELECT 'Sitting ' || id || ' ended before all cases were sent', "
        "coalesce(reason, 'killed') FROM sitting WHERE coalesce(reason, '') <> 'exhausted' "
        "UNION ALL SELECT 'Epoch ' || id || ' was interrupted', 'its cases were sent again, "
        "both attempts are kept' FROM epoch e WHERE EXISTS (SELECT 1 FROM epoch r WHERE "
        "r.repeats = e.id)",
        "None.");
}

static int write_whole_deviations(const struct html *html)
{
    return html_table(
        html, deviation_columns,
        OF_CRITERIA "UNION ALL SELECT 'Interface ' || name || ' excluded', excluded FROM "
                    "assessed_interface WHERE excluded <> ''",
        "None of the assessment as a whole.");
}

int html_deviations(const struct html *html)
{
    html_paragraph(
        html, "Where the test departs from the defaults, from the plan, or from what "
              "could be seen.");
    if (html->subject->assessment && write_whole_deviations(html))
        return -1;
    return html_each_run(html, write_run_deviations);
}

/* --- tester ------------------------------------------------------------------------- */

int html_tester(const struct html *html)
{
    static const struct html_column tools[] = {{"percuss", false}, {"On", false},
                                               {"Record", false},  {"Approved by", false},
                                               {"Date", false},    {NULL, false}};
    static const struct html_column loads[] = {
        {"Interface", false}, {"% of the maximum rate", true},
        {"Minutes", true},    {"Essential performance", false},
        {"Tool", false},      {"Record", false},
        {"By, date", false},  {NULL, false}};

    html_facts(html);
    html_stated(html, "Tester", "SELECT value FROM assessment_fact WHERE key = 'tester'");
    html_stated(html, "Organisation",
                "SELECT value FROM assessment_fact WHERE key = 'organisation'");
    html_stated(html, "Independence of the developers",
                "SELECT value FROM assessment_fact WHERE key = 'independence'");
    html_facts_end(html);
    html_heading(html, "Validation of the tool for its use");
    if (html_table(html, tools,
                   "SELECT version, host, record, by, date FROM tool_validation "
                   "ORDER BY version, host",
                   "Not stated."))
        return -1;
    html_heading(html, "Load tests");
    return html_table(
        html, loads,
        "SELECT interface, printf('%.1f', percent), printf('%.1f', minutes), "
        "iif(held, 'held', 'did not hold'), tool, record, by || ', ' || date "
        "FROM load_test ORDER BY interface, percent, id",
        "Not stated.");
}

/* --- limits ------------------------------------------------------------------------- */

int html_limits(const struct html *html)
{
    fputs(
        "<ul>\n<li>This is not a penetration test. It exercises interfaces with generated "
        "traffic; nobody tried to exploit what was found or to combine it.</li>\n"
        "<li>No finding means that these cases, watched by these oracles, showed none. It does "
        "not show that there is none.</li>\n"
        "<li>The FDA gives no number of cases and no duration of fuzz testing, nor does any "
        "other regulator: the limits of the criteria are the project's defaults, or the "
        "campaign's with its rationale.</li>\n"
        "<li>Clauses are those that a result supports. Marks tell whether the primary text was "
        "read; standards are to be checked against your licensed copy.</li>\n"
        "<li>Times come from the host's own clock, which proves no order of events to "
        "others.</li>\n</ul>\n",
        html->out);
    return 0;
}

/* --- signatures --------------------------------------------------------------------- */

/* 21 CFR 11.50: the name, the time, and what the signature means. */
int html_signature(const struct html *html)
{
    static const char *const meanings[] = {"Tested and reported by", "Reviewed by",
                                           "Approved by"};

    html_paragraph(html,
                   "To be filled in by hand, or replaced by the electronic signature of "
                   "the evidence bundle. Nothing is filled in here.");
    fputs("<table class=\"signature\">\n<thead><tr><th>Meaning</th><th>Name</th>"
          "<th>Date and time</th><th>Signature</th></tr></thead>\n<tbody>\n",
          html->out);
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        fprintf(html->out, "<tr><td>%s</td><td></td><td></td><td></td></tr>\n",
                meanings[i]);
    fputs("</tbody></table>\n", html->out);
    return 0;
}
