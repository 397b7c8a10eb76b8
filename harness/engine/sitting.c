/* The beginning and the end of a sitting. */
#include "engine/sitting.h"

#include "engine/carried.h"
#include "engine/coverage.h"
#include "engine/executed.h"
#include "engine/host.h"
#include "engine/prove.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What it is; at the end also what it did. */
static void write_device_fact(struct engine *engine)
{
    const struct device *device = engine->runner.device;
    struct error ignored;
    char text[600];

    if (!device->ops->describe)
        return;
    device->ops->describe(device, text, sizeof text);
    store_set(engine->recorder.store, "device", text, &ignored);
    reset_kinds_text(device->resets, text, sizeof text);
    store_set(engine->recorder.store, "device_resets", text[0] ? text : "none", &ignored);
}

/* A shard may go on on another bench: the device there must be what it was begun on, by
 * its image or program where these are known. */
static int check_same_device(struct engine *engine, struct error *error)
{
    const struct device *device = engine->runner.device;
    char text[600], was[600];

    if (!engine->campaign->shard.parts || !device->ops->describe ||
        store_get(engine->recorder.store, "device", was, sizeof was) < 0)
        return 0;
    device->ops->describe(device, text, sizeof text);
    if (store_integer(
            engine->recorder.store, 0,
            "SELECT iif(image IS NULL, device = ?, image = substr(?, -64)) FROM "
            "this_run",
            "tt", text, text))
        return 0;
    return error_set(error,
                     "this shard was begun on another device: %.200s, here is %.200s",
                     was, text);
}

/* Where it leads, and what of the plan it does not carry. */
static void write_link_facts(struct engine *engine)
{
    const struct link *link = engine->runner.link;
    struct store *store = engine->recorder.store;
    struct error ignored;
    char text[1200];

    snprintf(text, sizeof text, "%s %s%s", engine->campaign->link_kind, link->address,
             link->is_server ? ", to which the device connects" : "");
    store_set(store, "link", text, &ignored);
    if (link->is_server)
        store_set(store, "link_role", "server", &ignored);
    store_set(store, "link_carries", carries_text(link->carries, text, sizeof text),
              &ignored);
    if (carried_missing_text(engine->campaign, link, text, sizeof text)[0])
        store_set(store, "not_carried", text, &ignored);
}

static void write_host_facts(struct engine *engine)
{
    struct recorder *recorder = &engine->recorder;
    struct error ignored;
    char text[600];

    if (host_describe(text, sizeof text)[0])
        store_set(recorder->store, "host", text, &ignored);
    write_device_fact(engine);
    write_link_facts(engine);
    if (engine->options->criteria_hash)
        store_set(recorder->store, "criteria_hash", engine->options->criteria_hash,
                  &ignored);
    for (const char *const(*fact)[2] = engine->options->facts; fact && (*fact)[0]; fact++)
        store_set(recorder->store, (*fact)[0], (*fact)[1], &ignored);
}

static void write_way_fact(struct engine *engine)
{
    char hash[HASH_TEXT], text[HASH_TEXT + 40];
    size_t count = way_text(&engine->runner, hash);

    if (!engine->runner.device->ops->coverage ||
        !engine->runner.device->ops->coverage(engine->runner.device))
        return;
    snprintf(text, sizeof text, count ? "%zu edges, sha256 %s" : "not constant", count,
             hash);
    store_set(engine->recorder.store, "canary_way", text, &(struct error){0});
}

/* What does not count against the device: said wherever it is judged. */
static void write_deviations(struct engine *engine)
{
    const struct session *session = engine->campaign->session;
    char text[2000] = "";
    struct error ignored;

    for (size_t i = 0, used = 0; i < session->deviation_count && used < sizeof text; i++)
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "%s%s: %s", i ? "; " : "",
                             session->deviations[i].id, session->deviations[i].text);
    if (session->deviation_count)
        store_set(engine->recorder.store, "deviations", text, &ignored);
}

