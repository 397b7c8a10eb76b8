/* The seeded devices: a campaign is made of a template for each check, run, and held
 * against what the check expects. */
#include "cli/qualify.h"

#include "cli/common.h"
#include "cli/running.h"
#include "device/file.h"
#include "device/spawn.h"
#include "oracle/oracle.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEMPLATE_MAXIMUM = 1 << 20 };

/* One entry of the file. */
struct plan_entry {
    const char *id, *title, *template, *cases, *quick_cases, *only, *anomalies;
    const char *finds, *criterion, *needs;
    bool quick;
    const struct yaml *set;
};

static int read_entry(const struct yaml *node, struct plan_entry *entry,
                      struct error *error)
{
    static const char *const keys[] = {
        "id",        "title", "template", "cases",     "set",         "only", "finds",
        "criterion", "needs", "quick",    "anomalies", "quick-cases", NULL};
    struct {
        const char *key, **text;
        bool needed;
    } texts[] = {{"id", &entry->id, true},
                 {"title", &entry->title, true},
                 {"template", &entry->template, true},
                 {"cases", &entry->cases, true},
                 {"quick-cases", &entry->quick_cases, false},
                 {"only", &entry->only, false},
                 {"anomalies", &entry->anomalies, false},
                 {"finds", &entry->finds, false},
                 {"criterion", &entry->criterion, false},
                 {"needs", &entry->needs, false}};

    *entry = (struct plan_entry){0};
    if (yaml_check_keys(node, keys, error) < 0 ||
        !(entry->set = yaml_need(node, "set", YAML_MAP, error)) ||
        yaml_read_bool(node, "quick", &entry->quick, error) < 0)
        return -1;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if ((texts[i].needed && !yaml_need(node, texts[i].key, YAML_SCALAR, error)) ||
            yaml_read_text(node, texts[i].key, texts[i].text, error) < 0)
            return -1;
    if (entry->finds && !entry->criterion)
        return yaml_complain(node, error, "a key `criterion` beside `finds`");
    return 0;
}

/* --- the campaign ------------------------------------------------------------------- */

static const char *value_of(const struct yaml *set, const char *here, const char *name,
                            size_t length)
{
    if (length == 4 && memcmp(name, "here", 4) == 0)
        return here;
    for (const struct yaml *node = set->child; node; node = node->next)
        if (strlen(node->key) == length && memcmp(node->key, name, length) == 0)
            return node->text;
    return NULL;
}

/* ${NAME} of what the check sets; others are the campaign's own. */
static void put_template(FILE *out, const char *text, const struct yaml *set,
                         const char *here)
{
    while (*text) {
        const char *mark = strstr(text, "${"), *end = mark ? strchr(mark, '}') : NULL;
        const char *value =
            end ? value_of(set, here, mark + 2, (size_t)(end - mark) - 2) : NULL;

        if (!end) {
            fputs(text, out);
            return;
        }
        fprintf(out, "%.*s", (int)(mark - text), text);
        if (value)
            fputs(value, out);
        else
            fprintf(out, "%.*s", (int)(end + 1 - mark), mark);
        text = end + 1;
    }
}

static int write_campaign(const struct plan_entry *entry, const char *here,
                          const char *path, struct error *error)
{
    char from[FOLDER_PATH], *made = NULL;
    struct buffer text = {0};
    size_t size;
    FILE *out = open_memstream(&made, &size);
    int status = -1;

    if (out && folder_path(from, here, entry->template, error) == 0 &&
        file_load(from, TEMPLATE_MAXIMUM, &text, error) == 0) {
        char *words = strndup((const char *)text.data, text.length);

        if (words)
            put_template(out, words, entry->set, here);
        free(words);
        fclose(out);
        out = NULL;
        status = folder_make_parents(path, error);
        if (status == 0)
            status = folder_write(path, made, size, error);
    }
    if (out)
        fclose(out);
    free(made);
    buffer_free(&text);
    return status;
}

static int select_cases(const struct plan_entry *entry, bool quick,
                        struct campaign *campaign, struct error *error)
{
    struct selection *selection = &campaign->selection;

    selection->only = entry->only;
    selection->anomalies = entry->anomalies;
    if (selection_set_ranges(selection, quick && entry->quick_cases ? entry->quick_cases
                                                                    : entry->cases) < 0)
        return error_set(error, "%s: cases: expected ascending ranges", entry->id);
    return selection_bind(selection, &campaign->plan, error);
}

