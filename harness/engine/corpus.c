#include "engine/corpus.h"

#include "engine/pool.h"
#include "generate/input.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 1400 };

static int make_folder(const char *path, struct error *error)
{
    return mkdir(path, 0777) < 0 && errno != EEXIST
               ? error_set(error, "cannot make the folder %s: %s", path, strerror(errno))
               : 0;
}

/* --- in ----------------------------------------------------------------------------- */

static bool holds(const char *folder, const char *name)
{
    char path[PATH_SIZE];

    return snprintf(path, sizeof path, "%s/%s", folder, name) < PATH_SIZE &&
           access(path, F_OK) == 0;
}

static int keep(struct corpus_import *import, struct view input, struct error *error)
{
    char name[POOL_NAME];

    if (holds(import->into, pool_name(input, name))) {
        import->known++;
        return 0;
    }
    import->written++;
    return pool_write(import->into, input, error);
}

/* `file` holds `length` bytes. */
static int take_bytes(struct corpus_import *import, FILE *file, size_t length,
                      struct buffer *input, struct error *error)
{
    uint8_t bytes[INPUT_MAXIMUM];
    struct view content = {bytes, length};

    if (fread(bytes, 1, length, file) != length)
        return error_set(error, "cannot be read: %s", strerror(errno));
    if (!import->framing)
        return keep(import, content, error);
    buffer_clear(input);
    if (input_append(import->framing, content, input) < 0)
        import->passed_over++;
    else
        return keep(import, buffer_view(input), error);
    return 0;
}

static int take_file(struct corpus_import *import, const FTSENT *entry,
                     struct buffer *input, struct error *error)
{
    size_t length = (size_t)entry->fts_statp->st_size;
    FILE *file;
    int status;

    if (length == 0 || length > INPUT_MAXIMUM) {
        import->passed_over++;
        return 0;
    }
    file = fopen(entry->fts_accpath, "rb");
    if (!file)
        return error_set(error, "cannot read %s: %s", entry->fts_path, strerror(errno));
    status = take_bytes(import, file, length, input, error);
    if (status < 0)
        error_prefix(error, "%s: ", entry->fts_path);
    fclose(file);
    return status;
}

/* Below a folder with afl-fuzz's statistics its inputs have names that begin so; what
 * else lies there is not for anybody. */
static bool is_afl(const FTSENT *entry)
{
    for (; entry && entry->fts_level >= FTS_ROOTLEVEL; entry = entry->fts_parent)
        if (entry->fts_number)
            return true;
    return false;
}

static bool is_wanted(const struct corpus_import *import, const FTSENT *entry)
{
    if (is_afl(entry->fts_parent))
        return strncmp(entry->fts_name, "id:", 3) == 0;
    return !import->framing || !strstr(entry->fts_name, "reply-");
}

static int visit(struct corpus_import *import, FTS *tree, FTSENT *entry,
                 struct buffer *input, struct error *error)
{
    bool hidden = entry->fts_level > FTS_ROOTLEVEL && entry->fts_name[0] == '.';

    switch (entry->fts_info) {
    case FTS_D:
        if (hidden)
            fts_set(tree, entry, FTS_SKIP);
        entry->fts_number = holds(entry->fts_accpath, "fuzzer_stats");
        return 0;
    case FTS_F:
        return hidden || !is_wanted(import, entry)
                   ? 0
                   : take_file(import, entry, input, error);
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        return error_set(error, "cannot read %s: %s", entry->fts_path,
                         strerror(entry->fts_errno));
    default: return 0;
    }
}

int corpus_import(struct corpus_import *import, const char *from, struct error *error)
{
    struct buffer input = buffer_make(INPUT_MAXIMUM);
    char path[PATH_SIZE];
    char *paths[] = {path, NULL};
    FTS *tree;
    int status = make_folder(import->into, error);

    if (snprintf(path, sizeof path, "%s%s", from,
                 holds(from, "campaign.db") ? "/corpus" : "") >= PATH_SIZE)
        return error_set(error, "the path %.60s… is too long", from);
    tree = status < 0 ? NULL : fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (status == 0 && !tree)
        status = error_set(error, "cannot read %s: %s", path, strerror(errno));
    for (FTSENT *entry; status == 0 && (entry = fts_read(tree));)
        status = visit(import, tree, entry, &input, error);
    if (tree)
        fts_close(tree);
    buffer_free(&input);
    return status;
}

/* --- out ---------------------------------------------------------------------------- */

struct export
{
    char into[PATH_SIZE];
    enum corpus_form form;
    uint64_t count;
    struct error *error;
};

static int write_file(const char *path, struct view input, struct error *error)
{
    FILE *file = fopen(path, "wb");
    bool failed = !file || fwrite(input.data, 1, input.length, file) != input.length;

    if (file && fclose(file) != 0)
        failed = true;
    return failed ? error_set(error, "cannot write %s: %s", path, strerror(errno)) : 0;
}

static int give(void *context, struct view input)
{
    struct export *export = context;
    char path[PATH_SIZE + 80], name[POOL_NAME];

    pool_name(input, name);
    if (export->form == CORPUS_AFL)
        snprintf(path, sizeof path, "%s/id:%06llu,orig:%s", export->into,
                 (unsigned long long)export->count, name);
    else if (export->form == CORPUS_SORTED)
        snprintf(path, sizeof path, "%s/%06zu-%s", export->into, input.length, name);
    else
        snprintf(path, sizeof path, "%s/%s", export->into, name);
    export->count++;
    return write_file(path, input, export->error) < 0 ? 1 : 0;
}

int corpus_export(const char *from, const char *into, enum corpus_form form,
                  uint64_t *count, struct error *error)
{
    struct export export = {.form = form, .error = error};
    int status;

    if (snprintf(export.into, sizeof export.into, "%s%s", into,
                 form == CORPUS_AFL ? "/queue" : "") >= PATH_SIZE)
        return error_set(error, "the path %.60s… is too long", into);
    if (make_folder(into, error) < 0 || make_folder(export.into, error) < 0)
        return -1;
    status = pool_read(from, give, &export, error);
    *count = export.count;
    return status ? -1 : 0;
}