/* What the limits come from, and how much is watched. */
static void write_watch_facts(struct engine *engine)
{
    const struct runner *runner = &engine->runner;
    const struct session *session = engine->campaign->session;
    const struct {
        const char *key;
        int64_t value;
    } facts[] = {
        {"baseline_exchanges", (int64_t)runner->watch.baseline_count},
        {"baseline_median_us", runner->watch.median_ns / 1000},
        {"baseline_p99_us", runner->watch.p99_ns / 1000},
        {"answer_limit_us", latency_limit_ns(runner) / 1000},
        {"answer_specified_us", engine->campaign->answer_ns / 1000},
        {"state_reads", (int64_t)session->state_read_count},
        {"resources", (int64_t)growth_count(runner)},
    };
    struct error ignored;
    char text[32];

    write_deviations(engine);
    if (session->no_state_reads)
        store_set(engine->recorder.store, "no_state_reads", session->no_state_reads,
                  &ignored);
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        snprintf(text, sizeof text, "%lld", (long long)facts[i].value);
        store_set(engine->recorder.store, facts[i].key, text, &ignored);
    }
    write_way_fact(engine);
}

/* "device:NAME" or the address itself: what an independent capture listens to. */
static const char *link_target(struct engine *engine)
{
    const char *address = engine->runner.link->address;
    struct device *device = engine->runner.device;

    if (strncmp(address, "device:", 7) != 0)
        return address;
    return device->ops->endpoint ? device->ops->endpoint(device, address + 7) : NULL;
}

/* From a stopped device to the first epoch: started, its oracles proven. */
int sitting_begin(struct engine *engine, struct error *error)
{
    struct restoration restoration = {0};
    uint64_t first;

    engine->doing = "starting";
    snprintf(engine->runner.wire.comment, sizeof engine->runner.wire.comment, "start");
    engine_report_progress(engine, 0);
    if (runner_start(&engine->runner, &restoration, error) < 0)
        return STEP_LOST;
    if (check_same_device(engine, error) < 0)
        return STEP_LOST;
    write_host_facts(engine);
    engine->runner.wire.capture = engine->recorder.capture;
    wire_disconnect(&engine->runner.wire);
    if (recorder_start_live(&engine->recorder, link_target(engine), error) < 0)
        return STEP_FAILED;
    snprintf(engine->runner.wire.comment, sizeof engine->runner.wire.comment, "baseline");
    latency_begin(&engine->runner, error);
    way_learn(&engine->runner, error);
    write_watch_facts(engine);
    snprintf(engine->runner.wire.comment, sizeof engine->runner.wire.comment,
             "oracle proof");
    engine->runner.resets.why = "proof";
    if (prove_oracles(&engine->runner, &engine->recorder, error) < 0)
        return STEP_LOST;
    engine->runner.resets.why = "epoch";
    snprintf(engine->runner.wire.comment, sizeof engine->runner.wire.comment, "reset");
    if (runner_restore(&engine->runner, RESET_WARM, &restoration, error) < 0)
        return STEP_LOST;
    engine->runner.resets.why = NULL;
    if (engine->guided)
        guided_begin(engine->guided);
    engine->doing = "fuzzing";
    first = engine_next_case(engine, recorder_next_case(&engine->recorder));
    engine->recorder.last_case = first ? first - 1 : 0;
    if (recorder_recovery(&engine->recorder, "epoch", &restoration, true, error) < 0 ||
        engine_open_epoch(engine, engine->recorder.last_case + 1, &restoration, error) <
            0)
        return STEP_FAILED;
    return engine_valid_check(engine, error);
}

static void note_excluded(struct engine *engine, const char *rule, const char *rationale,
                          uint64_t cases)
{
    store_write(engine->recorder.store, &(struct error){0},
                "INSERT INTO excluded VALUES (?,?,?) ON CONFLICT (rule) DO UPDATE SET "
                "cases = cases + excluded.cases",
                "tti", rule, rationale, (int64_t)cases);
}

