/* percuss cases: what the plan holds, without a device. */
#include "cli/common.h"

#include <jansson.h>
#include <stdio.h>

static const struct cli_option options[] = {
    {"number", "RANGE", "case numbers: 5, 1-20 (default: 1-20)"},
    {"seed", "N", "seed of the plan (default: the campaign's)"},
    {"json", NULL, "print one JSON object a line"},
    {NULL, NULL, NULL},
};

/* One case prepared for printing. */
struct shown {
    const struct campaign *campaign;
    struct generator generator;
    struct script script;
    struct tree tree;
    struct joiner joiner;
};

static void print_text(struct shown *shown, const char *name)
{
    printf("%llu %s\n", (unsigned long long)shown->script.number, name);
    for (size_t i = 0; i < shown->script.count; i++) {
        struct view bytes = script_bytes(&shown->script, i);
        struct expectation expectation;
        char text[1024], outcome[48];

        session_expect(shown->campaign->session, bytes, &shown->joiner, &shown->tree,
                       &expectation);
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
    char text[1024], outcome[48], hex[4096];

    for (size_t i = 0; i < shown->script.count; i++) {
        struct view bytes = script_bytes(&shown->script, i);
        struct expectation expectation;

        session_expect(shown->campaign->session, bytes, &shown->joiner, &shown->tree,
                       &expectation);
        bytes_to_hex(bytes, hex, sizeof hex);
        json_array_append_new(
            messages,
            json_pack("{s:b, s:s, s:s, s:s, s:s}", "fuzzed",
                      (int)shown->script.steps[i].fuzzed, "bytes", hex, "decoded",
                      tree_describe(&shown->tree, text, sizeof text), "expected",
                      outcome_text(expectation.outcomes, outcome, sizeof outcome), "why",
                      expectation.why));
    }
    json = json_pack("{s:I, s:s, s:o}", "number", (json_int_t)shown->script.number,
                     "name", name, "messages", messages);
    json_dumpf(json, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(json);
}

static int print_range(const struct command *command,
                       const struct cli_arguments *arguments,
                       const struct campaign *campaign, struct case_range range)
{
    struct shown shown = {.campaign = campaign};
    bool json = cli_value(command, arguments, "json") != NULL;
    struct error error;
    int code = EXIT_PASS;

    if (range.last == UINT64_MAX)
        range.last =
            campaign->plan.total > range.first ? campaign->plan.total : range.first;
    generator_init(&shown.generator, &campaign->plan);
    script_init(&shown.script);
    tree_init(&shown.tree, campaign->model);
    joiner_init(&shown.joiner, campaign->model, 1 << 20);
    if (!json)
        printf(
            "plan %.16s: %llu enumerated cases in %zu streams, then stacked random ones\n",
            campaign->plan.hash, (unsigned long long)campaign->plan.total,
            campaign->plan.stream_count);
    for (uint64_t number = range.first; number <= range.last && code == EXIT_PASS;
         number++) {
        char name[400];

        if (generator_case(&shown.generator, number, &shown.script) < 0) {
            error_set(&error, "out of memory at case %llu", (unsigned long long)number);
            code = cli_fail(command, EXIT_HARNESS, &error);
            break;
        }
        plan_name(&campaign->plan, number, name, sizeof name);
        (json ? print_json : print_text)(&shown, name);
    }
    tree_free(&shown.tree);
    joiner_free(&shown.joiner);
    script_free(&shown.script);
    generator_free(&shown.generator);
    return code;
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    const char *text = cli_value(command, arguments, "number");
    struct case_range range = {1, 20};
    struct campaign *campaign;
    struct error error;
    int code;

    if (text && case_range_parse(text, &range) < 0) {
        error_set(&error, "--number: expected a range such as 5 or 1-20, found '%s'",
                  text);
        return cli_fail(command, EXIT_USAGE, &error);
    }
    campaign = common_load_campaign(command, arguments, arguments->positional[0]);
    if (!campaign)
        return EXIT_USAGE;
    code = print_range(command, arguments, campaign, range);
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
