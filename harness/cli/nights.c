/* percuss nights: what earlier nights know, and which of them can go. */
#include "bundle/folder.h"
#include "cli/baseline.h"
#include "cli/common.h"
#include "core/escape.h"
#include "report/lacks.h"
#include "report/retention.h"
#include "report/rows.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const struct cli_option options[] = {
    {"for", "CAMPAIGN", "what its next night still lacks of AC-05 and AC-06"},
    {"need", NULL, "print only that, in percent"},
    {"keep", "N", "which nights can go: all but the newest N, and but what hangs on any"},
    {"assessments", "PATHS",
     "assessments, or folders of such, a,b: what they cite stays; none: there are none"},
    {"remove", NULL, "remove the nights that can go"},
    {"json", NULL, "print as JSON"},
    {NULL, NULL, NULL}};

/* Being removed; what a killed process leaves of it is removed the next time. */
static const char removing[] = ".removing-";

struct view_of_nights {
    const char *folder;
    struct history history;
    struct lacks lacks;
    bool has_lacks, has_kept;
    int64_t removed;
};

static const char nights_sql[] =
    "SELECT name, started_ns, device, plan_hash, selection, engine, seed, reason, findings, "
    "inputs, position, sent FROM old.night ORDER BY started_ns, name";
static const char kept_sql[] =
    "SELECT n.name, (SELECT group_concat(why, ', ') FROM (SELECT why FROM old.kept k WHERE "
    "k.night = n.name ORDER BY why)) AS kept FROM old.night n ORDER BY n.started_ns, n.name";
static const char known_sql[] =
    "SELECT id, title, oracle, kind, grade, cause, place, disposition, held, first_night, "
    "last_night, fixed_night FROM old.known ORDER BY held <> '', id";

/* --- removing ----------------------------------------------------------------------- */

/* Out of the way at once, so that nobody meets half of one; a link is not followed. */
static int remove_night(const char *folder, const char *name, struct error *error)
{
    char path[FOLDER_PATH], away[FOLDER_PATH], hidden[300];
    struct stat about;

    snprintf(hidden, sizeof hidden, "%s%.250s", removing, name);
    if (folder_path(path, folder, name, error) < 0 ||
        folder_path(away, folder, hidden, error) < 0)
        return -1;
    if (lstat(path, &about) < 0 || !S_ISDIR(about.st_mode))
        return error_set(error, "%s: no folder of its own: not removed", path);
    if (rename(path, away) < 0)
        return error_set(error, "%s: %s", path, strerror(errno));
    folder_remove(away);
    return 0;
}

static void finish_removing(const char *folder)
{
    DIR *directory = opendir(folder);
    char path[FOLDER_PATH];
    struct dirent *entry;

    while (directory && (entry = readdir(directory)))
        if (strncmp(entry->d_name, removing, strlen(removing)) == 0 &&
            folder_path(path, folder, entry->d_name, &(struct error){0}) == 0)
            folder_remove(path);
    if (directory)
        closedir(directory);
}

static int remove_nights(struct view_of_nights *view, struct error *error)
{
    struct run_view both = {.store = view->history.store};
    struct rows rows = rows_of(&both, kept_sql);
    int status = 0;

    finish_removing(view->folder);
    while (status == 0 && rows_next(&rows)) {
        if (!rows_is_null(&rows, 1))
            continue;
        status = remove_night(view->folder, rows_text(&rows, 0), error);
        view->removed += status == 0;
    }
    return rows_close(&rows, status == 0 ? error : &(struct error){0}) < 0 ? -1 : status;
}

/* --- printing ----------------------------------------------------------------------- */

static void put(const char *text)
{
    escape_write(stdout, text, ESCAPE_TERMINAL);
}

static int print_nights(const struct view_of_nights *view, struct error *error)
{
    struct run_view both = {.store = view->history.store};
    struct rows rows = rows_of(&both, nights_sql);

    while (rows_next(&rows)) {
        put(rows_text(&rows, 0));
        printf("  %s, %lld finding(s), ended: ", rows_text(&rows, 5),
               (long long)rows_integer(&rows, 8));
        put(rows_text(&rows, 7));
        fputs("\n    ", stdout);
        put(rows_text(&rows, 2)[0] ? rows_text(&rows, 2) : "no device");
        putchar('\n');
    }
    if (view->history.left_out) {
        printf("%lld cannot be read: ", (long long)view->history.left_out);
        put(view->history.why_left_out);
        putchar('\n');
    }
    return rows_close(&rows, error);
}

static int print_known(const struct view_of_nights *view, struct error *error)
{
    struct run_view both = {.store = view->history.store};
    struct rows rows = rows_of(&both, known_sql);

    while (rows_next(&rows)) {
        printf("%-8s", rows_text(&rows, 8)[0] ? "fixed" : "open");
        put(rows_text(&rows, 0));
        fputs("  ", stdout);
        put(rows_text(&rows, 1));
        fputs("\n        first seen in ", stdout);
        put(rows_text(&rows, 9));
        fputs(", last in ", stdout);
        put(rows_text(&rows, 10));
        if (rows_text(&rows, 8)[0]) {
            fputs("; ", stdout);
            put(rows_text(&rows, 8));
        }
        putchar('\n');
    }
    return rows_close(&rows, error);
}

static int print_kept(const struct view_of_nights *view, struct error *error)
{
    struct run_view both = {.store = view->history.store};
    struct rows rows = rows_of(&both, kept_sql);

    while (rows_next(&rows)) {
        fputs(rows_is_null(&rows, 1) ? "can go  " : "stays   ", stdout);
        put(rows_text(&rows, 0));
        if (!rows_is_null(&rows, 1)) {
            fputs(": ", stdout);
            put(rows_text(&rows, 1));
        }
        putchar('\n');
    }
    if (view->removed)
        printf("%lld removed\n", (long long)view->removed);
    return rows_close(&rows, error);
}

