/* Coverage, oracles, course of the run, evidence and limits of the HTML report. */
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

    fputs(
        "<h3>Skipped, as they would hit a finding again</h3>\n<p>One finding that keeps "
        "costing a restored device is no reason to test nothing else. These cases were not "
        "sent and count as tested nowhere.</p>\n",
        html->out);
    return html_table(html, columns, figures_skipped, "Nothing was skipped.");
}

static int write_reached(const struct html *html)
{
    static const struct html_column reached[] = {
        {"What", false}, {"Reached", false}, {NULL, false}};
    static const struct html_column growth[] = {{"Behind case", true}, {"Edges", true},
                                                {"Blocks", true},      {"Features", true},
                                                {"Inputs", true},      {NULL, false}};

    fputs("<h3>Reached by the guided engine</h3>\n", html->out);
    if (html_table(html, reached, figures_reached, "Nothing was kept."))
        return -1;
    fputs("<h3>Growth</h3>\n", html->out);
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

    fputs("<h3>Not sent</h3>\n", html->out);
    if (html_table(
            html, missing,
            "SELECT kind, name, planned, why FROM coverage WHERE planned > 0 AND sent <= 0 "
            "ORDER BY kind, name",
            "Nothing is missing among what was recorded."))
        return -1;
    fputs("<h3>Impossible</h3>\n", html->out);
    if (html_table(html, impossible,
                   "SELECT kind, name, why FROM coverage WHERE planned <= 0 "
                   "ORDER BY kind, name",
                   "Every item can be touched."))
        return -1;
    fputs("<h3>States, messages and fields</h3>\n", html->out);
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

    fputs("<h3>Expected and observed</h3>\n", html->out);
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

int html_coverage(const struct html *html)
{
    static const struct html_column kinds[] = {
        {"What", false},    {"In the plan", true}, {"Sent", true},
        {"Not sent", true}, {"Impossible", true},  {NULL, false}};

    html_section(html, "coverage", "Coverage");
    fputs(
        "<p>What the plan can touch and what was really sent: the session's states, the "
        "transitions that lead to them, messages in states (their own and others), messages, "
        "fields and the boundaries of fields. Items that no case can touch do not count and "
        "are listed with the reason.</p>\n",
        html->out);
    if ((figures_is_guided(html->run) && write_reached(html)) ||
        html_table(html, kinds,
                   "SELECT kind, sum(planned > 0), sum(planned > 0 AND sent > 0), "
                   "sum(planned > 0 AND sent <= 0), sum(planned <= 0) FROM coverage "
                   "GROUP BY kind ORDER BY kind",
                   "Not recorded."))
        return -1;
    if (write_items(html) || write_outcomes(html))
        return -1;
    fputs("<h3>Kept off the wire</h3>\n", html->out);
    if (write_excluded(html) || write_skipped(html))
        return -1;
    html_section_end(html);
    return 0;
}

int html_oracles(const struct html *html)
{
    static const struct html_column columns[] = {
        {"Oracle", false},         {"Proof", false},
        {"What it judges", false}, {"How it was proven", false},
        {"Does not see", false},   {NULL, false}};

    html_section(html, "oracles", "Oracles");
    fputs(
        "<p>Before the first case the device at hand was made to fail on purpose, where that is "
        "possible. An oracle that then saw nothing is <em>blind</em> here: its silence during "
        "the run says nothing.</p>\n",
        html->out);
    if (html_table(
            html, columns,
            "SELECT name || iif(hard, ' (hard)', ' (soft)'), proof, summary, proof_text, "
            "blind_to FROM oracle ORDER BY proof = 'blind' DESC, hard DESC, name",
            "Not recorded."))
        return -1;
    html_section_end(html);
    return 0;
}

int html_course(const struct html *html)
{
    static const struct html_column sittings[] = {{"Sitting", true},
                                                  {"Started", false},
                                                  {"Ended", false},
                                                  {"Why", false},
                                                  {NULL, false}};
    static const struct html_column recoveries[] = {
        {"After case", true}, {"Reason", false},        {"Reset", false},
        {"Seconds", true},    {"Configuration", false}, {NULL, false}};
    static const struct html_column epochs[] = {
        {"Epoch", true},           {"Sitting", true}, {"Cases", false}, {"Reset", false},
        {"Ready after (s)", true}, {"Note", false},   {NULL, false}};

    html_section(html, "course", "Course of the run");
    if (html_table(
            html, sittings,
            "SELECT id, strftime('%Y-%m-%dT%H:%M:%SZ', started_ns / 1000000000, "
            "'unixepoch'), coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', ended_ns / 1000000000, "
            "'unixepoch'), 'was killed'), coalesce(reason, '') FROM sitting ORDER BY id",
            "Not recorded."))
        return -1;
    fputs("<h3>Recoveries</h3>\n", html->out);
    if (html_table(
            html, recoveries,
            "SELECT after_case, reason, reset, coalesce(printf('%.2f', recovery_us / 1e6), "
            "'did not come back'), CASE state_equal WHEN 1 THEN 'as before' "
            "WHEN 0 THEN 'changed' ELSE 'not read' END FROM recovery ORDER BY id",
            "The device never had to be brought back."))
        return -1;
    fputs(
        "<h3>Epochs</h3>\n<p>Cases run in epochs that start from a verified reset. One that was "
        "interrupted is repeated whole, and both attempts are kept.</p>\n",
        html->out);
    if (html_table(
            html, epochs,
            "SELECT id, sitting, first_case || ' – ' || coalesce(last_case, 'open'), reset, "
            "printf('%.2f', recovery_us / 1e6), CASE WHEN repeats IS NOT NULL THEN "
            "'repeats epoch ' || repeats ELSE '' END || CASE WHEN EXISTS (SELECT 1 FROM "
            "epoch r WHERE r.repeats = e.id) THEN ' interrupted, repeated later' WHEN NOT "
            "closed THEN ' interrupted' ELSE '' END FROM epoch e ORDER BY id",
            "Not recorded."))
        return -1;
    html_section_end(html);
    return 0;
}

int html_evidence(const struct html *html)
{
    static const struct html_column captures[] = {
        {"File", false},   {"Kind", false}, {"Packets", true}, {"Bytes", true},
        {"Dropped", true}, {"Note", false}, {NULL, false}};
    static const struct html_column checks[] = {{"Connection", false},
                                                {"Sent", false},
                                                {"Received", false},
                                                {"Note", false},
                                                {NULL, false}};
    static const struct html_column digests[] = {
        {"Block of 1024", true}, {"Cases", true}, {"SHA-256", false}, {NULL, false}};

    html_section(html, "evidence", "Evidence");
    fputs(
        "<p>The send log is written by the harness before the link sends; the independent "
        "capture comes from the network interface.</p>\n",
        html->out);
    if (html_table(html, captures,
                   "SELECT file, kind, packets, bytes, dropped, note FROM capture "
                   "ORDER BY kind DESC, file",
                   "No capture."))
        return -1;
    fputs("<h3>Independent capture against the send log</h3>\n", html->out);
    if (html_table(html, checks,
                   "SELECT connection, iif(sent_equal, 'equal', 'unequal'), "
                   "iif(received_equal, 'equal', 'unequal'), note FROM capture_check "
                   "ORDER BY sent_equal AND received_equal, connection",
                   "Not compared."))
        return -1;
    fputs("<h3>Digests of what was sent</h3>\n<dl>\n", html->out);
    html_fact(html, "Merkle root", "merkle_root");
    fputs("</dl>\n", html->out);
    if (html_table(html, digests,
                   "SELECT block, cases, sha256 FROM digest ORDER BY block",
                   "Not recorded."))
        return -1;
    html_section_end(html);
    return 0;
}

int html_limits(const struct html *html)
{
    static const struct html_column columns[] = {{"Open in this run", false},
                                                 {NULL, false}};

    html_section(html, "limits", "Limits of this report");
    fputs(
        "<ul>\n<li>This is not a penetration test. It exercises one interface with generated "
        "traffic; nobody tried to exploit what was found or to combine it.</li>\n"
        "<li>No finding means that these cases, watched by these oracles, showed none. It does "
        "not show that there is none.</li>\n"
        "<li>No regulator gives a number of cases or a duration: the limits of the criteria are "
        "the project's defaults, or the campaign's with its rationale.</li>\n"
        "<li>Clauses are those that a result supports. Marks tell whether the primary text was "
        "read; standards are to be checked against your licensed copy.</li>\n"
        "<li>Times come from the host's own clock, which proves no order of events to "
        "others.</li>\n</ul>\n",
        html->out);
    if (html_table(
            html, columns,
            "SELECT 'Oracle ' || name || ' is blind on this device: ' || proof_text "
            "FROM oracle WHERE proof = 'blind' "
            "UNION ALL SELECT 'Oracle ' || name || ' could not be proven on this device.' "
            "FROM oracle WHERE proof = 'not-provable' "
            "UNION ALL SELECT 'Excluded from the wire: ' || rule || ' (' || cases || "
            "' cases)' FROM excluded WHERE cases > 0 "
            "UNION ALL SELECT 'No independent capture. ' || (SELECT coalesce(max(note), '') "
            "FROM capture WHERE kind = 'independent') WHERE NOT EXISTS (SELECT 1 FROM "
            "capture WHERE kind = 'independent' AND packets > 0) "
            "UNION ALL SELECT 'The ' || kind || ' ' || file || ' misses ' || dropped || "
            "' packets.' FROM capture WHERE dropped <> 0 "
            "UNION ALL SELECT 'Sitting ' || id || ' ended with: ' || coalesce(reason, "
            "'killed') FROM sitting WHERE coalesce(reason, '') <> 'exhausted'",
            "Nothing else is open."))
        return -1;
    html_section_end(html);
    return 0;
}
