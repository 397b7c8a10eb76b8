#include "bundle/assessed.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* --- names -------------------------------------------------------------------------- */

static bool is_plain(char letter)
{
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || strchr("-_.", letter);
}

static bool is_taken(char (*names)[EVIDENCE_NAME], size_t count)
{
    if (strcmp(names[count], EVIDENCE_ASSESSMENT) == 0)
        return true;
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], names[count]) == 0)
            return true;
    return false;
}

/* `wanted` in plain letters, other than the `count` names before it. Nothing in it looks
 * like a way out of the folder. */
static void add_name(const char *wanted, char (*names)[EVIDENCE_NAME], size_t count)
{
    char plain[EVIDENCE_NAME - 16];
    size_t length = 0;

    for (; *wanted && length + 1 < sizeof plain; wanted++) {
        bool leads = *wanted == '.' && (length == 0 || plain[length - 1] == '.');

        plain[length++] = is_plain(*wanted) && !leads ? *wanted : '_';
    }
    plain[length] = '\0';
    snprintf(names[count], EVIDENCE_NAME, "%s", plain);
    /* In front, since what a file's name ends with says what it is. */
    for (unsigned i = 2; is_taken(names, count); i++)
        snprintf(names[count], EVIDENCE_NAME, "%u-%s", i, plain);
}

void assessed_name(const char *path, char (*names)[EVIDENCE_NAME], size_t count)
{
    char *whole = realpath(path, NULL), *slash = whole ? strrchr(whole, '/') : NULL;

    add_name(slash ? slash + 1 : path, names, count);
    free(whole);
}

/* --- copying ------------------------------------------------------------------------ */

struct change {
    const struct yaml *node;
    char text[2 * EVIDENCE_NAME];
};

static int by_place(const void *a, const void *b)
{
    const struct yaml *x = ((const struct change *)a)->node;
    const struct yaml *y = ((const struct change *)b)->node;

    return x->value_line != y->value_line ? (x->value_line < y->value_line ? -1 : 1)
                                          : (x->value_column > y->value_column) -
                                                (x->value_column < y->value_column);
}

static int copy_tree(const char *from, const char *to, struct error *error)
{
    char source[FOLDER_PATH], target[FOLDER_PATH];
    struct folder_list list;
    int status = folder_list(&list, from, error);

    for (size_t i = 0; i < list.count && status == 0; i++)
        if (list.entries[i].kind != FOLDER_EMPTY &&
            (folder_path(source, from, list.entries[i].path, error) < 0 ||
             folder_path(target, to, list.entries[i].path, error) < 0 ||
             folder_copy(source, target, error) < 0))
            status = -1;
    folder_list_free(&list);
    return status;
}

static int copy_named(const char *path, const char *folder, const char *inside,
                      struct error *error)
{
    char whole[FOLDER_PATH], target[FOLDER_PATH];
    struct stat what;

    /* A link is what it leads to: the evidence has none. */
    if (!realpath(path, whole) || stat(whole, &what) < 0)
        return error_set(error, "%s: cannot be read", path);
    if (folder_path(target, folder, inside, error) < 0)
        return -1;
    return S_ISDIR(what.st_mode) ? copy_tree(whole, target, error)
                                 : folder_copy(whole, target, error);
}

/* Which run's folder this is; the count of them when it is another path. */
static size_t run_of(const struct assessment *assessment, const struct yaml *node)
{
    size_t i = 0;

    while (i < assessment->run_count &&
           yaml_get(assessment->runs[i].entry, "folder") != node)
        i++;
    return i;
}

/* Copies what is named, and notes what it is called in the evidence. */
static int copy_paths(const struct assessment *assessment,
                      const struct evidence_index *index, const char *folder,
                      struct change *changes, struct error *error)
{
    char(*names)[EVIDENCE_NAME] = calloc(assessment->path_count + 1, sizeof *names);
    size_t count = 0;
    int status = names ? 0 : error_set(error, "out of memory");

    for (size_t i = 0; status == 0 && i < assessment->path_count; i++) {
        const struct assessed_path *path = &assessment->paths[i];
        size_t run = run_of(assessment, path->node);

        changes[i].node = path->node;
        if (run < assessment->run_count) {
            snprintf(changes[i].text, sizeof changes[i].text, EVIDENCE_RUNS "/%s",
                     index->runs[run].name);
            continue;
        }
        assessed_name(path->path, names, count);
        snprintf(changes[i].text, sizeof changes[i].text, EVIDENCE_ASSESSMENT "/%s",
                 names[count++]);
        status = copy_named(path->path, folder, changes[i].text, error);
    }
    free(names);
    return status;
}

/* Where the text of a scalar begins in the file; NULL when it is written otherwise. */
static const char *find_text(struct view source, const struct yaml *node)
{
    const char *at = (const char *)source.data, *end = at + source.length;
    size_t length = strlen(node->text);
    unsigned line = 1, column = 1;

    while (at && line < node->value_line) {
        at = memchr(at, '\n', (size_t)(end - at));
        at = at ? at + 1 : NULL;
        line++;
    }
    for (; at && at < end && column < node->value_column; column++)
        do
            at++;
        while (at < end && ((unsigned char)*at & 0xc0) == 0x80);
    return at && node->exact && (size_t)(end - at) >= length &&
                   memcmp(at, node->text, length) == 0
               ? at
               : NULL;
}