/* --- what the run shows ------------------------------------------------------------- */

static void text_of(struct store *store, char *text, size_t size, const char *sql,
                    const char *value)
{
    sqlite3_stmt *row = NULL;

    text[0] = '\0';
    if (sqlite3_prepare_v2(store_database(store), sql, -1, &row, NULL) == SQLITE_OK) {
        if (value)
            sqlite3_bind_text(row, 1, value, -1, SQLITE_STATIC);
        if (sqlite3_step(row) == SQLITE_ROW && sqlite3_column_text(row, 0))
            snprintf(text, size, "%s", (const char *)sqlite3_column_text(row, 0));
    }
    sqlite3_finalize(row);
}

/* Its findings are of that oracle alone, and confirmed; or there is none. */
static bool is_as_expected(struct store *store, const struct plan_entry *entry,
                           const char *verdict)
{
    int64_t all = store_integer(store, -1, "SELECT count(*) FROM finding", "");
    int64_t right = store_integer(store, -1,
                                  "SELECT count(*) FROM finding WHERE oracle = ? AND "
                                  "grade = 'confirmed'",
                                  "t", entry->finds ? entry->finds : "");

    if (!entry->finds)
        return all == 0;
    return all > 0 && right == all && strcmp(verdict, "fail") == 0;
}

/* "process /somewhere/NAME, program sha256 …": the hash says what it is, and its place on
 * this machine nothing. */
static void drop_folder(char *device)
{
    static const char kind[] = "process ";
    char *name = device + sizeof kind - 1, *end = strchr(device, ',');

    if (strncmp(device, kind, sizeof kind - 1) != 0 || !end)
        return;
    for (char *at = name; at < end; at++) {
        if (*at == '/') {
            memmove(name, at + 1, strlen(at + 1) + 1);
            end -= at + 1 - name;
            at = name - 1;
        }
    }
}

static void judge(struct qualification *all, struct qualify_check *check,
                  const struct plan_entry *entry, const char *folder)
{
    struct error error = {""};
    struct store *store = store_open_run(folder, false, &error);
    char found[400], verdict[32] = "";
    int64_t sent;

    if (!store) {
        qualify_end(all, check, QUALIFY_FAILED, "%s", error.text);
        return;
    }
    store_get(store, "device", check->device, sizeof check->device);
    drop_folder(check->device);
    sent = store_integer(store, 0,
                         "SELECT count(DISTINCT number) FROM cases WHERE verdict IN "
                         "('pass', 'suspect', 'finding')",
                         "");
    text_of(store, found, sizeof found,
            "SELECT group_concat(printf('%s %s %s: %s', id, oracle, grade, title), '; ') "
            "FROM (SELECT * FROM finding ORDER BY id LIMIT 5)",
            NULL);
    if (entry->criterion)
        text_of(store, verdict, sizeof verdict,
                "SELECT verdict FROM criterion WHERE id = ?", entry->criterion);
    qualify_end(all, check,
                sent > 0 && is_as_expected(store, entry, verdict) ? QUALIFY_PASSED
                                                                  : QUALIFY_FAILED,
                "%lld cases sent; %s%s%s%s%s", (long long)sent,
                found[0] ? found : "no finding", entry->criterion ? "; " : "",
                entry->criterion ? entry->criterion : "", entry->criterion ? " " : "",
                verdict);
    store_close(store, NULL);
}

static bool keep_going(void *context, const struct engine_progress *progress)
{
    (void)context;
    (void)progress;
    return common_stop_wanted();
}

/* A device that cannot be driven fails the check: something of the installation lacks. */
static void drive(struct qualification *all, struct qualify_check *check,
                  const struct plan_entry *entry, struct campaign *campaign)
{
    char folder[FOLDER_PATH];
    struct error error = {""};
    struct criteria *criteria = criteria_load(NULL, &error);
    struct engine_options options = {.directory = folder,
                                     .criteria_hash =
                                         criteria ? criteria_hash(criteria) : NULL,
                                     .progress = keep_going};

    if (!criteria || select_cases(entry, all->quick, campaign, &error) < 0 ||
        folder_path(folder, all->folder, check->run, &error) < 0 ||
        engine_run(campaign, &options, &error) != ENGINE_DONE)
        qualify_end(all, check, QUALIFY_FAILED, "%s", error.text);
    else if (common_stop_wanted())
        qualify_end(all, check, QUALIFY_UNCHECKED, "stopped");
    else if (running_conclude(all->command, criteria, folder, NULL) == EXIT_HARNESS)
        qualify_end(all, check, QUALIFY_FAILED, "the run could not be judged");
    else
        judge(all, check, entry, folder);
    criteria_free(criteria);
}

