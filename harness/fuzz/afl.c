/* percuss-afl: a campaign's device as a target of afl-fuzz, or of whatever speaks its
 * protocol; by hand it shows what inputs do. */
#include "cli/cli.h"
#include "fuzz/driver.h"
#include "fuzz/forkserver.h"
#include "fuzz/seeds.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct cli_option options[] = {
    {"out", "DIR",
     "findings go to DIR/findings (default: afl-fuzz's own folder, else the current one)"},
    {"seeds", "DIR", "write the session's messages there as inputs, and end"},
    {"target", NULL, "print model and session as the mutators want them, and end"},
    {"hold-map", "DIR",
     "tell the fuzzer nothing but which of the inputs in DIR it is: to compare with"},
    {"once", NULL,
     "tell the fuzzer of a finding once, and nothing of inputs that hit it "
     "again"},
    {NULL, NULL, NULL},
};

/* The one mutable global: a signal handler can reach nothing else. */
static volatile sig_atomic_t stop_wanted;

static void on_signal(int number)
{
    (void)number;
    stop_wanted = 1;
}

static void watch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

/* --- under a fuzzer ----------------------------------------------------------------- */

static void note(const struct driver_result *result)
{
    if (result->fresh)
        fprintf(stderr, "%s %s: %s%s\n", result->id, result->oracle, result->title,
                result->elsewhere ? " (by an earlier input, which its folder has)" : "");
}

/* A known wrong answer of a device that goes on is not told again: the fuzzer would keep
 * away from all that lies behind it. */
static enum forkserver_end end_of(const struct driver_result *result)
{
    switch (result->verdict) {
    case DRIVER_FAULT: return FORKSERVER_FAULT;
    case DRIVER_HANG: return FORKSERVER_HANG;
    case DRIVER_WRONG: return result->fresh ? FORKSERVER_CRASH : FORKSERVER_OK;
    default: return FORKSERVER_OK;
    }
}

/* Inputs that a fuzzer keeps for what they reached would break the device again and
 * again. */
static enum forkserver_end tell_once(const struct driver_result *result, uint8_t *map)
{
    if (result->verdict == DRIVER_PASS || result->fresh)
        return end_of(result);
    if (result->verdict != DRIVER_WRONG)
        driver_forget_map(map);
    return FORKSERVER_OK;
}

static int serve_inputs(struct driver *driver, struct forkserver *server, bool once,
                        struct error *error)
{
    enum forkserver_end end;
    struct driver_result result;
    struct view input;
    int status;

    while ((status = forkserver_next(server, &stop_wanted, &input, error)) == 1) {
        if (driver_execute(driver, input, server->map, &result, error) < 0)
            return EXIT_INCONCLUSIVE;
        note(&result);
        end = once ? tell_once(&result, server->map) : end_of(&result);
        if (!forkserver_answer(server, end))
            return EXIT_PASS;
    }
    return status < 0 ? EXIT_HARNESS : EXIT_PASS;
}

static int serve(struct driver *driver, const struct command *command,
                 const struct cli_arguments *arguments, struct error *error)
{
    const char *file = arguments->positional_count > 1 ? arguments->positional[1] : NULL;
    bool once = cli_value(command, arguments, "once") != NULL;
    struct forkserver server = {0};
    int code = EXIT_HARNESS;

    if (forkserver_open(&server, DRIVER_MAP, file, error) < 0)
        goto out;
    code = EXIT_INCONCLUSIVE;
    if (driver_start(driver, error) < 0)
        goto out;
    code = forkserver_hello(&server, error) < 0
               ? EXIT_HARNESS
               : serve_inputs(driver, &server, once, error);
out:
    forkserver_close(&server);
    return code;
}

/* afl-fuzz ends with SIGKILL what it started, which leaves nobody to stop the device: so
 * what it started only waits for a process that does the work. That one ends when the
 * fuzzer closes its pipes, or when its parent dies. Returns in the worker. */
static int be_replaceable(int *code)
{
    pid_t parent = getpid(), worker = fork();
    int status = 0;

    if (worker < 0)
        return -1;
    if (worker == 0) {
        setpgid(0, 0);
        watch_signals();
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        stop_wanted |= getppid() != parent;
        return 0;
    }
    close_range(3, ~0u, 0);
    while (waitpid(worker, &status, 0) < 0)
        ;
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_HARNESS;
    return 1;
}

/* --- by hand ------------------------------------------------------------------------ */

static int read_all(FILE *file, uint8_t *bytes, struct view *input)
{
    *input = (struct view){bytes, fread(bytes, 1, INPUT_MAXIMUM, file)};
    return ferror(file) ? -1 : 0;
}

static void show(const char *name, const struct driver_result *result)
{
    if (result->verdict != DRIVER_PASS)
        printf("%s: %s %s: %s%s\n", name, result->id, result->oracle, result->title,
               result->fresh ? "" : " (known)");
    else if (result->title[0])
        printf("%s: nothing confirmed (%s: %s)\n", name, result->oracle, result->title);
    else if (result->refused && result->messages == 0)
        printf("%s: nothing was sent: the campaign keeps it off the wire\n", name);
    else
        printf("%s: nothing seen, %zu messages\n", name, result->messages);
    fflush(stdout);
}

