#include "report/retention.h"

#include "core/path.h"
#include "core/yaml.h"
#include "report/rows.h"

#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define KEEP(rows) "INSERT OR IGNORE INTO old.kept SELECT " rows ";"

/* What hangs on a night: what people said; of each finding the reproducer that is
 * replayed, and the nights that tell since when it is known and where it stands; where
 * the next night goes on. */
static const char hanging_sql[] =
    "CREATE TABLE old.kept(night TEXT, why TEXT, PRIMARY KEY (night, why));"
    "CREATE TEMP TABLE covered(kind TEXT, name TEXT, PRIMARY KEY (kind, name)) WITHOUT "
    "  ROWID;"
    /* clang-format off */
    KEEP("name, 'newest' FROM (SELECT name FROM old.night ORDER BY started_ns DESC, name "
         "DESC LIMIT (SELECT count FROM newest))")
    KEEP("name, 'triage' FROM old.night WHERE said")
    KEEP("night, 'reproducer' FROM old.known")
    KEEP("night, 'one finding of two causes' FROM old.link")
    KEEP("first_night, 'first seen' FROM old.known")
    KEEP("last_night, 'last seen' FROM old.known")
    KEEP("fixed_night, 'shown fixed' FROM old.known WHERE fixed_night <> ''")
    KEEP("name, 'position' FROM (SELECT name FROM old.night WHERE position > 0 AND in_order "
         "ORDER BY started_ns DESC, name DESC LIMIT 1)")
    KEEP("name, 'inputs' FROM (SELECT name FROM old.night WHERE inputs > 0 ORDER BY inputs "
         "DESC, started_ns DESC, name DESC LIMIT 1)");
/* clang-format on */

/* A night that sent what none before it on this plan and build had sent. */
static const char covers_sql[] =
    "INSERT OR IGNORE INTO covered SELECT kind, name FROM new.coverage WHERE sent > 0;"
    "INSERT OR IGNORE INTO old.kept SELECT night, 'coverage' FROM this WHERE changes() > 0;";

static int execute(struct store *store, const char *sql, struct error *error)
{
    char *message = NULL;

    if (sqlite3_exec(store_database(store), sql, NULL, NULL, &message) == SQLITE_OK)
        return 0;
    error_set(error, "which nights stay: %s", message ? message : "out of memory");
    sqlite3_free(message);
    return -1;
}

/* --- what hangs on them ------------------------------------------------------------- */

static int keep_hanging(struct history *history, int64_t keep, struct error *error)
{
    return execute(history->store, "CREATE TEMP TABLE newest(count INTEGER)", error) <
                       0 ||
                   store_write(history->store, error, "INSERT INTO newest VALUES (?)",
                               "i", keep) < 0 ||
                   store_commit(history->store, error) < 0
               ? -1
               : execute(history->store, hanging_sql, error);
}

static int take_coverage(struct history *history, const char *night, struct error *error)
{
    struct store *store = history->store;
    char path[4500];
    int status = -1;

    snprintf(path, sizeof path, "%s/%s/campaign.db", history->folder, night);
    if (execute(store, "DELETE FROM this", error) < 0 ||
        store_write(store, error, "INSERT INTO this(night) VALUES (?)", "t", night) < 0 ||
        store_commit(store, error) < 0 || store_attach(store, path, "new", error) < 0)
        return -1;
    status = execute(store, covers_sql, error);
    return execute(store, "DETACH new", status ? &(struct error){0} : error) < 0 ? -1
                                                                                 : status;
}

/* Of the newest plan and build: together they answer what one night is too short for. */
static int keep_covering(struct history *history, struct error *error)
{
    struct run_view view = {.store = history->store};
    json_t *night,
        *nights = rows_list(
            &view,
            "WITH newest AS (SELECT plan_hash, build FROM old.night WHERE sent ORDER BY "
            "started_ns DESC, name DESC LIMIT 1) SELECT name FROM old.night JOIN newest "
            "USING (plan_hash, build) ORDER BY started_ns, name",
            error);
    int status = nights ? 0 : -1;
    size_t i;

    /* No query may be open while stores come and go. */
    json_array_foreach(nights, i, night)
    {
        if (status == 0)
            status = take_coverage(
                history, json_string_value(json_object_get(night, "name")), error);
    }
    json_decref(nights);
    return status;
}

