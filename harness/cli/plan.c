/* percuss plan: what will be done and by which rules, fixed before it is done. */
#include "bundle/signature.h"
#include "cli/common.h"
#include "core/clock.h"
#include "engine/carried.h"
#include "generate/inventory.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static const struct cli_option options[] = {
    {"seed", "N", "seed of the plan (default: the campaign's)"},
    {"cases", "RANGES",
     "case numbers that will be sent: 1-5000,20000- (default: the campaign's)"},
    COMMON_SELECTION,
    {"sign", "KEY",
     "sign with this PEM file (private key and certificate); detached CMS"},
    {"out", "FILE",
     "write the plan here, the signature to FILE.p7s (default: standard output)"},
    {"json", NULL, "print JSON (the form that is signed)"},
    {NULL, NULL, NULL},
};

/* What the selected cases touch, by kind: how much of how much, and what is left out. */
static json_t *coverage_json(const struct inventory *inventory)
{
    json_t *root = json_object();

    for (unsigned kind = 0; item_kinds[kind]; kind++) {
        struct inventory_figure figure = inventory_figure(inventory, kind);
        json_t *missing = json_array();

        for (size_t i = 0; i < inventory->count; i++)
            if (inventory->rows[i].kind == kind && inventory->rows[i].planned &&
                !inventory->rows[i].sent)
                json_array_append_new(missing, json_string(inventory->rows[i].name));
        json_object_set_new(root, item_kinds[kind],
                            json_pack("{s:I, s:I, s:I, s:o}", "of",
                                      (json_int_t)figure.planned, "touched",
                                      (json_int_t)figure.touched, "impossible",
                                      (json_int_t)figure.impossible, "missing", missing));
    }
    return root;
}

static void print_coverage(const struct inventory *inventory)
{
    for (unsigned kind = 0; item_kinds[kind]; kind++) {
        struct inventory_figure figure = inventory_figure(inventory, kind);

        printf("%-10s %-14s %zu of %zu", kind ? "" : "touches", item_kinds[kind],
               figure.touched, figure.planned);
        if (figure.impossible)
            printf(" (%zu more that no case can touch)", figure.impossible);
        putchar('\n');
    }
}

/* What of the plan stays a gap on this link. */
static json_t *missing_json(const uint64_t missing[LINK_CARRIES])
{
    json_t *json = json_object();
    char name[32];

    for (unsigned bit = 0; bit < LINK_CARRIES; bit++)
        if (missing[bit])
            json_object_set_new(json, carries_text(1u << bit, name, sizeof name),
                                json_integer((json_int_t)missing[bit]));
    return json;
}

static json_t *plan_json(const struct campaign *campaign, const struct criteria *criteria,
                         const struct inventory *inventory,
                         const uint64_t missing[LINK_CARRIES])
{
    json_t *list = json_array();
    char now[32], ranges[SELECTION_TEXT], patterns[SELECTION_TEXT];

    for (size_t i = 0; i < criteria_count(criteria); i++) {
        const struct criterion *criterion = criteria_at(criteria, i);

        json_array_append_new(
            list,
            json_pack("{s:s, s:s, s:s, s:s, s:f}", "id", criterion->id, "title",
                      criterion->title, "phase", criterion_phase_name(criterion->phase),
                      "comparison", criterion->comparison ? criterion->comparison : "",
                      "limit", criterion->limit));
    }
    clock_format_utc(clock_wall_ns(), now, sizeof now);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:o, s:o, s:o}",
        "percuss_plan", PERCUSS_VERSION, "made", now, "campaign", campaign->name,
        "campaign_hash", campaign->hash, "plan_hash", campaign->plan.hash, "model_hash",
        model_hash(campaign->model), "session_hash", campaign->session->hash,
        "criteria_hash", criteria_hash(criteria), "seed", (json_int_t)campaign->seed,
        "cases", (json_int_t)campaign->plan.total, "streams",
        (json_int_t)campaign->plan.stream_count, "case_ranges",
        selection_ranges_text(&campaign->selection, ranges, sizeof ranges), "selection",
        selection_patterns_text(&campaign->selection, patterns, sizeof patterns),
        "not_carried", missing_json(missing), "coverage", coverage_json(inventory),
        "criteria", list);
}