static void describe(struct qualify_check *check, const struct plan_entry *entry)
{
    snprintf(check->expected, sizeof check->expected, "no finding");
    if (!entry->finds)
        return;
    snprintf(check->oracle, sizeof check->oracle, "%s", entry->finds);
    snprintf(
        check->expected, sizeof check->expected,
        "the oracle %s finds it, confirmed; no other oracle finds anything; %s fails",
        entry->finds, entry->criterion);
}

/* Why the check is not made; "": it is. */
static const char *why_not(const struct qualification *all,
                           const struct plan_entry *entry, char *text, size_t size)
{
    char program[1024];

    text[0] = '\0';
    if (common_stop_wanted())
        snprintf(text, size, "stopped");
    else if (all->quick && !entry->quick && !entry->quick_cases)
        snprintf(text, size, "left out by --quick");
    else if (entry->needs && spawn_find(entry->needs, program, sizeof program) < 0)
        snprintf(text, size, "%s is not installed", entry->needs);
    return text;
}

static int run_check(struct qualification *all, const struct plan_entry *entry,
                     const char *here, struct error *error)
{
    struct qualify_check *check = qualify_begin(all, entry->id, entry->title);
    struct campaign *campaign;
    struct error why = {""};
    char name[80], path[FOLDER_PATH], reason[200];

    if (!check)
        return error_set(error, "more than %d checks", QUALIFY_CHECKS);
    describe(check, entry);
    if (why_not(all, entry, reason, sizeof reason)[0]) {
        qualify_end(all, check, QUALIFY_UNCHECKED, "%s", reason);
        return 0;
    }
    snprintf(check->run, sizeof check->run, "runs/%.40s", entry->id);
    snprintf(name, sizeof name, "campaigns/%.40s.yaml", entry->id);
    if (folder_path(path, all->folder, name, error) < 0 ||
        write_campaign(entry, here, path, error) < 0)
        return -1;
    campaign = campaign_load(path, common_build_folder(), NULL, &why);
    if (campaign)
        drive(all, check, entry, campaign);
    else
        qualify_end(all, check, QUALIFY_FAILED, "%s", why.text);
    campaign_free(campaign);
    return 0;
}

/* --- all of them -------------------------------------------------------------------- */

int qualify_devices(struct qualification *all, const char *file, struct error *error)
{
    struct yaml_document *document = yaml_load(file, error);
    const struct yaml *list =
        document ? yaml_need(yaml_root(document), "checks", YAML_LIST, error) : NULL;
    const char *slash = strrchr(file, '/');
    struct plan_entry entry;
    char here[FOLDER_PATH];
    int status = list ? 0 : -1;

    snprintf(here, sizeof here, "%.*s", slash ? (int)(slash + 1 - file) : 2,
             slash ? file : "./");
    for (const struct yaml *node = list ? list->child : NULL; status == 0 && node;
         node = node->next) {
        status = read_entry(node, &entry, error);
        if (status == 0)
            status = run_check(all, &entry, here, error);
    }
    yaml_close(document);
    return status;
}

void qualify_oracles(struct qualification *all)
{
    for (size_t i = 0; oracle_kinds[i]; i++) {
        const char *name = oracle_kinds[i]->name;
        struct qualify_check *check;
        char id[40];
        bool shown = false;

        for (size_t j = 0; j < all->count; j++)
            shown = shown || strcmp(all->checks[j].oracle, name) == 0;
        if (shown)
            continue;
        snprintf(id, sizeof id, "oracle-%.30s", name);
        check = qualify_begin(all, id, "An oracle that no check is for");
        if (check)
            qualify_end(all, check, QUALIFY_UNCHECKED,
                        "nothing was done that it can see");
    }
}