/* No rule kept these back: the link cannot carry them. */
static void note_link(struct engine *engine)
{
    const uint64_t *hits = engine->runner.wire.gate_hits;
    char name[32], rule[64], text[96];

    if (hits[GATE_TOO_LONG])
        note_excluded(engine, "too-long", "more bytes than the link carries at once",
                      hits[GATE_TOO_LONG]);
    if (hits[GATE_NO_FRAME])
        note_excluded(engine, "no-frame", "bytes that are no frame on this link's wire",
                      hits[GATE_NO_FRAME]);
    for (unsigned bit = 0; bit < LINK_CARRIES; bit++) {
        if (!hits[GATE_NOT_CARRIED + bit])
            continue;
        carries_text(1u << bit, name, sizeof name);
        snprintf(rule, sizeof rule, "not-carried-%s", name);
        if (1u << bit == LINK_RATE)
            snprintf(text, sizeof text, "the campaign declares no timing.maximum-rate");
        else
            snprintf(text, sizeof text, "not carried by this link: %s", name);
        note_excluded(engine, rule, text, hits[GATE_NOT_CARRIED + bit]);
    }
}

static void note_gate(struct engine *engine)
{
    const struct campaign *campaign = engine->campaign;

    for (size_t i = 0; i <= CAMPAIGN_RULES; i++) {
        bool unparsed = i == CAMPAIGN_RULES;

        if (unparsed ? !campaign->exclude_unparsed : i >= campaign->exclude_count)
            continue;
        note_excluded(engine, unparsed ? "unparsed" : campaign->excludes[i].id,
                      unparsed ? "bytes that do not parse are not sent"
                               : campaign->excludes[i].rationale,
                      engine->runner.wire.gate_hits[i]);
    }
    note_link(engine);
}

/* What the link told of errors on its wire, over all sittings. Without any there is no
 * fact: most links cannot tell. */
static void note_line_errors(struct engine *engine)
{
    const struct link *link = engine->runner.link;
    const struct {
        const char *key;
        uint64_t count;
    } told[] = {{"line_errors", link->line_errors}, {"line_breaks", link->breaks}};
    struct error ignored;
    char text[24];

    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        uint64_t before =
            store_get(engine->recorder.store, told[i].key, text, sizeof text) == 0
                ? strtoull(text, NULL, 10)
                : 0;

        if (!told[i].count)
            continue;
        snprintf(text, sizeof text, "%llu", (unsigned long long)(before + told[i].count));
        store_set(engine->recorder.store, told[i].key, text, &ignored);
    }
}

enum engine_end sitting_finish(struct engine *engine, int status, bool started,
                               struct error *error)
{
    enum engine_end end = ENGINE_DONE;
    struct error closing;

    if (status == STEP_LOST)
        end = started ? ENGINE_LOST : ENGINE_UNREACHABLE;
    else if (status == STEP_FAILED)
        end = ENGINE_FAILED;
    if (status == STEP_LOST)
        engine->reason = "device-lost";
    else if (status == STEP_FAILED)
        engine->reason = "failed";
    note_gate(engine);
    note_line_errors(engine);
    if (started) {
        write_device_fact(engine);
        write_way_fact(engine);
    }
    if (engine->guided && started)
        guided_grow(engine->guided, &closing);
    wire_disconnect(&engine->runner.wire);
    if (end != ENGINE_DONE && end != ENGINE_FAILED)
        store_set(engine->recorder.store, "end", error->text, &closing);
    if (resets_write(&engine->runner.resets, engine->recorder.store, &closing) < 0 ||
        coverage_write(&engine->recorder, &closing) < 0 ||
        executed_write(&engine->recorder, engine->runner.device, &closing) < 0 ||
        recorder_close(&engine->recorder, engine->reason, engine_active_seconds(engine),
                       &closing) < 0) {
        if (end == ENGINE_DONE)
            *error = closing;
        end = ENGINE_FAILED;
    }
    return end;
}