static void print_missing(const uint64_t missing[LINK_CARRIES])
{
    const char *before = "not carried by this link: ";
    char name[32];

    for (unsigned bit = 0; bit < LINK_CARRIES; bit++) {
        if (!missing[bit])
            continue;
        printf("%s%s %llu", before, carries_text(1u << bit, name, sizeof name),
               (unsigned long long)missing[bit]);
        before = ", ";
    }
    if (*before == ',')
        puts(" (cases that stay gaps)");
}

static void print_text(const struct campaign *campaign, const struct criteria *criteria,
                       const struct inventory *inventory,
                       const uint64_t missing[LINK_CARRIES])
{
    char ranges[SELECTION_TEXT], patterns[SELECTION_TEXT];

    printf(
        "campaign   %s (%.16s)\nplan       %s\nmodel      %s (%.16s)\nsession    %s (%.16s)\n"
        "seed       %llu\ncases      %llu enumerated in %zu streams\ncriteria   %.16s:",
        campaign->name, campaign->hash, campaign->plan.hash, model_id(campaign->model),
        model_hash(campaign->model), campaign->session->id, campaign->session->hash,
        (unsigned long long)campaign->seed, (unsigned long long)campaign->plan.total,
        campaign->plan.stream_count, criteria_hash(criteria));
    for (size_t i = 0; i < criteria_count(criteria); i++)
        printf(" %s", criteria_at(criteria, i)->id);
    printf("\nselected   %s of %s\n",
           selection_patterns_text(&campaign->selection, patterns, sizeof patterns),
           selection_ranges_text(&campaign->selection, ranges, sizeof ranges));
    print_coverage(inventory);
    print_missing(missing);
}

static int write_plan(const struct command *command,
                      const struct cli_arguments *arguments,
                      const struct campaign *campaign, const struct criteria *criteria,
                      struct error *error)
{
    const char *key = cli_value(command, arguments, "sign");
    const char *path = cli_value(command, arguments, "out");
    struct inventory inventory = {0};
    uint64_t missing[LINK_CARRIES];
    json_t *json = NULL;
    char *text = NULL;
    char signature[1100];
    FILE *file = NULL;
    int status = -1;

    if (carried_count_missing(campaign, missing, error) < 0)
        return -1;
    if (inventory_of_selection(&inventory, &campaign->plan, &campaign->selection) == 0)
        json = plan_json(campaign, criteria, &inventory, missing);
    text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
    if (!text) {
        error_set(error, "out of memory for the plan");
    } else if (key && !path) {
        error_set(error,
                  "--sign needs --out FILE: the signature covers that file's bytes");
    } else if (path) {
        file = fopen(path, "w");
        if (!file || fputs(text, file) < 0 || fclose(file) != 0)
            error_set(error, "cannot write %s", path);
        else
            status = 0;
        snprintf(signature, sizeof signature, "%s.p7s", path);
        if (status == 0 && key)
            status = signature_make(key, path, signature, error);
    } else {
        status = 0;
        if (cli_value(command, arguments, "json"))
            puts(text);
        else
            print_text(campaign, criteria, &inventory, missing);
    }
    free(text);
    json_decref(json);
    inventory_free(&inventory);
    return status;
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    struct campaign *campaign =
        common_load_campaign(command, arguments, arguments->positional[0]);
    struct criteria *criteria = NULL;
    struct error error;
    int code = EXIT_USAGE;

    if (!campaign)
        return EXIT_USAGE;
    criteria = common_load_criteria(campaign, &error);
    if (criteria && write_plan(command, arguments, campaign, criteria, &error) == 0)
        code = EXIT_PASS;
    else
        cli_fail(command, EXIT_USAGE, &error);
    criteria_free(criteria);
    campaign_free(campaign);
    return code;
}

extern const struct command command_plan;
const struct command command_plan = {
    .name = "plan",
    .summary = "show or sign what a campaign will do, before it does",
    .arguments = "CAMPAIGN",
    .positional_minimum = 1,
    .positional_maximum = 1,
    .options = options,
    .details =
        "Check a signature with: openssl cms -verify -binary -inform PEM -in FILE.p7s\n"
        "-content FILE -CAfile CERTIFICATE\n",
    .run = run,
};
