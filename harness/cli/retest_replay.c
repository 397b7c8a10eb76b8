/* The findings of the earlier run on the other build. */
#include "cli/retest.h"

#include "cli/common.h"
#include "engine/replay.h"

#include <stdio.h>
#include <string.h>

struct bench {
    struct retest *retest;
    struct store *store; /* of the new run */
    struct runner runner;
    char device[600];
};

/* A retest that an earlier sitting made of the same build. */
static bool find_earlier(struct bench *bench, const struct earlier_finding *finding,
                         struct retested *result)
{
    const char *plan = bench->retest->earlier.plan_hash;
    int64_t id =
        store_integer(bench->store, 0,
                      "SELECT id FROM retest WHERE plan_hash = ? AND finding = "
                      "? AND device = ? AND replays >= ? ORDER BY id DESC",
                      "ttti", plan, finding->id, bench->device, bench->retest->times);

    if (!id)
        return false;
    result->replays = store_integer(bench->store, 0,
                                    "SELECT replays FROM retest WHERE id = ?", "i", id);
    result->failures = store_integer(bench->store, 0,
                                     "SELECT failures FROM retest WHERE id = ?", "i", id);
    return true;
}

/* One finding, as often as was asked for: 1 when it was replayed, 0 when it cannot be,
 * which *result says. */
static int replay_all(struct bench *bench, const struct reproducer *reproducer,
                      struct retested *result, struct error *error)
{
    struct replay_seen seen;
    int64_t failures = 0;

    for (int64_t i = 0; i < bench->retest->times; i++) {
        int failed = replay_once(&bench->runner, reproducer, false, &seen, error);

        if (failed < 0)
            return -1;
        if (failed == REPLAY_UNSENT) {
            snprintf(result->why, sizeof result->why, "%.299s", error->text);
            return 0;
        }
        failures += failed != REPLAY_PASSED;
        if (failed != REPLAY_PASSED)
            snprintf(result->why, sizeof result->why, "%s%s: %.200s",
                     failed == REPLAY_OTHERWISE ? "otherwise: " : "", seen.oracle,
                     seen.judgement.title);
    }
    result->replays = bench->retest->times;
    result->failures = failures;
    return 1;
}

static int replay_finding(struct bench *bench, const struct earlier_finding *finding,
                          struct retested *result, struct error *error)
{
    struct reproducer reproducer;
    struct error why = {""};
    int status = 0;

    if (find_earlier(bench, finding, result))
        return 0;
    if (reproducer_read_head(finding->reproducer, &reproducer, &why) < 0 ||
        reproducer_read_sequence(finding->reproducer, bench->retest->campaign,
                                 &reproducer, &why) < 0) {
        snprintf(result->why, sizeof result->why, "%.299s", why.text);
    } else if (strcmp(reproducer.id, finding->id) != 0 ||
               strcmp(reproducer.plan_hash, bench->retest->earlier.plan_hash) != 0) {
        snprintf(result->why, sizeof result->why, "its file is another finding's");
    } else {
        status = replay_all(bench, &reproducer, result, error);
        if (status == 1)
            status = replay_record(bench->store, &reproducer, bench->device,
                                   result->replays, result->failures, error);
        if (status == 0)
            status = store_commit(bench->store, error);
    }
    reproducer_free(&reproducer);
    return status;
}

static void show_replay(const struct retest *retest, size_t index)
{
    const struct retested *result = &retest->results[index];

    if (!retest->line.enabled)
        return;
    fprintf(stderr, "%s ", retest->earlier.findings[index].id);
    if (result->replays)
        fprintf(stderr, "failed in %lld of %lld replays\n", (long long)result->failures,
                (long long)result->replays);
    else
        fputs("was not replayed\n", stderr);
}

int retest_replay(struct retest *retest, struct error *error)
{
    struct bench bench = {.retest = retest};
    struct restoration restoration;
    int status = -1;

    if (!(bench.store = store_open_run(retest->out, true, error)) ||
        runner_init(&bench.runner, retest->campaign, error) < 0)
        goto out;
    if (runner_start(&bench.runner, &restoration, error) < 0)
        goto free;
    if (bench.runner.device->ops->describe)
        bench.runner.device->ops->describe(bench.runner.device, bench.device,
                                           sizeof bench.device);
    latency_begin(&bench.runner, error);
    status = 0;
    for (size_t i = 0; status == 0 && i < retest->earlier.count; i++) {
        if (common_stop_wanted())
            break;
        status = replay_finding(&bench, &retest->earlier.findings[i], &retest->results[i],
                                error);
        show_replay(retest, i);
    }
free:
    runner_free(&bench.runner);
out:
    if (store_close(bench.store, status == 0 ? error : &(struct error){0}) < 0)
        status = -1;
    return status;
}
