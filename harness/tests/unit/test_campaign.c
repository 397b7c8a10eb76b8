/* Campaign files: defaults, what is read, what is refused and in which words. */
#include "engine/campaign.h"
#include "engine/engine.h"
#include "oracle/oracle.h"
#include "scratch.h"

#include "core/clock.h"

static char folder[SCRATCH_PATH];

static int set_up(void **state)
{
    (void)state;
    scratch_make(folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static const char *const plain[] = {
    /* 1 */ "campaign: plain",
    /* 2 */ "target:",
    /* 3 */ "  model: " PROJECT_FOLDER "/targets/modbus/modbus_tcp.ksy",
    /* 4 */ "  session: " PROJECT_FOLDER "/targets/modbus/registers.yaml",
    /* 5 */ "device: {kind: external}",
    /* 6 */ "link: {kind: tcp, address: '127.0.0.1:1502'}",
};
enum { PLAIN = sizeof plain / sizeof plain[0] };

/* The plain campaign with `line` replaced; line 0 replaces nothing, 7 adds. */
static struct campaign *load_with(unsigned line, const char *instead,
                                  const uint64_t *seed, struct error *error)
{
    static char path[SCRATCH_PATH]; /* the campaign borrows its name */
    char text[4000];
    size_t used = 0;

    for (unsigned i = 0; i < PLAIN; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s\n",
                                 i + 1 == line ? instead : plain[i]);
    if (line > PLAIN)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s\n", instead);
    assert_true(used < sizeof text);
    scratch_write(folder, "campaign.yaml", text, path);
    return campaign_load(path, "/build", seed, error);
}

static struct campaign *need_with(unsigned line, const char *instead)
{
    struct error error = {""};
    struct campaign *campaign = load_with(line, instead, NULL, &error);

    if (!campaign)
        fail_msg("%s", error.text);
    return campaign;
}

static void the_target_s_campaigns_load(void **state)
{
    static const char *const names[] = {"libmodbus-original",   "libmodbus-patched",
                                        "pump-defective",       "pump-fixed",
                                        "pump-ascii-defective", "pump-ascii-fixed"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct error error = {""};
        char path[300];
        struct campaign *campaign;

        snprintf(path, sizeof path, PROJECT_FOLDER "/targets/modbus/campaigns/%s.yaml",
                 names[i]);
        campaign = campaign_load(path, "/build", NULL, &error);
        if (!campaign)
            fail_msg("%s", error.text);
        assert_string_equal(campaign->name, names[i]);
        assert_true(campaign->plan.total > 0);
        assert_int_equal(strlen(campaign->hash), 64);
        assert_true(campaign_is_local(campaign->device, campaign->link));
        campaign_free(campaign);
    }
}

static void defaults_are_those_of_the_manual(void **state)
{
    struct campaign *campaign = need_with(0, "");

    (void)state;
    assert_false(campaign->connection_per_case);
    assert_int_equal(campaign->answer_ns, CLOCK_S);
    assert_int_equal(campaign->gap_ns, 0);
    assert_int_equal(campaign->silence_ns, 0);
    assert_int_equal(campaign->rate_limit, 0);
    assert_int_equal(campaign->epoch_cases, 1000);
    assert_int_equal(campaign->sample_every, 16);
    assert_int_equal(campaign->check_every, 50);
    assert_int_equal(campaign->skip_after, 8);
    assert_int_equal(campaign->memory_kib, 1024);
    assert_int_equal(campaign->handles, 16);
    assert_int_equal(campaign->console.suspect_count, 0);
    assert_true(campaign->alpha > 0.0099 && campaign->alpha < 0.0101);
    assert_int_equal(campaign->replays, 5);
    assert_int_equal(campaign->window, 1024);
    assert_int_equal(campaign->selection.range_count, 0);
    assert_null(campaign->selection.streams);
    assert_int_equal(campaign->budget_ns, 0);
    assert_int_equal(campaign->seed, 1);
    assert_false(campaign->authorisation.given);
    assert_false(campaign->exclude_unparsed);
    assert_int_equal(campaign->keep, CAPTURE_ALL);
    assert_int_equal(campaign->sample_segments, 10);
    assert_int_equal(campaign->segment_bytes, INT64_C(256) << 20);
    assert_true(campaign->live_capture);
    assert_int_equal(campaign->disk_reserve, INT64_C(200) << 20);
    for (size_t i = 0; oracle_kinds[i]; i++)
        assert_true(campaign->oracle_enabled[i]);
    assert_string_equal(campaign->title, "plain");
    campaign_free(campaign);
}

static void every_key_is_read(void **state)
{
    struct campaign *campaign = need_with(
        7, "title: T\ninterface: I\nconnection: per-case\nepoch: 5\nsample-every: 6\n"
           "check-every: 7\nskip-after: 9\nseed: 11\nexclude-unparsed: true\n"
           "disk-reserve-mib: 3\nresources: {memory-kib: 77, handles: 5}\n"
           "console: {suspect: [{id: a, pattern: 'p+', example: app}], banner: B}\n"
           "timing: {answer: 250ms, gap: 2ms, silence: 3ms, rate-limit: 100}\n"
           "oracles: [alive, conformance]\n"
           "confirm: {alpha: 0.05, replays: 4, window: 8}\n"
           "budget: {cases: '10-20,30-40', anomalies: 'limit,lie', time: 10m}\n"
           "authorisation: {by: B, scope: S, reference: R, date: D}\n"
           "exclude:\n- {id: a, when: request.pdu.function == 5, rationale: because}\n"
           "capture: {keep: sample, sample-every: 3, segment-mib: 2, live: false}\n"
           "criteria: []\ncriteria-folder: x");

    (void)state;
    assert_string_equal(campaign->title, "T");
    assert_string_equal(campaign->interface, "I");
    assert_true(campaign->connection_per_case);
    assert_int_equal(campaign->epoch_cases, 5);
    assert_int_equal(campaign->sample_every, 6);
    assert_int_equal(campaign->check_every, 7);
    assert_int_equal(campaign->skip_after, 9);
    assert_int_equal(campaign->memory_kib, 77);
    assert_int_equal(campaign->handles, 5);
    assert_int_equal(campaign->console.suspect_count, 1);
    assert_true(campaign->console.banner.set);
    assert_int_equal(campaign->seed, 11);
    assert_int_equal(campaign->plan.seed, 11);
    assert_true(campaign->exclude_unparsed);
    assert_int_equal(campaign->disk_reserve, 3 << 20);
    assert_int_equal(campaign->answer_ns, 250 * CLOCK_MS);
    assert_int_equal(campaign->gap_ns, 2 * CLOCK_MS);
    assert_int_equal(campaign->silence_ns, 3 * CLOCK_MS);
    assert_int_equal(campaign->rate_limit, 100);
    for (size_t i = 0; oracle_kinds[i]; i++)
        assert_int_equal(campaign->oracle_enabled[i],
                         strcmp(oracle_kinds[i]->name, "alive") == 0 ||
                             strcmp(oracle_kinds[i]->name, "conformance") == 0);
    assert_int_equal(campaign->replays, 4);
    assert_int_equal(campaign->window, 8);
    assert_int_equal(campaign->selection.range_count, 2);
    assert_int_equal(campaign->selection.ranges[0].first, 10);
    assert_int_equal(campaign->selection.ranges[1].last, 40);
    assert_string_equal(campaign->selection.anomalies, "limit,lie");
    assert_non_null(campaign->selection.streams);
    assert_int_equal(campaign->budget_ns, 600 * CLOCK_S);
    assert_true(campaign->authorisation.given);
    assert_string_equal(campaign->authorisation.scope, "S");
    assert_int_equal(campaign->exclude_count, 1);
    assert_string_equal(campaign->excludes[0].rationale, "because");
    assert_int_equal(campaign->keep, CAPTURE_SAMPLE);
    assert_int_equal(campaign->sample_segments, 3);
    assert_int_equal(campaign->segment_bytes, 2 << 20);
    assert_false(campaign->live_capture);
    assert_non_null(campaign->criteria);
    assert_non_null(campaign->criteria_folder);
    campaign_free(campaign);
}

static void a_seed_from_the_command_line_wins(void **state)
{
    struct error error = {""};
    uint64_t seed = 77;
    struct campaign *file = need_with(7, "seed: 11");
    struct campaign *line = load_with(7, "seed: 11", &seed, &error);

    (void)state;
    assert_non_null(line);
    assert_int_equal(line->seed, 77);
    assert_string_not_equal(line->plan.hash, file->plan.hash);
    assert_string_equal(line->hash, file->hash); /* the file is the same */
    campaign_free(line);
    campaign_free(file);
}

static void names_in_braces_are_filled_in(void **state)
{
    struct campaign *campaign =
        need_with(6, "link: {kind: tcp, address: '127.0.0.1:${port}'}\ntitle: "
                     "'${build} and ${campaign}'");
    const char *address = yaml_get(campaign->link, "address")->text;
    char expected[SCRATCH_PATH + 30];
    int64_t port;

    (void)state;
    assert_int_equal(text_to_integer(strchr(address, ':') + 1, &port), 0);
    assert_in_range(port, 1, 65535);
    snprintf(expected, sizeof expected, "/build and %s/", folder);
    assert_string_equal(campaign->title, expected);
    campaign_free(campaign);
}

static const struct {
    unsigned line;
    const char *instead;
    unsigned at;
    const char *has, *and_has;
} slips[] = {
    {1, "kampaign: x", 1, "'kampaign'", "not known here"},
    {1, "", 2, "'campaign'", "missing"},
    {7, "resources: {memory: 5}", 7, "'memory'", "not known here"},
    {7, "resources: {handles: 0}", 7, "'handles'", "0"},
    {7, "console: {suspect: [{id: a, pattern: b, example: c}]}", 7, "'example'",
     "matches"},
    {2, "tarjet:", 2, "'tarjet'", "not known here"},
    {3, "  model: [1]", 3, "'model'", "expected"},
    {3, "  model: none.ksy", 3, "'model'", "none.ksy"},
    {3, "", 2, "'model'", "missing"},
    {4, "  session: none.yaml", 4, "'session'", "none.yaml"},
    {4, "  sesion: x", 4, "'sesion'", "not known here"},
    {5, "", 1, "'device'", "missing"},
    {5, "device: external", 5, "'device'", "expected"},
    {6, "", 1, "'link'", "missing"},
    {6, "link: {address: x}", 6, "'kind'", "missing"},
    {6, "link: {kind: tcp, address: '${prot}'}", 6, "'address'", "known here inside"},
    {6, "link: {kind: tcp, address: '${port'}", 6, "'address'", "known here inside"},
    {7, "connection: new", 7, "'connection'", "found 'new'"},
    {7, "timing: {answer: 1}", 7, "'answer'", "duration"},
    {7, "timing: {answer: 0ms}", 7, "'answer'", "above zero"},
    {7, "timing: {answer: -1s}", 7, "'answer'", ""},
    {7, "timing: {rate-limit: -1}", 7, "'rate-limit'", ""},
    {7, "timing: {wait: 1s}", 7, "'wait'", "not known here"},
    {7, "timing: fast", 7, "'timing'", "map"},
    {7, "epoch: 0", 7, "'epoch'", "found '0'"},
    {7, "epoch: 2000000", 7, "'epoch'", ""},
    {7, "sample-every: 0", 7, "'sample-every'", ""},
    {7, "check-every: 101", 7, "'check-every'", ""},
    {7, "skip-after: 0", 7, "'skip-after'", ""},
    {7, "seed: -1", 7, "'seed'", ""},
    {7, "oracles: alive", 7, "'oracles'", "a list"},
    {7, "oracles: [alife]", 7, "oracle", "found 'alife'"},
    {7, "oracles: [[alive]]", 7, "oracle", ""},
    {7, "confirm: {alpha: 0}", 7, "'alpha'", ""},
    {7, "confirm: {alpha: 0.6}", 7, "'alpha'", ""},
    {7, "confirm: {replays: 2}", 7, "'replays'", ""},
    {7, "confirm: {window: 0}", 7, "'window'", ""},
    {7, "budget: {cases: 20-10}", 7, "'cases'", "1-5000"},
    {7, "budget: {cases: [1]}", 7, "'cases'", "1-5000"},
    {7, "budget: {only: nosuch}", 7, "'budget'",
     "only: nothing in the plan matches 'nosuch'"},
    {7, "budget: {time: soon}", 7, "'time'", "duration"},
    {7, "budget: {hours: 1}", 7, "'hours'", "not known here"},
    {7, "authorisation: {by: B}", 7, "'scope'", "missing"},
    {7, "authorisation: {scope: S}", 7, "'by'", "missing"},
    {7, "authorisation: {by: B, scope: S, until: D}", 7, "'until'", "not known here"},
    {7, "exclude: {id: a}", 7, "'exclude'", "a list"},
    {7, "exclude: [{id: a, rationale: r}]", 7, "'when'", "missing"},
    {7, "exclude: [{id: a, when: 'true'}]", 7, "'rationale'", "missing"},
    {7, "exclude: [{when: 'true', rationale: r}]", 7, "'id'", "missing"},
    {7, "exclude: [{id: a, when: 'request. ==', rationale: r}]", 7, "'when'",
     "expected a name after '.'"},
    {7, "exclude: [a]", 7, "map", ""},
    {7, "exclude-unparsed: 7", 7, "'exclude-unparsed'", ""},
    {7, "capture: {keep: some}", 7, "'keep'", "found 'some'"},
    {7, "capture: {segment-mib: 0}", 7, "'segment-mib'", ""},
    {7, "capture: {alive: true}", 7, "'alive'", "not known here"},
    {7, "engine: random", 7, "'engine'", "found 'random'"},
    {7, "engine: guided\nbudget: {only: '*'}", 7, "'engine'", "leave out"},
    {7, "corpus: seeds", 7, "'corpus'", "a list"},
    {7, "corpus: [[seeds]]", 7, "a folder", "found a list"},
    {7, "disk-reserve-mib: -1", 7, "'disk-reserve-mib'", ""},
    {7, "title: [", 8, "not YAML", ""},
    {7, "campaign: twice", 7, "'campaign'", "twice"},
};

static void slips_are_named_with_file_line_and_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++) {
        struct error error = {""};
        char place[SCRATCH_PATH + 40];
        struct campaign *campaign =
            load_with(slips[i].line, slips[i].instead, NULL, &error);

        if (campaign)
            fail_msg("accepted: %s", slips[i].instead);
        snprintf(place, sizeof place, "%s/campaign.yaml:%u:", folder, slips[i].at);
        if (strncmp(error.text, place, strlen(place)) != 0 ||
            !strstr(error.text, slips[i].has) || !strstr(error.text, slips[i].and_has))
            fail_msg("'%s' (line %u expected) gave: %s", slips[i].instead, slips[i].at,
                     error.text);
    }
}

