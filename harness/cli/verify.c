/* percuss verify: evidence held against itself. */
#include "bundle/verify.h"

#include "cli/cli.h"

#include <jansson.h>
#include <stdio.h>

static const struct cli_option options[] = {
    {"certificate", "FILE",
     "PEM: who may have signed, or vouches for the signer (and the time stamp)"},
    {"regenerate", NULL, "make every case again from model and seed, and compare"},
    {"json", NULL, "print JSON"},
    {NULL, NULL, NULL}};

static const struct {
    enum exit_code code;
    const char *text;
} verdicts[] = {{EXIT_PASS, "verified"},
                {EXIT_FAIL, "altered"},
                {EXIT_INCONCLUSIVE, "cannot be judged"}};

/* An alteration outweighs what cannot be judged. */
static size_t verdict_of(const struct verification *all)
{
    if (all->results[CHECK_ALTERED])
        return 1;
    return all->results[CHECK_UNKNOWN] || !all->results[CHECK_GOOD] ? 2 : 0;
}

static void print_text(const struct verification *all, size_t verdict)
{
    size_t shown = 0;

    for (size_t i = 0; i < all->count; i++) {
        const struct check_line *line = &all->lines[i];

        shown += line->result == CHECK_ALTERED;
        printf("%-8s %-10s %s\n", check_result_name(line->result), line->check,
               line->text);
    }
    if (all->results[CHECK_ALTERED] > shown)
        printf("%-8s %-10s %zu more\n", check_result_name(CHECK_ALTERED), "",
               all->results[CHECK_ALTERED] - shown);
    printf("Verdict: %s\n", verdicts[verdict].text);
}

static void print_json(const struct verification *all, size_t verdict)
{
    json_t *lines = json_array(), *json;

    for (size_t i = 0; i < all->count; i++)
        json_array_append_new(lines,
                              json_pack("{s:s, s:s, s:s}", "result",
                                        check_result_name(all->lines[i].result), "check",
                                        all->lines[i].check, "text", all->lines[i].text));
    json = json_pack("{s:s, s:I, s:o}", "verdict", verdicts[verdict].text, "altered",
                     (json_int_t)all->results[CHECK_ALTERED], "checks", lines);
    json_dumpf(json, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(json);
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    struct verify_options verify = {
        .certificate = cli_value(command, arguments, "certificate"),
        .regenerate = cli_value(command, arguments, "regenerate") != NULL};
    struct verification all = {0};
    struct error error;
    size_t verdict;

    if (verify_evidence(arguments->positional[0], &verify, &all, &error) < 0) {
        verification_free(&all);
        return cli_fail(command, EXIT_USAGE, &error);
    }
    verdict = verdict_of(&all);
    (cli_value(command, arguments, "json") ? print_json : print_text)(&all, verdict);
    verification_free(&all);
    return verdicts[verdict].code;
}

extern const struct command command_verify;
const struct command command_verify = {
    .name = "verify",
    .summary = "check evidence: signature, files, digests, captures, verdicts, reports",
    .arguments = "FILE",
    .positional_minimum = 1,
    .positional_maximum = 1,
    .options = options,
    .details =
        "FILE is what percuss bundle made: an archive with its signature beside it\n"
        "(FILE.p7s), or a folder.\n"
        "Exit: 0 verified, 1 something was altered, 2 wrong usage or no such file, 3 it\n"
        "cannot be judged (who signed is not known without --certificate).\n",
    .run = run,
};
