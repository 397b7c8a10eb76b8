/* Coverage of the HTML report: what the plan could touch, and what was sent. */
#include "report/html.h"

static int write_excluded(const struct html *html)
{
    static const struct html_column columns[] = {
        {"Rule", false}, {"Rationale", false}, {"Cases", true}, {NULL, false}};

    return html_table(html, columns,
                      "SELECT rule, rationale, cases FROM excluded ORDER BY rule",
                      "Nothing was excluded.");
}

static int write_skipped(const struct html *html)
{
    static const struct html_column columns[] = {
        {"Finding", false}, {"Cases", true}, {"Scope", false}, {"What", false},
        {"Hits", true},     {"From", true},  {NULL, false}};

    html_heading(html, "Skipped, as they would hit a finding again");
    html_paragraph(
        html,
        "One finding that keeps "
        "costing a restored device is no reason to test nothing else. These cases were not "
        "sent and count as tested nowhere.");
    return html_table(html, columns, figures_skipped, "Nothing was skipped.");
}

static int write_reached(const struct html *html)
{
    static const struct html_column reached[] = {
        {"What", false}, {"Reached", false}, {NULL, false}};
    static const struct html_column growth[] = {{"Behind case", true}, {"Edges", true},
                                                {"Blocks", true},      {"Features", true},
                                                {"Inputs", true},      {NULL, false}};

    html_heading(html, "Reached by the guided engine");
    if (html_table(html, reached, figures_reached, "Nothing was kept."))
        return -1;
    html_heading(html, "Growth");
    return html_table(
        html, growth,
        "WITH numbered AS (SELECT *, row_number() OVER (ORDER BY sitting, after_case) AS "
        "place, count(*) OVER () AS places FROM growth) SELECT after_case, coalesce(edges, "
        "'–'), coalesce(blocks, '–'), features, corpus FROM numbered "
        "WHERE place = places OR place * 40 / places <> (place - 1) * 40 / places "
        "ORDER BY place",
        "Nothing was kept.");
}

/* What the plan can touch: sent, missing, impossible. */
static int write_items(const struct html *html)
{
    static const struct html_column impossible[] = {
        {"What", false}, {"Name", false}, {"Why", false}, {NULL, false}};
    static const struct html_column missing[] = {{"What", false},
                                                 {"Name", false},
                                                 {"Planned cases", true},
                                                 {"Why", false},
                                                 {NULL, false}};
    static const struct html_column items[] = {{"What", false},
                                               {"Name", false},
                                               {"Planned cases", true},
                                               {"Sent cases", true},
                                               {NULL, false}};

    html_heading(html, "Not sent");
    if (html_table(
            html, missing,
            "SELECT kind, name, planned, why FROM coverage WHERE planned > 0 AND sent <= 0 "
            "ORDER BY kind, name",
            "Nothing is missing among what was recorded."))
        return -1;
    html_heading(html, "Impossible");
    if (html_table(html, impossible,
                   "SELECT kind, name, why FROM coverage WHERE planned <= 0 "
                   "ORDER BY kind, name",
                   "Every item can be touched."))
        return -1;
    html_heading(html, "States, messages and fields");
    return html_table(
        html, items,
        "SELECT kind, name, planned, sent FROM coverage WHERE kind <> 'boundary' "
        "ORDER BY kind = 'field', kind, name",
        "Not recorded.");
}

static int write_outcomes(const struct html *html)
{
    static const struct html_column outcomes[] = {{"Expected", false},
                                                  {"Answer of the device", false},
                                                  {"Cases", true},
                                                  {NULL, false}};

    html_heading(html, "Expected and observed");
    return html_table(
        html, outcomes,
        "WITH latest AS (SELECT expected, outcome, verdict, max(attempt) FROM cases "
        "GROUP BY number) SELECT CASE expected WHEN 15 THEN 'anything' ELSE "
        "rtrim(iif(expected & 1, 'accept, ', '') || iif(expected & 2, 'reject, ', '') || "
        "iif(expected & 4, 'silence, ', '') || iif(expected & 8, 'close, ', ''), ', ') END, "
        "CASE outcome WHEN 1 THEN 'accepted' WHEN 2 THEN 'rejected' WHEN 4 THEN 'silence' "
        "WHEN 8 THEN 'closed' ELSE 'no answer, and no proof of silence' END, count(*) "
        "FROM latest WHERE verdict IN ('pass', 'suspect', 'finding') "
        "GROUP BY expected, outcome ORDER BY expected, outcome",
        "No case was sent.");
}

static int write_coverage(const struct html *html)
{
    static const struct html_column kinds[] = {
        {"What", false},    {"In the plan", true}, {"Sent", true},
        {"Not sent", true}, {"Impossible", true},  {NULL, false}};

    if ((figures_is_guided(html->run) && write_reached(html)) ||
        html_table(html, kinds,
                   "SELECT kind, sum(planned > 0), sum(planned > 0 AND sent > 0), "
                   "sum(planned > 0 AND sent <= 0), sum(planned <= 0) FROM coverage "
                   "GROUP BY kind ORDER BY kind",
                   "Not recorded."))
        return -1;
    if (html_heat_map(html) || html_plot_growth(html) || write_items(html) ||
        write_outcomes(html))
        return -1;
    html_heading(html, "Kept off the wire");
    if (write_excluded(html) || write_skipped(html))
        return -1;
    return 0;
}

int html_coverage(const struct html *html)
{
    html_paragraph(
        html,
        "What the plan can touch and what was really sent: the session's states, the "
        "transitions that lead to them, messages in states (their own and others), messages, "
        "fields and the boundaries of fields. Items that no case can touch do not count and "
        "are listed with the reason.");
    return html_each_run(html, write_coverage);
}