static void too_many_exclude_rules_are_refused(void **state)
{
    struct error error = {""};
    char text[4000] = "exclude:\n";

    (void)state;
    for (int i = 0; i < CAMPAIGN_RULES; i++)
        strcat(text, "- {id: a, when: '1', rationale: r}\n");
    campaign_free(need_with(7, text));
    strcat(text, "- {id: a, when: '1', rationale: r}\n");
    assert_null(load_with(7, text, NULL, &error));
    assert_non_null(strstr(error.text, "at most 64 rules"));
    campaign_free(NULL);
}

/* Only what cannot leave this machine needs no authorisation. */
static void the_device_s_place_decides_about_authorisation(void **state)
{
    static const struct {
        const char *lines;
        bool local;
    } places[] = {
        {"link: {kind: tcp, address: '127.0.0.1:502'}", true},
        {"link: {kind: tcp, address: '127.9.9.9:502'}", true},
        {"link: {kind: tcp, address: '192.0.2.7:502'}", false},
        {"link: {kind: tcp, address: 'device.example:502'}", false},
        {"link: {kind: tcp, address: 'device:port'}", false},
        {"link: {kind: unix, address: /run/x}", true},
        {"link: {kind: serial, address: /dev/ttyUSB0}", false},
        {"link: {kind: nothing, address: 127.0.0.1:1}", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct campaign *campaign = need_with(6, places[i].lines);

        if (campaign_is_local(campaign->device, campaign->link) != places[i].local)
            fail_msg("%s", places[i].lines);
        campaign_free(campaign);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_target_s_campaigns_load),
        cmocka_unit_test(defaults_are_those_of_the_manual),
        cmocka_unit_test(every_key_is_read),
        cmocka_unit_test(a_seed_from_the_command_line_wins),
        cmocka_unit_test(names_in_braces_are_filled_in),
        cmocka_unit_test(slips_are_named_with_file_line_and_key),
        cmocka_unit_test(too_many_exclude_rules_are_refused),
        cmocka_unit_test(the_device_s_place_decides_about_authorisation),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
