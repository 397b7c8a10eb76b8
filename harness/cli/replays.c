#include "cli/replays.h"

#include "cli/common.h"
#include "engine/replay.h"

#include "core/clock.h"

#include <stdio.h>
#include <string.h>

struct bench {
    struct replays *replays;
    struct store *store; /* of the new run */
    struct runner runner;
    char device[600];
};

/* A retest that an earlier sitting made of the same build. */
static bool find_earlier(struct bench *bench, const struct earlier_finding *finding,
                         struct retested *result)
{
    int64_t id = store_integer(bench->store, 0,
                               "SELECT id FROM retest WHERE plan_hash = ? AND finding = "
                               "? AND device = ? AND replays >= ? ORDER BY id DESC",
                               "ttti", finding->plan_hash, finding->known_as,
                               bench->device, bench->replays->times);

    if (!id)
        return false;
    result->replays = store_integer(bench->store, 0,
                                    "SELECT replays FROM retest WHERE id = ?", "i", id);
    result->failures = store_integer(bench->store, 0,
                                     "SELECT failures FROM retest WHERE id = ?", "i", id);
    return true;
}

/* What fails says no more when it fails again. */
static bool is_enough(const struct replays *replays, int64_t made, int64_t failures)
{
    return made == replays->times || (replays->until_one_fails && failures > 0);
}

/* One finding, as often as was asked for: 1 when it was replayed, 0 when it cannot be,
 * which *result says. */
static int replay_all(struct bench *bench, const struct reproducer *reproducer,
                      struct retested *result, struct error *error)
{
    struct replay_seen seen;
    int64_t made, failures = 0;

    for (made = 0; !is_enough(bench->replays, made, failures); made++) {
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
    result->replays = made;
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
        reproducer_read_sequence(finding->reproducer, bench->replays->campaign,
                                 &reproducer, &why) < 0) {
        snprintf(result->why, sizeof result->why, "%.299s", why.text);
    } else if (strcmp(reproducer.id, finding->id) != 0 ||
               strcmp(reproducer.plan_hash, finding->plan_hash) != 0) {
        snprintf(result->why, sizeof result->why, "its file is another finding's");
    } else {
        status = replay_all(bench, &reproducer, result, error);
        snprintf(reproducer.id, sizeof reproducer.id, "%s", finding->known_as);
        if (status == 1)
            status = replay_record(bench->store, &reproducer, bench->device,
                                   result->replays, result->failures, error);
        if (status == 0)
            status = store_commit(bench->store, error);
    }
    reproducer_free(&reproducer);
    return status;
}

static void show_replay(const struct replays *replays, size_t index)
{
    const struct retested *result = &replays->results[index];

    if (!replays->show)
        return;
    fprintf(stderr, "%s ", replays->findings[index].id);
    if (result->replays)
        fprintf(stderr, "failed in %lld of %lld replays\n", (long long)result->failures,
                (long long)result->replays);
    else
        fputs("was not replayed\n", stderr);
}

/* Nobody waits any longer. */
static bool is_over(const struct replays *replays)
{
    return common_stop_wanted() ||
           (replays->deadline_ns && clock_now_ns() >= replays->deadline_ns);
}

int replays_make(struct replays *replays, struct error *error)
{
    struct bench bench = {.replays = replays};
    struct restoration restoration;
    int status = -1;

    if (!(bench.store = store_open_run(replays->out, true, error)) ||
        runner_init(&bench.runner, replays->campaign, error) < 0)
        goto out;
    if (runner_start(&bench.runner, &restoration, error) < 0)
        goto free;
    if (bench.runner.device->ops->describe)
        bench.runner.device->ops->describe(bench.runner.device, bench.device,
                                           sizeof bench.device);
    latency_begin(&bench.runner, error);
    status = 0;
    for (size_t i = 0; status == 0 && i < replays->count && !is_over(replays); i++) {
        status =
            replay_finding(&bench, &replays->findings[i], &replays->results[i], error);
        show_replay(replays, i);
    }
free:
    runner_free(&bench.runner);
out:
    if (store_close(bench.store, status == 0 ? error : &(struct error){0}) < 0)
        status = -1;
    return status;
}