/* The file as it was, but for the paths: who reads it finds its own words. */
static int write_changed(FILE *out, struct view source, const struct change *changes,
                         size_t count, struct error *error)
{
    const char *from = (const char *)source.data, *end = from + source.length;

    for (size_t i = 0; i < count; i++) {
        const char *at = find_text(source, changes[i].node);

        if (!at)
            return yaml_complain(changes[i].node, error,
                                 "a path on one line without escapes (it is written "
                                 "anew for the evidence)");
        fwrite(from, 1, (size_t)(at - from), out);
        fputs(changes[i].text, out);
        from = at + strlen(changes[i].node->text);
    }
    fwrite(from, 1, (size_t)(end - from), out);
    return 0;
}

static int write_file(const struct assessment *assessment, const char *folder,
                      const struct change *changes, struct error *error)
{
    char path[FOLDER_PATH], *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    int status = out ? write_changed(out, yaml_source(assessment->document), changes,
                                     assessment->path_count, error)
                     : error_set(error, "out of memory");

    if (out)
        fclose(out);
    if (status == 0)
        status = folder_path(path, folder, EVIDENCE_ASSESSMENT_FILE, error);
    if (status == 0)
        status = folder_write(path, text, length, error);
    free(text);
    return status;
}

int assessed_copy(const struct assessment *assessment, const struct evidence_index *index,
                  const char *folder, struct error *error)
{
    struct change *changes = calloc(assessment->path_count + 1, sizeof *changes);
    int status = changes ? copy_paths(assessment, index, folder, changes, error)
                         : error_set(error, "out of memory");

    if (status == 0) {
        qsort(changes, assessment->path_count, sizeof *changes, by_place);
        status = write_file(assessment, folder, changes, error);
    }
    free(changes);
    return status;
}

/* --- reading ------------------------------------------------------------------------ */

static int judge(struct assessment *assessment, const char *folder, struct error *error)
{
    char path[FOLDER_PATH];
    struct criteria *criteria = NULL;
    int status = -1;

    if (evidence_place(folder, INPUTS_CRITERIA, EVIDENCE_ASSESSMENT, NULL, NULL, path,
                       error) == 0)
        criteria = criteria_load_only(path, error);
    if (criteria && criteria_select(criteria, assessment->criteria, error) == 0)
        status = assessment_judge(assessment, criteria, error);
    criteria_free(criteria);
    return status;
}

static int open_runs(struct assessed *assessed, const struct evidence_index *index,
                     struct error *error)
{
    const struct assessment *assessment = assessed->assessment;

    if (assessment->run_count != index->run_count)
        return error_set(error,
                         EVIDENCE_ASSESSMENT_FILE " has %zu runs, the evidence %zu",
                         assessment->run_count, index->run_count);
    assessed->runs = calloc(index->run_count, sizeof *assessed->runs);
    assessed->names = calloc(index->run_count, sizeof *assessed->names);
    if (!assessed->runs || !assessed->names)
        return error_set(error, "out of memory");
    for (size_t i = 0; i < index->run_count; i++) {
        struct run_view *run = &assessed->runs[assessed->subject.run_count];

        snprintf(assessed->names[i], sizeof assessed->names[i], EVIDENCE_RUNS "/%s",
                 index->runs[i].name);
        if (strcmp(assessment->runs[i].folder, assessed->names[i]) != 0)
            return error_set(error, EVIDENCE_ASSESSMENT_FILE
                             ": its runs are not those of the evidence");
        run->directory = assessed->names[i];
        run->store = store_open(assessment->runs[i].path, false, error);
        if (!run->store)
            return -1;
        assessed->subject.run_count++;
    }
    return 0;
}

int assessed_open(struct assessed *assessed, const char *folder,
                  const struct evidence_index *index, struct error *error)
{
    char path[FOLDER_PATH];

    *assessed = (struct assessed){0};
    if (folder_path(path, folder, EVIDENCE_ASSESSMENT_FILE, error) < 0 ||
        !(assessed->assessment = assessment_load_inside(path, error)) ||
        open_runs(assessed, index, error) < 0 ||
        judge(assessed->assessment, folder, error) < 0)
        return -1;
    assessed->subject.runs = assessed->runs;
    assessed->subject.assessment = assessed->assessment;
    return 0;
}

void assessed_close(struct assessed *assessed)
{
    for (size_t i = 0; i < assessed->subject.run_count; i++)
        store_close(assessed->runs[i].store, NULL);
    free(assessed->runs);
    free(assessed->names);
    assessment_free(assessed->assessment);
    *assessed = (struct assessed){0};
}

int assessed_save(const struct assessed *assessed, const char *folder,
                  struct error *error)
{
    sqlite3 *database = store_database(assessed->assessment->store);
    sqlite3_stmt *statement = NULL;
    char path[FOLDER_PATH];
    int status = -1;

    if (folder_path(path, folder, ASSESSED_STORE, error) < 0 ||
        folder_make_parents(path, error) < 0)
        return -1;
    if (sqlite3_prepare_v2(database, "VACUUM INTO ?", -1, &statement, NULL) ==
            SQLITE_OK &&
        sqlite3_bind_text(statement, 1, path, -1, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_DONE)
        status = 0;
    else
        error_set(error, "%s: %s", path, sqlite3_errmsg(database));
    sqlite3_finalize(statement);
    return status;
}
