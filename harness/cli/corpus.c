/* percuss corpus: looks after the inputs that the coverage-guided engines keep. */
#include "engine/corpus.h"
#include "bundle/folder.h"
#include "cli/common.h"
#include "cli/corpus_show.h"
#include "engine/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {"model", "FILE", "the model (.ksy): needed by show, and with --messages"},
    {"session", "FILE", "show: the session whose messages they are like"},
    {"messages", NULL, "import: files are single messages, as in corpora/*/seeds"},
    {"for", "ENGINE", "export: libfuzzer or afl"},
    {"campaign", "FILE", "minimise: the campaign on whose device they are tried"},
    {"json", NULL, "show: JSON instead of text"},
    {NULL, NULL, NULL}};

struct task {
    const struct command *command;
    const struct cli_arguments *arguments;
    struct error error;
};

static const char *value(const struct task *task, const char *name)
{
    return cli_value(task->command, task->arguments, name);
}

static const char *folder(const struct task *task, int number)
{
    return task->arguments->positional[number];
}

static int need(struct task *task, const char *name)
{
    return value(task, name) ? 0
                             : error_set(&task->error, "%s needs --%s",
                                         task->arguments->positional[0], name);
}

/* --- import, export ----------------------------------------------------------------- */

static int import(struct task *task)
{
    struct corpus_import import = {.into = folder(task, 1)};
    struct model *model = NULL;
    int status = 0;

    if (value(task, "messages")) {
        if (need(task, "model") < 0 ||
            !(model = model_load(value(task, "model"), &task->error)))
            return EXIT_USAGE;
        import.framing = model_framing(model);
    }
    for (int i = 2; status == 0 && i < task->arguments->positional_count; i++)
        status = corpus_import(&import, folder(task, i), &task->error);
    model_free(model);
    if (status < 0)
        return EXIT_USAGE;
    printf("%llu inputs written, %llu were there, %llu files passed over\n",
           (unsigned long long)import.written, (unsigned long long)import.known,
           (unsigned long long)import.passed_over);
    return EXIT_PASS;
}

static int export(struct task *task)
{
    const char *engine = value(task, "for");
    uint64_t count = 0;

    if (need(task, "for") < 0)
        return EXIT_USAGE;
    if (strcmp(engine, "libfuzzer") != 0 && strcmp(engine, "afl") != 0) {
        error_set(&task->error, "--for: expected libfuzzer or afl, found '%.60s'",
                  engine);
        return EXIT_USAGE;
    }
    if (corpus_export(folder(task, 1), folder(task, 2),
                      *engine == 'a' ? CORPUS_AFL : CORPUS_LIBFUZZER, &count,
                      &task->error) < 0)
        return EXIT_USAGE;
    printf("%llu inputs\n", (unsigned long long)count);
    return EXIT_PASS;
}

/* --- minimise ----------------------------------------------------------------------- */

static bool is_stopped(void *context, const struct engine_progress *progress)
{
    (void)context;
    (void)progress;
    return common_stop_wanted();
}

/* The guided engine with nothing but seeds: the exemplars, then these, the shortest
 * first; what reaches nothing that one before it has not reached is not kept. */
static int try_inputs(struct task *task, struct campaign *campaign, const char *sorted,
                      uint64_t count)
{
    struct engine_options engine = {
        .directory = folder(task, 2), .corpus = sorted, .progress = is_stopped};
    enum engine_end end;
    char cases[40];

    count += campaign->session->message_count;
    snprintf(cases, sizeof cases, "1-%llu", (unsigned long long)count);
    campaign->corpora = NULL;
    if (selection_set_ranges(&campaign->selection, cases) < 0)
        return error_set(&task->error, "too many inputs");
    common_watch_stop();
    end = engine_run(campaign, &engine, &task->error);
    common_unwatch_stop();
    return end == ENGINE_DONE ? 0 : -1;
}

