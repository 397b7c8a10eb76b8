/* percuss qualify: whether this percuss does on this machine what it is for. */
#include "cli/qualify.h"

#include "cli/common.h"
#include "core/clock.h"
#include "device/place.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct cli_option options[] = {
    {"out", "DIR", "a new folder for record, campaigns and runs; needed"},
    {"key", "KEY",
     "sign bundle and record with this PEM file (private key, certificate)"},
    {"quick", NULL, "a few of the checks, in seconds: this is no qualification"},
    {"json", NULL, "print the record as JSON"},
    {"quiet", NULL, "no word on each check"},
    {NULL, NULL, NULL}};

struct qualify_check *qualify_begin(struct qualification *all, const char *id,
                                    const char *title)
{
    struct qualify_check *check;

    if (all->count == QUALIFY_CHECKS)
        return NULL;
    check = &all->checks[all->count++];
    *check = (struct qualify_check){.seconds = (double)clock_now_ns() / 1e9};
    snprintf(check->id, sizeof check->id, "%s", id);
    snprintf(check->title, sizeof check->title, "%s", title);
    return check;
}

void qualify_end(struct qualification *all, struct qualify_check *check,
                 enum qualify_result result, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(check->observed, sizeof check->observed, format, arguments);
    va_end(arguments);
    check->result = result;
    check->seconds = (double)clock_now_ns() / 1e9 - check->seconds;
    all->results[result]++;
    if (all->said)
        fprintf(stderr, "%-11s  %-16s %5.1f s\n", qualify_result_name(result), check->id,
                check->seconds);
}

/* 0 every check passed, of all that there are; 1 one failed; 3 else. */
static int exit_of(const struct qualification *all)
{
    if (all->results[QUALIFY_FAILED])
        return EXIT_FAIL;
    return all->quick || all->results[QUALIFY_UNCHECKED] || !all->results[QUALIFY_PASSED]
               ? EXIT_INCONCLUSIVE
               : EXIT_PASS;
}

const char *qualify_verdict(const struct qualification *all)
{
    static const char *const verdicts[] = {
        [EXIT_PASS] = "pass", [EXIT_FAIL] = "fail", [EXIT_INCONCLUSIVE] = "incomplete"};

    return verdicts[exit_of(all)];
}

static int print(const struct qualification *all, bool json, struct error *error)
{
    char path[FOLDER_PATH], bytes[4096];
    FILE *file;
    size_t count;

    if (folder_path(path, all->folder, json ? "qualification.json" : "qualification.txt",
                    error) < 0)
        return -1;
    file = fopen(path, "r");
    if (!file)
        return error_set(error, "%s: %s", path, strerror(errno));
    while ((count = fread(bytes, 1, sizeof bytes, file)) > 0)
        fwrite(bytes, 1, count, stdout);
    fclose(file);
    putchar('\n');
    if (!json)
        printf("record: %s/qualification.json (exit code %d)\n", all->folder,
               exit_of(all));
    return fflush(stdout) ? error_set(error, "standard output: %s", strerror(errno)) : 0;
}

static int work(struct qualification *all, struct error *error)
{
    char targets[1024], file[FOLDER_PATH];

    place_share(targets, sizeof targets, "targets");
    if (folder_path(file, targets, "modbus/qualify/checks.yaml", error) < 0)
        return -1;
    qualify_catalogue(all);
    if (qualify_devices(all, file, error) < 0)
        return -1;
    qualify_oracles(all);
    qualify_capture(all);
    qualify_signature(all);
    all->ended_ns = clock_wall_ns();
    return qualify_write(all, error);
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    struct qualification *all = calloc(1, sizeof *all);
    struct error error = {""};
    int code = EXIT_USAGE;

    if (!all)
        return EXIT_HARNESS;
    all->folder = cli_value(command, arguments, "out");
    all->key = cli_value(command, arguments, "key");
    all->quick = cli_value(command, arguments, "quick") != NULL;
    all->said = cli_value(command, arguments, "quiet") == NULL;
    all->command = command;
    all->sound = "sound";
    all->began_ns = clock_wall_ns();
    if (!all->folder)
        error_set(&error, "--out DIR is needed: a folder for the record and the runs");
    else if (mkdir(all->folder, 0777) < 0)
        error_set(&error, "--out: %s: %s", all->folder, strerror(errno));
    else {
        common_watch_stop();
        if (work(all, &error) == 0 &&
            print(all, cli_value(command, arguments, "json") != NULL, &error) == 0)
            code = exit_of(all);
        common_unwatch_stop();
    }
    if (code == EXIT_USAGE)
        cli_fail(command, EXIT_USAGE, &error);
    free(all);
    return code;
}

extern const struct command command_qualify;
const struct command command_qualify = {
    .name = "qualify",
    .summary = "check that this percuss works on this machine, and write a record of it",
    .arguments = "",
    .positional_minimum = 0,
    .positional_maximum = 0,
    .options = options,
    .details =
        "Runs devices with one planted defect for each oracle, devices without one (an\n"
        "emulated one too, where qemu-system-arm is installed), holds an independent\n"
        "capture against the send log, and signs, verifies and alters a bundle: about two\n"
        "minutes. DIR/qualification.json is the validation record (qualification.txt the\n"
        "same, to be signed by hand); AC-22 reads it: see `validation` of an assessment.\n"
        "Exit: 0 every check passed, 1 one failed, 2 wrong usage or file, 3 something was\n"
        "not checked (always with --quick).\n",
    .run = run,
};
