/* Oracles, course of the run and evidence of the HTML report. */
#include "report/html.h"

static int write_oracles(const struct html *html)
{
    static const struct html_column columns[] = {
        {"Oracle", false},         {"Proof", false},
        {"What it judges", false}, {"How it was proven", false},
        {"Does not see", false},   {NULL, false}};

    return html_table(
        html, columns,
        "SELECT name || iif(hard, ' (hard)', ' (soft)'), proof, summary, proof_text, "
        "blind_to FROM oracle ORDER BY proof = 'blind' DESC, hard DESC, name",
        "Not recorded.");
}

int html_oracles(const struct html *html)
{
    html_paragraph(
        html,
        "Before the first case the device at hand was made to fail on purpose, where that is "
        "possible. An oracle that then saw nothing is called blind here: its silence during "
        "the run says nothing.");
    return html_each_run(html, write_oracles);
}

/* What brings the device back, and how that is proven. */
static int write_ladder(const struct html *html)
{
    struct rows rows =
        rows_of(html->run, "SELECT value FROM run WHERE key = 'canary_way'");

    html_paragraph(
        html, "The device is brought back by the cheapest step that it has, and where "
              "that does not help by the next one: warm, restore, restart, power. After "
              "each the canary has to be answered, and where the device shows its code, "
              "by the same way as at the start.");
    html_facts(html);
    html_fact(html, "Steps that this device has", "device_resets");
    if (rows_next(&rows))
        html_pair(html, "The canary's way", rows_text(&rows, 0));
    html_facts_end(html);
    return rows_close(&rows, html->error);
}

/* Every reset by step and reason, those of replays and proofs included. Nothing of a
 * store that does not have them. */
static int write_resets(const struct html *html)
{
    static const struct html_column columns[] = {
        {"Step", false},       {"Why", false},   {"Times", true}, {"Came of it", false},
        {"Slowest (s)", true}, {"Cases", false}, {NULL, false}};
    struct rows rows =
        rows_of(html->run, "SELECT 1 FROM run WHERE key = 'resets' AND value <> '[]'");
    bool any = rows_next(&rows);

    if (rows_close(&rows, html->error) < 0)
        return -1;
    if (!any)
        return 0;
    html_heading(html, "Resets");
    if (write_ladder(html) < 0)
        return -1;
    return html_table(
        html, columns,
        "SELECT r.value->>'step', CASE r.value->>'why' WHEN 'fault' THEN 'what a case did' "
        "WHEN 'blind' THEN 'it could not be observed' WHEN 'epoch' THEN 'a new epoch' "
        "WHEN 'confirm' THEN 'suspicions were confirmed' WHEN 'replay' THEN 'a replay' "
        "WHEN 'proof' THEN 'the proof of an oracle' ELSE r.value->>'why' END, "
        "r.value->>'times', iif(r.value->>'back', 'came back' || iif(r.value->>'words' <> '', ', but ', ''), '') || (r.value->>'words'), "
        "printf('%.2f', (r.value->>'slowest_us') / 1e6), iif(r.value->>'first_case' = "
        "r.value->>'last_case', 'after ' || (r.value->>'first_case'), 'after ' || "
        "(r.value->>'first_case') || ' – ' || (r.value->>'last_case')) FROM run, "
        "json_each(run.value) r WHERE run.key = 'resets' ORDER BY r.value->>'back', "
        "r.value->>'times' DESC, r.key",
        "");
}

static int write_course(const struct html *html)
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

    if (html_table(
            html, sittings,
            "SELECT id, strftime('%Y-%m-%dT%H:%M:%SZ', started_ns / 1000000000, "
            "'unixepoch'), coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', ended_ns / 1000000000, "
            "'unixepoch'), 'was killed'), coalesce(reason, '') FROM sitting ORDER BY id",
            "Not recorded."))
        return -1;
    if (html_plot_progress(html) || html_plot_latency(html))
        return -1;
    html_heading(html, "Recoveries");
    if (html_table(
            html, recoveries,
            "SELECT after_case, reason, reset, coalesce(printf('%.2f', recovery_us / 1e6), "
            "'did not come back'), CASE state_equal WHEN 1 THEN 'as before' "
            "WHEN 0 THEN 'changed' ELSE 'not read' END FROM recovery ORDER BY id",
            "The device never had to be brought back.") ||
        write_resets(html))
        return -1;
    html_heading(html, "Epochs");
    html_paragraph(html,
                   "Cases run in epochs that start from a verified reset. One that was "
                   "interrupted is repeated whole, and both attempts are kept.");
    if (html_table(
            html, epochs,
            "SELECT id, sitting, first_case || ' – ' || coalesce(last_case, 'open'), reset, "
            "printf('%.2f', recovery_us / 1e6), CASE WHEN repeats IS NOT NULL THEN "
            "'repeats epoch ' || repeats ELSE '' END || CASE WHEN EXISTS (SELECT 1 FROM "
            "epoch r WHERE r.repeats = e.id) THEN ' interrupted, repeated later' WHEN NOT "
            "closed THEN ' interrupted' ELSE '' END FROM epoch e ORDER BY id",
            "Not recorded."))
        return -1;
    return 0;
}

int html_course(const struct html *html)
{
    return html_each_run(html, write_course);
}

static int write_evidence(const struct html *html)
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

    if (html_table(html, captures,
                   "SELECT file, kind, packets, bytes, dropped, note FROM capture "
                   "ORDER BY kind DESC, file",
                   "No capture."))
        return -1;
    html_heading(html, "Independent capture against the send log");
    if (html_table(html, checks,
                   "SELECT connection, iif(sent_equal, 'equal', 'unequal'), "
                   "iif(received_equal, 'equal', 'unequal'), note FROM capture_check "
                   "ORDER BY sent_equal AND received_equal, connection",
                   "Not compared."))
        return -1;
    html_heading(html, "Digests of what was sent");
    html_facts(html);
    html_fact(html, "Merkle root", "merkle_root");
    html_facts_end(html);
    if (html_table(html, digests,
                   "SELECT block, cases, sha256 FROM digest ORDER BY block",
                   "Not recorded."))
        return -1;
    return 0;
}

int html_evidence(const struct html *html)
{
    html_paragraph(html,
                   "The send log is written by the harness before the link sends; the "
                   "independent capture comes from the network interface.");
    return html_each_run(html, write_evidence);
}
