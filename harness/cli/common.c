#include "cli/common.h"

#include "cli/until.h"
#include "device/place.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

const char *common_build_folder(void)
{
    static char folder[1024];

    place_build(folder, sizeof folder);
    return folder;
}

/* What the command line asks for stands in place of the file's. */
static int select_cases(const struct command *command,
                        const struct cli_arguments *arguments, struct campaign *campaign,
                        struct error *error)
{
    struct selection *selection = &campaign->selection;
    const char *number = cli_value(command, arguments, "number");
    const char *ranges = number ? number : cli_value(command, arguments, "cases");
    struct error unmatched;
    const struct {
        const char *option, **text;
    } patterns[] = {{"only", &selection->only},
                    {"anomalies", &selection->anomalies},
                    {"states", &selection->states}};

    if (ranges && selection_set_ranges(selection, ranges) < 0)
        return error_set(error,
                         "--%s: expected ascending ranges such as 5 or 1-5000,20000-, "
                         "found '%s'",
                         number ? "number" : "cases", ranges);
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        const char *text = cli_value(command, arguments, patterns[i].option);

        if (text)
            *patterns[i].text = text;
    }
    if (selection_bind(selection, &campaign->plan, &unmatched) < 0)
        return error_set(error, "--%s", unmatched.text);
    return 0;
}

struct campaign *common_load_campaign(const struct command *command,
                                      const struct cli_arguments *arguments,
                                      const char *path)
{
    const char *text = cli_value(command, arguments, "seed");
    struct error error;
    int64_t seed = 0;

    if (text && (text_to_integer(text, &seed) < 0 || seed < 0)) {
        error_set(&error, "--seed: expected an integer from 0, found '%s'", text);
        cli_fail(command, EXIT_USAGE, &error);
        return NULL;
    }
    return common_load_seeded(command, arguments, path,
                              text ? &(uint64_t){(uint64_t)seed} : NULL);
}

struct campaign *common_load_seeded(const struct command *command,
                                    const struct cli_arguments *arguments,
                                    const char *path, const uint64_t *seed)
{
    struct error error;
    struct campaign *campaign = campaign_load(path, common_build_folder(), seed, &error);

    if (campaign && select_cases(command, arguments, campaign, &error) < 0) {
        campaign_free(campaign);
        campaign = NULL;
    }
    if (!campaign)
        cli_fail(command, EXIT_USAGE, &error);
    return campaign;
}

struct criteria *common_load_criteria(const struct campaign *campaign,
                                      struct error *error)
{
    const struct yaml *folder = campaign->criteria_folder;
    struct criteria *criteria;
    struct until until;
    char path[1200];

    if (folder && folder->kind != YAML_SCALAR) {
        yaml_complain(folder, error, "a folder");
        return NULL;
    }
    if (folder)
        snprintf(path, sizeof path, "%s%s",
                 folder->text[0] == '/' ? "" : campaign->folder, folder->text);
    if (folder && access(path, R_OK | X_OK) < 0) {
        yaml_complain(folder, error, "a folder that can be read (%s: %s)", path,
                      strerror(errno));
        return NULL;
    }
    criteria = criteria_load(folder ? path : NULL, error);
    if (criteria && (criteria_select(criteria, campaign->criteria, error) < 0 ||
                     until_read(&until, criteria, campaign->until, NULL, error) < 0)) {
        criteria_free(criteria);
        criteria = NULL;
    }
    return criteria;
}

int common_judge_again(struct store *store, struct error *error)
{
    struct criteria *criteria = criteria_load(NULL, error);
    int status = criteria ? criteria_judge_again(criteria, store, error) : -1;

    criteria_free(criteria);
    return status;
}

int common_read_port(const struct command *command, const struct cli_arguments *arguments,
                     uint16_t *port, struct error *error)
{
    const char *text = cli_value(command, arguments, "port");
    int64_t number = 0;

    if (!text)
        return 0;
    if (text_to_integer(text, &number) < 0 || number < 1 || number > UINT16_MAX)
        return error_set(error, "--port: expected a number from 1 to 65535, found '%s'",
                         text);
    *port = (uint16_t)number;
    return 0;
}

static int read_assignment(const struct model *model, const char *text,
                           struct context *context, struct error *error)
{
    size_t length = strcspn(text, "=");
    int parameter = context_find(model, text, length);
    struct suggestion suggestion = suggest_for(text, length);
    struct error expected = {""};

    if (parameter < 0) {
        context_offer(model, &suggestion);
        error_set(error, "--context: '%.*s' is no param of model %s", (int)length, text,
                  model_id(model));
        return suggest_append(&suggestion, error);
    }
    if (!text[length])
        return error_set(error, "--context: expected NAME=VALUE, found '%.100s'", text);
    if (context_read(context, model, (unsigned)parameter, text + length + 1, &expected) <
        0)
        return error_set(error, "--context %.*s: expected %s, found '%.100s'",
                         (int)length, text, expected.text, text + length + 1);
    return 0;
}

int common_read_context(const struct command *command,
                        const struct cli_arguments *arguments, const struct model *model,
                        struct context *context, struct error *error)
{
    const char *given = cli_value(command, arguments, "context");
    char *all = given ? strdup(given) : NULL, *rest = all, *text;
    int status = 0;

    if (given && !all)
        return error_set(error, "out of memory");
    while (status == 0 && (text = strsep(&rest, ",")))
        status = read_assignment(model, text, context, error);
    free(all);
    return status;
}

/* --- stopping ----------------------------------------------------------------------- */

/* The one mutable global: a signal handler can reach nothing else. */
static volatile sig_atomic_t stop_wanted;
static struct termios terminal_before;
static bool terminal_changed;

static void on_signal(int number)
{
    (void)number;
    stop_wanted = 1;
}

void common_watch_stop(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct termios quiet;

    stop_wanted = 0;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (!isatty(STDIN_FILENO) || tcgetpgrp(STDIN_FILENO) != getpgrp() ||
        tcgetattr(STDIN_FILENO, &terminal_before) < 0)
        return;
    quiet = terminal_before;
    quiet.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    terminal_changed = tcsetattr(STDIN_FILENO, TCSANOW, &quiet) == 0;
}

bool common_stop_wanted(void)
{
    struct pollfd keys = {.fd = STDIN_FILENO, .events = POLLIN};
    char key;

    if (terminal_changed && poll(&keys, 1, 0) > 0 && read(STDIN_FILENO, &key, 1) == 1 &&
        (key == 'q' || key == 'Q'))
        stop_wanted = 1;
    return stop_wanted;
}

void common_unwatch_stop(void)
{
    if (terminal_changed)
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
    terminal_changed = false;
}

void common_print_hex(struct view bytes)
{
    for (size_t i = 0; i < bytes.length; i++)
        printf("%s%02x", i ? " " : "", bytes.data[i]);
}