/* --- what is cited ------------------------------------------------------------------ */

struct citing {
    struct history *history;
    char nights[PATH_MAX]; /* the nights' folder, resolved */
};

static int cite(const struct citing *citing, const char *path, const char *file,
                struct error *error)
{
    char whole[PATH_MAX], why[PATH_MAX + 16];
    size_t length = strlen(citing->nights);

    if (!realpath(path, whole) || strncmp(whole, citing->nights, length) != 0 ||
        whole[length] != '/')
        return 0;
    whole[length + 1 + strcspn(whole + length + 1, "/")] = '\0';
    snprintf(why, sizeof why, "cited by %s", file);
    return store_write(citing->history->store, error,
                       "INSERT OR IGNORE INTO old.kept VALUES (?, ?)", "tt",
                       whole + length + 1, why);
}

static int cite_all(const struct citing *citing, const struct yaml *node,
                    const char *folder, struct error *error)
{
    char path[PATH_MAX];

    for (; node; node = node->next) {
        if (node->child && cite_all(citing, node->child, folder, error) < 0)
            return -1;
        if (node->text && node->text[0] &&
            path_join(folder, node->text, path, sizeof path) == 0 &&
            cite(citing, path, node->file, error) < 0)
            return -1;
    }
    return 0;
}

static int read_citing(const struct citing *citing, const char *path, struct error *error)
{
    struct yaml_document *document = yaml_load(path, error);
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX];
    int status;

    if (!document)
        return -1;
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1,
             slash ? path : ".");
    status = cite_all(citing, yaml_root(document), folder[0] ? folder : "/", error);
    yaml_close(document);
    return status;
}

static bool is_yaml(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

/* A file is read whatever it is called; in a folder those that are called so are. */
static int search(const struct citing *citing, char *place, struct error *error)
{
    char *places[] = {place, NULL};
    FTS *tree = fts_open(places, FTS_PHYSICAL | FTS_NOCHDIR | FTS_COMFOLLOW, NULL);
    FTSENT *entry;
    int status = 0;

    if (!tree)
        return error_set(error, "%s: %s", place, strerror(errno));
    while (status == 0 && (entry = fts_read(tree))) {
        if (entry->fts_info == FTS_NS || entry->fts_info == FTS_DNR ||
            entry->fts_info == FTS_ERR)
            status =
                error_set(error, "%s: %s", entry->fts_path, strerror(entry->fts_errno));
        else if ((entry->fts_info == FTS_F || entry->fts_info == FTS_SL) &&
                 (entry->fts_level == 0 || is_yaml(entry->fts_name)))
            status = read_citing(citing, entry->fts_path, error);
    }
    fts_close(tree);
    return status;
}

static int keep_cited(struct history *history, const char *assessments,
                      struct error *error)
{
    struct citing citing = {.history = history};
    char *all, *rest, *place;
    int status = 0;

    if (strcmp(assessments, "none") == 0)
        return 0;
    if (!realpath(history->folder, citing.nights))
        return error_set(error, "%s: %s", history->folder, strerror(errno));
    all = rest = strdup(assessments);
    if (!all)
        return error_set(error, "out of memory");
    while (status == 0 && (place = strsep(&rest, ",")))
        status = search(&citing, place, error);
    free(all);
    return status < 0 ? -1 : store_commit(history->store, error);
}

int retention_decide(struct history *history, int64_t keep, const char *assessments,
                     struct error *error)
{
    return keep_hanging(history, keep, error) < 0 || keep_covering(history, error) < 0
               ? -1
               : keep_cited(history, assessments, error);
}