/* Each input meets a restored device, and what is watched is read behind each. */
static int show_one(struct driver *driver, const char *name, FILE *file, bool *failed,
                    struct error *error)
{
    static uint8_t bytes[INPUT_MAXIMUM];
    struct driver_result result;
    struct view input;

    if (!file || read_all(file, bytes, &input) < 0) {
        error_set(error, "cannot read the input %s", name);
        return EXIT_USAGE;
    }
    driver_renew(driver);
    if (driver_execute(driver, input, NULL, &result, error) < 0)
        return EXIT_INCONCLUSIVE;
    show(name, &result);
    *failed |= result.verdict != DRIVER_PASS;
    return EXIT_PASS;
}

static int show_inputs(struct driver *driver, const struct cli_arguments *arguments,
                       struct error *error)
{
    bool failed = false;
    int code = EXIT_PASS;

    watch_signals();
    if (driver_start(driver, error) < 0)
        return EXIT_INCONCLUSIVE;
    driver->campaign->sample_every = 1;
    if (arguments->positional_count == 1)
        code = show_one(driver, "standard input", stdin, &failed, error);
    for (int i = 1; i < arguments->positional_count && code == EXIT_PASS && !stop_wanted;
         i++) {
        FILE *file = fopen(arguments->positional[i], "re");

        code = show_one(driver, arguments->positional[i], file, &failed, error);
        if (file)
            fclose(file);
    }
    return code != EXIT_PASS ? code : failed ? EXIT_FAIL : EXIT_PASS;
}

/* For the environment of the mutators, which know no campaigns. */
static int print_target(const struct campaign *campaign, struct error *error)
{
    static const char *const files[][2] = {{"model", "PERCUSS_MODEL"},
                                           {"session", "PERCUSS_SESSION"}};
    const struct yaml *target = yaml_get(yaml_root(campaign->document), "target");

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        const char *text = yaml_get(target, files[i][0])->text;
        char path[1600], *whole;

        snprintf(path, sizeof path, "%s%s", text[0] == '/' ? "" : campaign->folder, text);
        whole = realpath(path, NULL);
        if (!whole) {
            error_set(error, "%s: %s", path, strerror(errno));
            return EXIT_USAGE;
        }
        printf("%s=%s\n", files[i][1], whole);
        free(whole);
    }
    return EXIT_PASS;
}

/* --- the program -------------------------------------------------------------------- */

/* With the campaign read. */
static int do_what_is_asked(struct driver *driver, const struct command *command,
                            const struct cli_arguments *arguments, bool served,
                            struct error *error)
{
    const char *seeds = cli_value(command, arguments, "seeds");

    if (cli_value(command, arguments, "target"))
        return print_target(driver->campaign, error);
    if (seeds)
        return seeds_write(driver->campaign, seeds, error) < 0 ? EXIT_HARNESS : EXIT_PASS;
    return served ? serve(driver, command, arguments, error)
                  : show_inputs(driver, arguments, error);
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    const char *out = cli_value(command, arguments, "out");
    const char *own = getenv("__AFL_OUT_DIR");
    bool served = forkserver_wanted();
    struct driver_options how = {.campaign = arguments->positional[0],
                                 .directory = out             ? out
                                              : served && own ? own
                                                              : ".",
                                 .hold = cli_value(command, arguments, "hold-map")};
    struct error error = {""};
    struct driver driver = {0};
    int code = EXIT_USAGE;

    if (served && be_replaceable(&code) != 0)
        return code;
    if (driver_open(&driver, &how, &error) == 0)
        code = do_what_is_asked(&driver, command, arguments, served, &error);
    driver_close(&driver);
    return code > EXIT_FAIL ? cli_fail(command, (enum exit_code)code, &error) : code;
}

static const struct command command_afl = {
    .name = "percuss-afl",
    .summary = "run inputs on a campaign's device, for afl-fuzz or by hand",
    .arguments = "CAMPAIGN [FILE...]",
    .positional_minimum = 1,
    .positional_maximum = CLI_POSITIONAL,
    .options = options,
    .details =
        "  percuss-afl CAMPAIGN --seeds in\n"
        "  afl-fuzz -i in -o out -- percuss-afl CAMPAIGN\n\n"
        "A crash of afl-fuzz is what a hard oracle saw (signal 11), or what a soft one\n"
        "suspected and replays confirmed (signal 6, once for each finding); a hang is a\n"
        "device that answers nothing any more. Each finding has a folder, out/default/\n"
        "findings/F-001: `percuss replay` sends it again. Without afl-fuzz each FILE (or\n"
        "standard input) is run on a restored device.\n"
        "Exit: 0 nothing was seen, 1 a finding, 2 the command line or a file is wrong,\n"
        "3 no device, or it was lost, 4 the harness failed.\n",
    .alone = true,
    .run = run,
};

int main(int argc, char **argv)
{
    struct cli_arguments arguments;
    struct error error = {""};

    signal(SIGPIPE, SIG_IGN);
    switch (cli_parse(&command_afl, argc - 1, argv + 1, &arguments, &error)) {
    case CLI_HELP:
        if (cli_help(&command_afl, arguments.form, stdout, &error) == 0)
            return EXIT_PASS;
        __attribute__((fallthrough));
    case CLI_WRONG: return cli_fail(&command_afl, EXIT_USAGE, &error);
    default: return run(&command_afl, &arguments);
    }
}
