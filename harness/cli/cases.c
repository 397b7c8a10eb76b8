/* percuss cases: what the plan holds, without a device. */
#include "cli/against.h"
#include "cli/common.h"
#include "engine/delivery_json.h"
#include "link/link.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { CASES_SHOWN = 20 };

static const struct cli_option options[] = {
    {"number", "RANGES",
     "case numbers: 5, 1-20,100-200 (default: the campaign's, the first 20)"},
    COMMON_SELECTION,
    {"seed", "N", "seed of the plan (default: the campaign's)"},
    {"against", "OLD",
     "what was added and removed since OLD: a run folder, or another campaign file"},
    {"json", NULL, "print one JSON object a line"},
    {NULL, NULL, NULL},
};

/* One case prepared for printing. */
struct shown {
    const struct campaign *campaign;
    struct generator generator;
    struct script script;
    struct tree tree;
    uint8_t filled[LINK_SMALLEST]; /* `tree` may borrow it */
    bool open; /* the connection would be, after the messages so far */
    struct joiner joiner;
};

/* What message `i` may get from a device that accepts what it may accept. Without a
 * device nothing is agreed: each message reads as it was written. */
static struct view judge(struct shown *shown, size_t i, struct expectation *expectation)
{
    const struct session *session = shown->campaign->session;
    struct view bytes = script_bytes(&shown->script, i);

    shown->open = i > 0 && shown->open;
    shown->tree.context = session->messages[shown->script.steps[i].message].tree.context;
    delivery_expect(
        session, link_filled(link_kind(shown->campaign->link_kind), bytes, shown->filled),
        &shown->script.steps[i].delivery, shown->open, &shown->joiner, &shown->tree,
        expectation);
    if ((expectation->outcomes & OUTCOME_ACCEPT) && session_opens(session, &shown->tree))
        shown->open = true;
    return bytes;
}

static void print_text(struct shown *shown, const char *name)
{
    printf("%llu %s\n", (unsigned long long)shown->script.number, name);
    for (size_t i = 0; i < shown->script.count; i++) {
        struct expectation expectation;
        struct view bytes = judge(shown, i, &expectation);
        char text[1024], outcome[48];

        printf("  %c ", shown->script.steps[i].fuzzed ? '*' : '-');
        common_print_hex(bytes);
        printf("\n    %s\n    expected: %s (%s)\n",
               tree_describe(&shown->tree, text, sizeof text),
               outcome_text(expectation.outcomes, outcome, sizeof outcome),
               expectation.why);
    }
}

static void print_json(struct shown *shown, const char *name)
{
    json_t *messages = json_array(), *json;
    char text[1024], outcome[48];

    for (size_t i = 0; i < shown->script.count; i++) {
        struct expectation expectation;
        struct view bytes = judge(shown, i, &expectation);
        const struct delivery *delivery = &shown->script.steps[i].delivery;
        char *hex = malloc(bytes.length * 2 + 1);

        if (!hex)
            break;
        bytes_to_hex(bytes, hex, bytes.length * 2 + 1);
        json_array_append_new(
            messages,
            json_pack("{s:b, s:s, s:s, s:s, s:s, s:o*}", "fuzzed",
                      (int)shown->script.steps[i].fuzzed, "bytes", hex, "decoded",
                      tree_describe(&shown->tree, text, sizeof text), "expected",
                      outcome_text(expectation.outcomes, outcome, sizeof outcome), "why",
                      expectation.why, "delivery",
                      delivery_is_whole(delivery) ? NULL : delivery_to_json(delivery)));
        free(hex);
    }
    json = json_pack("{s:I, s:s, s:o}", "number", (json_int_t)shown->script.number,
                     "name", name, "messages", messages);
    json_dumpf(json, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(json);
}

static int print_case(struct shown *shown, uint64_t number, bool json)
{
    char name[400];

    if (generator_case(&shown->generator, number, &shown->script) < 0)
        return -1;
    plan_name(&shown->campaign->plan, number, name, sizeof name);
    (json ? print_json : print_text)(shown, name);
    return 0;
}

/* An open end is that of the enumerated cases: stacked ones never end. */
static int print_cases(const struct command *command, const struct campaign *campaign,
                       bool json, uint64_t most)
{
    const struct selection *selection = &campaign->selection;
    const struct plan *plan = &campaign->plan;
    bool open_end = selection_left(selection, 1) == UINT64_MAX;
    struct shown shown = {.campaign = campaign};
    struct error error;
    int code = EXIT_PASS;
    uint64_t number = selection_next(selection, plan, 1);

    generator_init(&shown.generator, plan);
    script_init(&shown.script);
    tree_init(&shown.tree, campaign->model);
    joiner_init(&shown.joiner, campaign->model, 1 << 20);
    for (uint64_t printed = 0; number && printed < most; printed++) {
        if (open_end && printed && number > plan->total)
            break;
        if (print_case(&shown, number, json) < 0) {
            error_set(&error, "out of memory at case %llu", (unsigned long long)number);
            code = cli_fail(command, EXIT_HARNESS, &error);
            break;
        }
        number = selection_next(selection, plan, number + 1);
    }
    tree_free(&shown.tree);
    joiner_free(&shown.joiner);
    script_free(&shown.script);
    generator_free(&shown.generator);
    return code;
}

static void print_plan(const struct campaign *campaign)
{
    char ranges[SELECTION_TEXT], patterns[SELECTION_TEXT];

    printf("plan %.16s: %llu enumerated cases in %zu streams, then stacked random ones\n",
           campaign->plan.hash, (unsigned long long)campaign->plan.total,
           campaign->plan.stream_count);
    printf("selected: %s of %s\n",
           selection_patterns_text(&campaign->selection, patterns, sizeof patterns),
           selection_ranges_text(&campaign->selection, ranges, sizeof ranges));
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    bool json = cli_value(command, arguments, "json") != NULL;
    const char *old = cli_value(command, arguments, "against");
    struct campaign *campaign =
        common_load_campaign(command, arguments, arguments->positional[0]);
    struct error error;
    int code = EXIT_PASS;

    if (!campaign)
        return EXIT_USAGE;
    if (old) {
        if (against_print(campaign, old, json, &error) < 0)
            code = cli_fail(command, EXIT_USAGE, &error);
        campaign_free(campaign);
        return code;
    }
    if (!json)
        print_plan(campaign);
    code =
        print_cases(command, campaign, json,
                    cli_value(command, arguments, "number") ? UINT64_MAX : CASES_SHOWN);
    campaign_free(campaign);
    return code;
}

extern const struct command command_cases;
const struct command command_cases = {
    .name = "cases",
    .summary = "list case numbers, names and bytes of a plan",
    .arguments = "CAMPAIGN",
    .positional_minimum = 1,
    .positional_maximum = 1,
    .options = options,
    .details =
        "Lines with * are the fuzzed messages, lines with - lead to the state.\n"
        "Holes that earlier replies fill when a case is sent show the exemplar's value.\n",
    .run = run,
};