static int minimise(struct task *task)
{
    char sorted[FOLDER_PATH] = "";
    struct campaign *campaign;
    uint64_t count = 0;
    int status = -1;

    if (need(task, "campaign") < 0)
        return EXIT_USAGE;
    campaign =
        common_load_campaign(task->command, task->arguments, value(task, "campaign"));
    if (!campaign)
        return EXIT_USAGE;
    if (folder_temporary(sorted, &task->error) == 0 &&
        campaign_set_engine(campaign, "guided", &task->error) == 0 &&
        corpus_export(folder(task, 1), sorted, CORPUS_SORTED, &count, &task->error) == 0)
        status = try_inputs(task, campaign, sorted, count);
    folder_remove(sorted);
    campaign_free(campaign);
    if (status < 0)
        return EXIT_INCONCLUSIVE;
    printf("%llu inputs tried; what is left is in %s/corpus\n", (unsigned long long)count,
           folder(task, 2));
    return EXIT_PASS;
}

/* --- show --------------------------------------------------------------------------- */

static int show(struct task *task)
{
    struct model *model = NULL;
    struct session *session = NULL;
    int status = -1;

    if (need(task, "model") < 0 || need(task, "session") < 0)
        return EXIT_USAGE;
    model = model_load(value(task, "model"), &task->error);
    if (model)
        session = session_load(value(task, "session"), model, &task->error);
    if (session)
        status = corpus_show(folder(task, 1), session, value(task, "json"), &task->error);
    session_free(session);
    model_free(model);
    return status < 0 ? EXIT_USAGE : EXIT_PASS;
}

/* --- the command -------------------------------------------------------------------- */

static const struct {
    const char *name;
    int least, most; /* folders */
    int (*run)(struct task *task);
} actions[] = {{"import", 2, CLI_POSITIONAL - 1, import},
               {"export", 2, 2, export},
               {"show", 1, 1, show},
               {"minimise", 2, 2, minimise}};

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    struct task task = {.command = command, .arguments = arguments};
    int folders = arguments->positional_count - 1, code = EXIT_USAGE;

    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(arguments->positional[0], actions[i].name) != 0)
            continue;
        if (folders >= actions[i].least && folders <= actions[i].most)
            code = actions[i].run(&task);
        else
            error_set(&task.error, "%s: too %s folders, see percuss corpus --help",
                      actions[i].name, folders < actions[i].least ? "few" : "many");
        /* What was said already has no text here. */
        return code == EXIT_PASS || !*task.error.text
                   ? code
                   : cli_fail(command, (enum exit_code)code, &task.error);
    }
    error_set(&task.error, "expected import, export, show or minimise, found '%.60s'",
              arguments->positional[0]);
    return cli_fail(command, EXIT_USAGE, &task.error);
}

extern const struct command command_corpus;
const struct command command_corpus = {
    .name = "corpus",
    .summary = "look after the inputs that coverage-guided engines keep",
    .arguments = "ACTION FOLDER...",
    .positional_minimum = 2,
    .positional_maximum = CLI_POSITIONAL,
    .options = options,
    .details =
        "import CORPUS FROM...   puts inputs into CORPUS: another corpus or a run (which "
        "merges them),\n                        libFuzzer's folders, what afl-fuzz wrote, "
        "or seeds (--messages --model)\n"
        "export CORPUS FOLDER    for libFuzzer's command line, or as a fuzzer beside "
        "afl-fuzz's others\n                        (--for); FOLDER/queue is for afl-fuzz "
        "-i\n"
        "show CORPUS             the messages of each input by name (* changed, ! not "
        "valid), and of a run\n                        also what they reached first "
        "(--model --session)\n"
        "minimise CORPUS RUN     sends the exemplars, then each input, the shortest "
        "first, to the device of\n                        --campaign; RUN/corpus has "
        "those that reach something new\n"
        "A corpus is a folder of inputs, one a file, named by the first 32 hex digits of "
        "their SHA-256\n(harness/generate/README.md). Exit: 0 done; 2 a file or the "
        "command line is wrong; 3 no device.\n",
    .run = run,
};
