#include "cli/check_bench.h"

#include "core/clock.h"
#include "core/json_text.h"
#include "engine/host.h"
#include "engine/jitter.h"
#include "engine/prove.h"
#include "engine/prove_line.h"
#include "record/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLEEPS = 500 };
#define SLEEP_NS CLOCK_MS

/* --- oracles ------------------------------------------------------------------------ */

static int prove_faults(struct runner *runner, json_t *facts, bool quiet,
                        struct error *error)
{
    struct proven proven[CAMPAIGN_ORACLES];
    json_t *list = json_array();

    if (prove_device(runner, proven, error) < 0) {
        json_decref(list);
        return -1;
    }
    for (size_t i = 0; oracle_kinds[i]; i++) {
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:o}", "oracle", proven[i].oracle->name, "proof",
                            proven[i].proof, "text", json_text(proven[i].text)));
        if (!quiet)
            printf("%-12s %-13s %s\n", proven[i].oracle->name, proven[i].proof,
                   proven[i].text);
    }
    json_object_set_new(facts, "oracles", list);
    return 0;
}

/* --- the line ----------------------------------------------------------------------- */

static const char *const line_words[] = {
    [LINE_NOT_CARRIED] = "this link does not carry it",
    [LINE_EXCLUDED] = "kept off the wire by exclude",
    [LINE_UNANSWERED] = "not answered as the message without is",
    [LINE_IGNORED] = "the device answers as if nothing were wrong",
    [LINE_UNSTEADY] = "the device answers now and then",
    [LINE_UNTOLD] = "sent; the right answer behind it tells nothing of it",
    [LINE_HARMED] = "behind it the device answers no valid message",
};

static int prove_wire(struct runner *runner, json_t *facts, bool quiet,
                      struct error *error)
{
    struct line_proof proofs[LINE_PROOFS];
    json_t *list = json_array();
    char name[32];

    if (prove_line(runner, proofs, error) < 0) {
        json_decref(list);
        return -1;
    }
    for (size_t i = 0; i < LINE_PROOFS; i++) {
        carries_text(proofs[i].what, name, sizeof name);
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:i, s:i}", "error", name, "verdict",
                            line_verdict_name(proofs[i].verdict), "sent",
                            (int)proofs[i].sent, "answered", (int)proofs[i].answered));
        if (quiet)
            continue;
        printf("%-12s %-13s %s", name, line_verdict_name(proofs[i].verdict),
               line_words[proofs[i].verdict]);
        if (proofs[i].sent)
            printf(" (%u of %u answered)", proofs[i].answered, proofs[i].sent);
        putchar('\n');
    }
    json_object_set_new(facts, "line_errors", list);
    json_object_set_new(facts, "received_line_errors",
                        json_pack("{s:I, s:I}", "characters_or_frames",
                                  (json_int_t)runner->link->line_errors, "breaks",
                                  (json_int_t)runner->link->breaks));
    return 0;
}

/* --- time --------------------------------------------------------------------------- */

static json_t *times_json(size_t count, int64_t median_ns, int64_t p99_ns)
{
    return json_pack("{s:I, s:f, s:f}", "count", (json_int_t)count, "median_us",
                     (double)median_ns / 1e3, "p99_us", (double)p99_ns / 1e3);
}

static void measure_time(const struct runner *runner, json_t *facts, bool quiet)
{
    const struct watch *watch = &runner->watch;
    struct jitter jitter;
    json_t *late;

    jitter_measure(SLEEPS, SLEEP_NS, &jitter);
    late = times_json(jitter.count, jitter.median_ns, jitter.p99_ns);
    json_object_set_new(late, "most_us", json_real((double)jitter.most_ns / 1e3));
    json_object_set_new(late, "sleep_us", json_real((double)jitter.step_ns / 1e3));
    json_object_set_new(facts, "host_lateness", late);
    /* 0: too few were answered, or the device's clock does not keep pace. */
    if (watch->median_ns)
        json_object_set_new(
            facts, "valid_exchanges",
            times_json(watch->baseline_count, watch->median_ns, watch->p99_ns));
    if (quiet)
        return;
    printf("this machine wakes %.3f ms late in the median, %.3f ms at the 99th "
           "percentile, %.3f ms at most, of %zu sleeps of 1 ms\n",
           (double)jitter.median_ns / 1e6, (double)jitter.p99_ns / 1e6,
           (double)jitter.most_ns / 1e6, jitter.count);
    if (watch->median_ns)
        printf("a valid exchange takes %.3f ms in the median, %.3f ms at the 99th "
               "percentile, of %zu\n",
               (double)watch->median_ns / 1e6, (double)watch->p99_ns / 1e6,
               watch->baseline_count);
}

