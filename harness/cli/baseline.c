#include "cli/baseline.h"

#include "core/clock.h"
#include "device/device.h"
#include "report/rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the budget at most a quarter is kept for replays, and no more than they may need. */
enum { REPLAY_SHARE = 4 };
static const int64_t replay_ns = 2 * CLOCK_S;

/* --- what is known ------------------------------------------------------------------ */

static const char known_sql[] =
    "SELECT id, night, reproducer, identity, plan_hash, grade, title, replays, "
    "replay_failures, held <> '' FROM old.known ORDER BY held = '', last_ns, id";

static void take_known(struct baseline *baseline, struct rows *rows)
{
    struct earlier_finding *finding = &baseline->known[baseline->known_count++];
    const char *id = strrchr(rows_text(rows, 0), '/');

    snprintf(finding->id, sizeof finding->id, "%s", id ? id + 1 : "");
    snprintf(finding->reproducer, sizeof finding->reproducer, "%s/%s/%s",
             baseline->history.folder, rows_text(rows, 1), rows_text(rows, 2));
    snprintf(finding->known_as, sizeof finding->known_as, "%s", rows_text(rows, 3));
    snprintf(finding->plan_hash, sizeof finding->plan_hash, "%s", rows_text(rows, 4));
    snprintf(finding->grade, sizeof finding->grade, "%s", rows_text(rows, 5));
    snprintf(finding->title, sizeof finding->title, "%s", rows_text(rows, 6));
    finding->replays = rows_integer(rows, 7);
    finding->failures = rows_integer(rows, 8);
    baseline->held_count += rows_integer(rows, 9) != 0;
}

static int read_known(struct baseline *baseline, struct error *error)
{
    struct run_view view = {.store = baseline->history.store};
    size_t room =
        (size_t)store_integer(view.store, 0, "SELECT count(*) FROM old.known", "");
    struct rows rows;

    baseline->known = calloc(room + 1, sizeof *baseline->known);
    baseline->results = calloc(room + 1, sizeof *baseline->results);
    if (!baseline->known || !baseline->results)
        return error_set(error, "out of memory");
    rows = rows_of(&view, known_sql);
    while (baseline->known_count < room && rows_next(&rows))
        take_known(baseline, &rows);
    return rows_close(&rows, error);
}

static int check_interface(const struct baseline *baseline,
                           const struct campaign *campaign, struct error *error)
{
    const struct history *history = &baseline->history;

    if (history->night_count == 0 || strcmp(history->interface, campaign->interface) == 0)
        return 0;
    return error_set(error,
                     "--baseline: %s is of the interface '%.200s', the campaign of "
                     "'%.200s'",
                     history->folder, history->interface, campaign->interface);
}

int baseline_read(struct baseline *baseline, const char *folder, const char *out,
                  const struct campaign *campaign, uint64_t *seed, struct error *error)
{
    struct history *history = &baseline->history;
    int64_t last;

    *baseline = (struct baseline){.known = NULL};
    if (history_read(folder, out, history, error) < 0 ||
        check_interface(baseline, campaign, error) < 0 || read_known(baseline, error) < 0)
        return -1;
    last = store_integer(history->store, -1,
                         "SELECT max(seed) FROM old.night WHERE engine = 'guided'", "");
    if (campaign->engine != CAMPAIGN_GUIDED || last < (int64_t)campaign->seed)
        return 0;
    *seed = (uint64_t)last + 1;
    return 1;
}

void baseline_free(struct baseline *baseline)
{
    history_free(&baseline->history);
    free(baseline->known);
    free(baseline->results);
    *baseline = (struct baseline){.known = NULL};
}

/* --- going on ----------------------------------------------------------------------- */

void baseline_build(const struct campaign *campaign, char build[HASH_TEXT])
{
    struct error ignored;
    struct device *device = device_create(campaign->device, &ignored);
    char text[600] = "";

    if (device && device->ops->describe)
        device->ops->describe(device, text, sizeof text);
    history_build(text, build);
    device_free(device);
}

/* The ranges from `first` on; false when no case is left in them. */
static bool cut_before(struct selection *selection, const struct plan *plan,
                       uint64_t first)
{
    struct selection cut = *selection;

    cut.range_count = 0;
    if (selection->range_count == 0)
        cut.ranges[cut.range_count++] = (struct case_range){first, UINT64_MAX};
    for (size_t i = 0; i < selection->range_count; i++) {
        struct case_range range = selection->ranges[i];

        if (range.last < first)
            continue;
        if (range.first < first)
            range.first = first;
        cut.ranges[cut.range_count++] = range;
    }
    if (cut.range_count == 0 || !selection_next(&cut, plan, first))
        return false;
    *selection = cut;
    return true;
}

/* The numbered engine: the case behind the last one. The random cases behind the
 * enumerated ones are other ones by their number alone, so that the plan stays the same.
 */