static int print_text(const struct view_of_nights *view, struct error *error)
{
    if (print_nights(view, error) < 0 || print_known(view, error) < 0 ||
        (view->has_kept && print_kept(view, error) < 0))
        return -1;
    for (int i = 0; view->has_lacks && i < LACKS_COUNT; i++) {
        const struct lack *lack = &view->lacks.lacks[i];

        printf("%s lacks %d %%: ", lack->id, lack->percent);
        put(lack->explanation[0] ? lack->explanation : "no night on this build");
        putchar('\n');
    }
    return 0;
}

static json_t *lacks_json(const struct lacks *lacks)
{
    json_t *object =
        json_pack("{s:i, s:I}", "need", lacks->need, "nights", (json_int_t)lacks->nights);

    for (int i = 0; i < LACKS_COUNT; i++)
        json_object_set_new(object, lacks->lacks[i].id,
                            json_integer(lacks->lacks[i].percent));
    return object;
}

static int print_json(const struct view_of_nights *view, struct error *error)
{
    struct run_view both = {.store = view->history.store};
    json_t *root = json_object(), *nights = rows_list(&both, nights_sql, error);
    json_t *known = nights ? rows_list(&both, known_sql, error) : NULL;
    json_t *kept = known && view->has_kept ? rows_list(&both, kept_sql, error) : NULL;
    int status = known && (kept || !view->has_kept) ? 0 : -1;

    json_object_set_new(root, "nights", nights);
    json_object_set_new(root, "left_out", json_integer(view->history.left_out));
    json_object_set_new(root, "findings", known);
    if (view->has_kept) {
        json_object_set_new(root, "retention", kept);
        json_object_set_new(root, "removed", json_integer(view->removed));
    }
    if (view->has_lacks)
        json_object_set_new(root, "lacks", lacks_json(&view->lacks));
    if (status == 0 &&
        (json_dumpf(root, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII) < 0 ||
         putchar('\n') == EOF))
        status = error_set(error, "standard output: %s", strerror(errno));
    json_decref(root);
    return status;
}

/* --- the command -------------------------------------------------------------------- */

static int read_lacks(const struct command *command,
                      const struct cli_arguments *arguments, struct view_of_nights *view,
                      struct error *error)
{
    const char *path = cli_value(command, arguments, "for");
    struct campaign *campaign;
    struct criteria *criteria;
    char build[HASH_TEXT];
    int status = -1;

    if (!path)
        return cli_value(command, arguments, "need")
                   ? error_set(error, "--need needs --for CAMPAIGN")
                   : 0;
    campaign = campaign_load(path, common_build_folder(), NULL, error);
    criteria = campaign ? common_load_criteria(campaign, error) : NULL;
    if (criteria) {
        baseline_build(campaign, build);
        status = lacks_read(&view->lacks, &view->history, criteria, build, error);
        view->has_lacks = status == 0;
    }
    criteria_free(criteria);
    campaign_free(campaign);
    return status;
}

static int decide(const struct command *command, const struct cli_arguments *arguments,
                  struct view_of_nights *view, struct error *error)
{
    const char *text = cli_value(command, arguments, "keep");
    const char *assessments = cli_value(command, arguments, "assessments");
    bool remove = cli_value(command, arguments, "remove") != NULL;
    int64_t keep = 0;

    if (!text)
        return remove || assessments ? error_set(error, "how many nights stay? --keep N")
                                     : 0;
    if (text_to_integer(text, &keep) < 0 || keep < 1)
        return error_set(error, "--keep: expected a number from 1, found '%s'", text);
    if (!assessments)
        return error_set(error,
                         "--assessments PATHS is needed, or none: what they cite is "
                         "never removed");
    if (retention_decide(&view->history, keep, assessments, error) < 0)
        return -1;
    view->has_kept = true;
    return remove ? remove_nights(view, error) : 0;
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    struct view_of_nights view = {.folder = arguments->positional[0]};
    struct error error = {""};
    int code = EXIT_USAGE;

    if (history_read(view.folder, NULL, &view.history, &error) < 0 ||
        read_lacks(command, arguments, &view, &error) < 0 ||
        decide(command, arguments, &view, &error) < 0)
        cli_fail(command, EXIT_USAGE, &error);
    else if (cli_value(command, arguments, "need"))
        code = printf("%d\n", view.lacks.need) < 0 ? EXIT_HARNESS : EXIT_PASS;
    else if ((cli_value(command, arguments, "json") ? print_json(&view, &error)
                                                    : print_text(&view, &error)) < 0)
        code = cli_fail(command, EXIT_HARNESS, &error);
    else
        code = EXIT_PASS;
    history_free(&view.history);
    return code;
}

extern const struct command command_nights;
const struct command command_nights = {
    .name = "nights",
    .summary = "what the runs in a folder know together, and which of them can go",
    .arguments = "DIR",
    .positional_minimum = 1,
    .positional_maximum = 1,
    .options = options,
    .details =
        "DIR holds run folders of one interface, as run --baseline DIR and scripts/nightly\n"
        "make them. A night stays that is among the newest N; that an assessment cites; in\n"
        "which somebody triaged; that holds the reproducer of a finding that is replayed,\n"
        "saw it first or last, showed that it is fixed, or that two causes are one finding;\n"
        "where the next night goes on; or that was the first on its plan and build to touch\n"
        "something. So nothing that is known changes by removing the others.\n\n" HISTORY_FIXED
        "\n"
        "Exit: 0; 2 the command line or a file is wrong; 4 percuss itself failed.\n",
    .run = run,
};