int check_bench_prove(struct runner *runner, json_t *facts, bool quiet,
                      struct error *error)
{
    char carries[200];

    latency_begin(runner, error); /* some oracles stand on it */
    carries_text(runner->link->carries, carries, sizeof carries);
    json_object_set_new(facts, "link_carries", json_string(carries));
    if (!quiet)
        printf("\nwhich failures would be seen\n");
    if (prove_faults(runner, facts, quiet, error) < 0)
        return -1;
    if (!quiet)
        printf("\nwhich line errors arrive (the link carries %s)\n", carries);
    if (prove_wire(runner, facts, quiet, error) < 0)
        return -1;
    if (!quiet)
        printf("\nhow exact time is\n");
    measure_time(runner, facts, quiet);
    return 0;
}

/* --- the file ----------------------------------------------------------------------- */

static void set_circumstances(const struct campaign *campaign, json_t *facts)
{
    char now[32], host[300];

    clock_format_utc(clock_wall_ns(), now, sizeof now);
    json_object_set_new(facts, "percuss_check", json_integer(1));
    json_object_set_new(facts, "version", json_string(PERCUSS_VERSION));
    json_object_set_new(facts, "at", json_string(now));
    json_object_set_new(facts, "host", json_text(host_describe(host, sizeof host)));
    json_object_set_new(facts, "campaign_hash", json_string(campaign->hash));
}

/* Evidence is not overwritten. */
static int write_new(const char *path, struct view text, struct error *error)
{
    FILE *file = fopen(path, "wx");
    bool done = file && fwrite(text.data, 1, text.length, file) == text.length;

    if (file && fclose(file) != 0)
        done = false;
    return done ? 0 : error_set(error, "%s cannot be written: %s", path, strerror(errno));
}

int check_bench_store(const char *path, const struct campaign *campaign, json_t *facts,
                      char text[HASH_TEXT], struct error *error)
{
    char *dump;
    struct hash hash;
    int status;

    set_circumstances(campaign, facts);
    dump = json_dumps(facts, JSON_INDENT(2) | JSON_SORT_KEYS);
    if (!dump)
        return error_set(error, "out of memory for %s", path);
    hash = hash_of(view_text(dump));
    hash_to_text(&hash, text);
    status = write_new(path, view_text(dump), error);
    free(dump);
    return status;
}

/* --- a run -------------------------------------------------------------------------- */

static int compare_fact(struct store *store, const char *key, const char *here,
                        const char *run, struct error *error)
{
    char text[700] = "";

    store_get(store, key, text, sizeof text);
    return strcmp(text, here) == 0
               ? 0
               : error_set(error,
                           "--record: %s was made with another %s: %.150s, and "
                           "not %.150s",
                           run, strcmp(key, "device") == 0 ? "device" : "campaign file",
                           text, here);
}

int check_bench_fits(const char *run, const struct campaign *campaign,
                     const json_t *facts, struct error *error)
{
    const char *device = json_string_value(json_object_get(facts, "device"));
    struct store *store = store_open_run(run, false, error);
    int status = -1;

    if (!store)
        return -1;
    if (compare_fact(store, "campaign_hash", campaign->hash, run, error) == 0 &&
        (!device || compare_fact(store, "device", device, run, error) == 0))
        status = 0;
    store_close(store, &(struct error){0});
    return status;
}

int check_bench_record(const char *run, const struct campaign *campaign, json_t *facts,
                       char text[HASH_TEXT], struct error *error)
{
    struct store *store = NULL;
    char path[4200];
    int status = -1;

    snprintf(path, sizeof path, "%s/check.json", run);
    if (check_bench_fits(run, campaign, facts, error) < 0 ||
        !(store = store_open_run(run, true, error)))
        return -1;
    if (check_bench_store(path, campaign, facts, text, error) == 0)
        status = store_set(store, "check_sha256", text, error);
    if (store_close(store, status == 0 ? error : &(struct error){0}) < 0)
        status = -1;
    return status;
}