static void go_on(struct baseline *baseline, struct campaign *campaign)
{
    char selection[SELECTION_TEXT], build[HASH_TEXT], night[256] = "";
    struct history_place place = {
        .plan = campaign->plan.hash,
        .selection =
            selection_patterns_text(&campaign->selection, selection, sizeof selection),
        .build = build,
        .begin = selection_next(&campaign->selection, &campaign->plan, 1)};
    uint64_t first;

    baseline_build(campaign, build);
    first = history_position(&baseline->history, &place, night, sizeof night);
    if (strcmp(night, ".") == 0) /* it is one run, and no folder of them */
        strcpy(night, "that run");
    if (!first)
        snprintf(baseline->how, sizeof baseline->how,
                 "begins with the first case: no earlier night has this plan%s",
                 build[0] ? " and build" : "");
    else if (cut_before(&campaign->selection, &campaign->plan, first))
        snprintf(baseline->how, sizeof baseline->how,
                 "goes on with case %llu of the plan, where %.200s ended%s",
                 (unsigned long long)first, night,
                 build[0] ? "" : "; nothing shows whether it is another build");
    else
        snprintf(baseline->how, sizeof baseline->how,
                 "begins with the first case again: %.200s came to the last one", night);
    snprintf(
        baseline->first, sizeof baseline->first, "%llu",
        (unsigned long long)selection_next(&campaign->selection, &campaign->plan, 1));
    baseline->facts[0][0] = "night_first";
    baseline->facts[0][1] = baseline->first;
}

static void go_on_guided(struct baseline *baseline, const struct campaign *campaign,
                         struct engine_options *engine)
{
    char night[256];

    if (engine->corpus) {
        snprintf(baseline->how, sizeof baseline->how,
                 "begins with the inputs that the command line names");
    } else if (history_corpus(&baseline->history, baseline->corpus,
                              sizeof baseline->corpus, night) == 0) {
        engine->corpus = baseline->corpus;
        snprintf(baseline->how, sizeof baseline->how,
                 "begins with the inputs of %.200s, with seed %llu", night,
                 (unsigned long long)campaign->seed);
    } else {
        snprintf(baseline->how, sizeof baseline->how,
                 "begins with the campaign's own inputs: no earlier night kept any");
    }
}

void baseline_begin(struct baseline *baseline, struct campaign *campaign, bool cases,
                    int64_t budget_ns, struct engine_options *engine)
{
    int64_t reserve_ns = (int64_t)baseline->known_count * replay_ns;

    if (campaign->engine == CAMPAIGN_GUIDED)
        go_on_guided(baseline, campaign, engine);
    else if (!cases)
        go_on(baseline, campaign);
    else
        snprintf(baseline->how, sizeof baseline->how,
                 "sends the cases that the command line names");
    engine->facts = (const char *const(*)[2])baseline->facts;
    if (!budget_ns)
        return;
    if (reserve_ns > budget_ns / REPLAY_SHARE)
        reserve_ns = budget_ns / REPLAY_SHARE;
    engine->budget_ns = budget_ns - reserve_ns;
    baseline->reserve_ns = reserve_ns;
    baseline->deadline_ns = engine->began_ns + budget_ns;
}

/* --- the night ---------------------------------------------------------------------- */

int baseline_replay(struct baseline *baseline, struct campaign *campaign, const char *out,
                    bool show, struct error *error)
{
    /* A run confirms what it suspects, however long that takes: what is known has its
     * time all the same. */
    int64_t least_ns = clock_now_ns() + baseline->reserve_ns;
    struct replays replays = {.campaign = campaign,
                              .out = out,
                              .findings = baseline->known,
                              .results = baseline->results,
                              .count = baseline->known_count,
                              .times = COMPARE_REPLAYS,
                              .until_one_fails = true,
                              .deadline_ns = baseline->deadline_ns,
                              .show = show};

    if (replays.deadline_ns && replays.deadline_ns < least_ns)
        replays.deadline_ns = least_ns;
    return baseline->known_count ? replays_make(&replays, error) : 0;
}

static int print(const struct night *night, bool json)
{
    json_t *root = json ? night_json(night) : NULL;
    int status = 0;

    if (!json)
        night_text(night, stdout);
    else if (!root || json_dumpf(root, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII) < 0 ||
             putchar('\n') == EOF)
        status = -1;
    json_decref(root);
    return fflush(stdout) || ferror(stdout) ? -1 : status;
}

/* Counts what was replayed, and what should have been and was not. */
static void count_replays(const struct baseline *baseline, struct night_facts *facts,
                          char *why, size_t size)
{
    for (size_t i = 0; i < baseline->known_count; i++) {
        const struct retested *result = &baseline->results[i];

        facts->replayed += result->replays > 0;
        if (i >= baseline->held_count || result->replays > 0)
            continue;
        if (facts->not_guarded++ == 0)
            snprintf(why, size, "%s: %s", baseline->known[i].known_as,
                     result->why[0] ? result->why : "no time was left");
        facts->not_guarded_why = why;
    }
}

int baseline_conclude(struct baseline *baseline, const struct criteria *criteria,
                      const char *out, bool json, struct error *error)
{
    struct night_facts facts = {
        .folder = out, .how = baseline->how, .known = (int64_t)baseline->known_count};
    struct night night;
    int code = EXIT_HARNESS;
    char why[400];

    count_replays(baseline, &facts, why, sizeof why);
    if (night_judge(&night, &facts, &baseline->history, criteria, error) == 0 &&
        night_write_files(&night, error) == 0) {
        if (print(&night, json) < 0)
            error_set(error, "standard output: %s", strerror(errno));
        else
            code = night.exit;
    }
    night_free(&night);
    return code;
}
