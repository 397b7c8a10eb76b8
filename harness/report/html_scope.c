/* Scope, device, method and tool of the HTML report. */
#include "report/html.h"
#include "report/rows.h"

static void write_facts(const struct html *html, const char *const facts[][2])
{
    for (size_t i = 0; facts[i][0]; i++)
        html_fact(html, facts[i][0], facts[i][1]);
}

/* --- scope -------------------------------------------------------------------------- */

static int write_run_scope(const struct html *html)
{
    static const char *const facts[][2] = {{"Interface", "interface"},
                                           {"Link", "link"},
                                           {"Link carries", "link_carries"},
                                           {"Authorised by", "authorised_by"},
                                           {"Scope", "scope"},
                                           {NULL, NULL}};
    char text[2000];

    html_facts(html);
    write_facts(html, facts);
    if (store_get(html->run->store, "deviations", text, sizeof text) == 0)
        html_pair(html, "Known deviations", text);
    html_stated(html, "Started",
                "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', min(started_ns) / 1000000000, "
                "'unixepoch') FROM sitting");
    html_stated(html, "Ended",
                "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', max(ended_ns) / 1000000000, "
                "'unixepoch') FROM sitting");
    html_facts_end(html);
    return 0;
}

int html_scope(const struct html *html)
{
    static const struct html_column inventory[] = {
        {"Interface", false}, {"Protocol", false},  {"Tested", false},
        {"Runs", true},       {"Cases sent", true}, {NULL, false}};
    static const struct html_column rules[] = {{"Kept off the wire by", false},
                                               {"Rationale", false},
                                               {"Cases", true},
                                               {NULL, false}};

    html_heading(html, "Interface inventory");
    if (html_table(
            html, inventory,
            "SELECT i.name, iif(i.protocol = '', 'not stated', i.protocol), CASE WHEN "
            "count(r.folder) THEN 'tested' WHEN i.excluded = '' THEN 'neither tested nor "
            "excluded' ELSE 'excluded: ' || i.excluded END, count(r.folder), "
            "coalesce(sum(r.sent), 0) FROM assessed_interface i LEFT JOIN runs r ON "
            "r.interface = i.name AND r.sent > 0 GROUP BY i.name "
            "UNION ALL SELECT interface, protocol, 'tested, and in no inventory', count(*), "
            "sum(sent) FROM runs WHERE interface NOT IN (SELECT name FROM "
            "assessed_interface) GROUP BY interface, protocol ORDER BY 1",
            "No inventory is stated, and no interface was tested."))
        return -1;
    html_heading(html,
                 html->subject->assessment ? "Scope of the runs" : "Scope of the run");
    if (html_each_run(html, write_run_scope))
        return -1;
    html_heading(html, "Exclusions");
    if (html->subject->assessment == NULL)
        return html_table(html, rules,
                          "SELECT rule, rationale, cases FROM excluded ORDER BY rule",
                          "Nothing was excluded.");
    html_soft(html, "What the runs kept off the wire is listed with their coverage.");
    return 0;
}

/* --- device ------------------------------------------------------------------------- */

static int write_run_device(const struct html *html)
{
    html_facts(html);
    html_fact(html, "What was tested", "device");
    html_fact(html, "Host that it was tested from", "host");
    html_facts_end(html);
    return 0;
}

int html_device(const struct html *html)
{
    static const struct html_column images[] = {{"SHA-256", false},
                                                {"What it is", false},
                                                {"By", false},
                                                {"Date", false},
                                                {NULL, false}};
    static const struct html_column tested[] = {
        {"Run", false},         {"Role", false},
        {"Version", false},     {"Image tested (SHA-256)", false},
        {"Which it is", false}, {NULL, false}};

    html_facts(html);
    html_stated(html, "Device", "SELECT value FROM assessment_fact WHERE key = 'device'");
    html_stated(html, "Version",
                "SELECT value FROM assessment_fact WHERE key = 'device_version'");
    html_facts_end(html);
    html_heading(html, "Released images");
    if (html_table(
            html, images,
            "SELECT sha256, iif(bridge = '', 'the release', 'stands for the release: ' "
            "|| bridge), by, date FROM release_image ORDER BY bridge, sha256",
            "No released image is stated."))
        return -1;
    html_heading(html, "What was tested");
    if (html_table(
            html, tested,
            "SELECT r.folder, r.role, coalesce(r.version, 'not stated'), coalesce(r.image, "
            "'not known'), CASE WHEN i.sha256 IS NULL THEN iif(r.version = (SELECT value FROM "
            "assessment_fact WHERE key = 'device_version'), 'the release, by its version', "
            "'not shown to be the release') WHEN i.bridge = '' THEN 'the release' ELSE 'stands "
            "for the release' END FROM runs r LEFT JOIN release_image i ON i.sha256 = r.image "
            "ORDER BY r.started_ns, r.folder",
            "Nothing."))
        return -1;
    return html_each_run(html, write_run_device);
}

/* --- method ------------------------------------------------------------------------- */

static int write_run_method(const struct html *html)
{
    static const char *const facts[][2] = {{"Tool", "tool_version"},
                                           {"Campaign", "campaign_name"},
                                           {"Campaign file", "campaign_file"},
                                           {"Campaign SHA-256", "campaign_hash"},
                                           {"Model", "model_id"},
                                           {"Model SHA-256", "model_hash"},
                                           {"Session SHA-256", "session_hash"},
                                           {"Plan SHA-256", "plan_hash"},
                                           {"Plan signed by", "plan_signed_by"},
                                           {"Engine", "engine"},
                                           {"Criteria SHA-256", "criteria_hash"},
                                           {"Enumerated cases of the plan", "plan_cases"},
                                           {"Case numbers asked for", "case_ranges"},
                                           {"Selected of them", "selection"},
                                           {"Seed", "seed"},
                                           {"Error rate α for confirmation", "alpha"},
                                           {NULL, NULL}};

    html_facts(html);
    write_facts(html, facts);
    if (store_integer(html->run->store, 0,
                      "SELECT count(*) FROM run WHERE key = 'shards'", ""))
        html_stated(
            html, "Merged of",
            "SELECT s.value || ' shards, each run by itself, whose times are added "
            "up: ' || (SELECT group_concat(printf('cases %s, root %.16s…', c.value, "
            "m.value), '; ') FROM run c JOIN run m ON m.key = replace(c.key, "
            "'case_ranges', 'merkle_root') WHERE c.key LIKE 'shard.%.case_ranges') "
            "FROM run s WHERE s.key = 'shards'");
    html_facts_end(html);
    return 0;
}

int html_method(const struct html *html)
{
    html_paragraph(
        html,
        "Numbered cases are derived from a message grammar and a session of valid exchanges; "
        "each case is a pure function of the plan and its number, so that it can be sent "
        "again. Before a case is sent its bytes are held against the session's rules, which "
        "gives the expected outcome. Oracles judge what the device did. What a hard oracle saw "
        "(a fault, an exit, a reset) is a finding at once. What a soft oracle suspects is "
        "replayed after a reset, against a control that sends only valid traffic; it becomes "
        "a finding when the difference is significant.");
    html_paragraph(
        html,
        "The guided engine, where it is a run's, makes its cases by changing inputs that "
        "reached something new: an edge of the device's code, or a kind of reply to a message "
        "in a state of the session. They are none of the plan, and are told apart by the hash "
        "of their bytes.");
    return html_each_run(html, write_run_method);
}
