/* Where the findings of an assessment's runs failed: in which function, source file and
 * shared object of the device. The map of components goes by these. */
#include "criteria/assessment_parts.h"
#include "device/file.h"
#include "device/source_lines.h"

#include <ctype.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

struct finding {
    const char *folder, *id, *place, *detail;
};

static int put(struct store *store, const struct finding *finding, const char *kind,
               const char *name, size_t length, struct error *error)
{
    char text[1024];

    if (length == 0)
        return 0;
    snprintf(text, sizeof text, "%.*s", (int)(length < 1023 ? length : 1023), name);
    return store_write(store, error,
                       "INSERT OR IGNORE INTO finding_place VALUES (?,?,?,?)", "tttt",
                       finding->folder, finding->id, kind, text);
}

/* --- what the sanitizers say -------------------------------------------------------- */

/* Behind the place in its line of a stack: "#1 0x4f in modbus_reply src/modbus.c:812" */
static const char *behind_place(const char *detail, const char *place)
{
    size_t length = strlen(place);

    for (const char *at = detail; (at = strstr(at, place)); at += length)
        if (at > detail && at[-1] == ' ' && at[length] == ' ')
            return at + length + 1;
    return NULL;
}

/* "src/modbus.c:812:3", or "(/usr/lib/libmodbus.so.5+0x1234) (BuildId: …)" */
static int put_frame(struct store *store, const struct finding *finding, const char *text,
                     struct error *error)
{
    const char *slash;
    size_t length;

    if (*text != '(') {
        length = strcspn(text, ":\n");
        return text[length] == ':' && isdigit((unsigned char)text[length + 1])
                   ? put(store, finding, "file", text, length, error)
                   : 0;
    }
    text++;
    length = strcspn(text, "+)\n");
    slash = memrchr(text, '/', length);
    if (slash) {
        length -= (size_t)(slash + 1 - text);
        text = slash + 1;
    }
    return put(store, finding, "object", text, length, error);
}

/* A place is a function; or "file.c:12" of a short report; or "libx.so.1+0x1234" where
 * there are no symbols. */
static int put_place(struct store *store, const struct finding *finding,
                     struct error *error)
{
    const char *place = finding->place, *frame;
    size_t length = strcspn(place, ":+");

    if (place[length] == ':' && isdigit((unsigned char)place[length + 1]))
        return put(store, finding, "file", place, length, error);
    if (strncmp(place + length, "+0x", 3) == 0)
        return put(store, finding, "object", place, length, error);
    if (put(store, finding, "function", place, strlen(place), error) < 0)
        return -1;
    frame = behind_place(finding->detail, place);
    return frame ? put_frame(store, finding, frame, error) : 0;
}

/* Of all runs, or of those that tested one image. */
static int each_finding(struct store *store, const char *image,
                        int (*take)(struct store *, const struct finding *, void *,
                                    struct error *),
                        void *context, struct error *error)
{
    static const char sql[] =
        "SELECT f.folder, f.id, f.place, f.detail FROM assessed_finding f JOIN "
        "assessed_run r ON r.folder = f.folder WHERE f.place <> '' AND (?1 IS NULL OR "
        "r.image = ?1)";
    sqlite3 *database = store_database(store);
    sqlite3_stmt *row = NULL;
    int status = sqlite3_prepare_v2(database, sql, -1, &row, NULL), taken = 0;

    if (status == SQLITE_OK && image)
        sqlite3_bind_text(row, 1, image, -1, SQLITE_STATIC);
    while (taken == 0 && status == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW) {
        const struct finding finding = {(const char *)sqlite3_column_text(row, 0),
                                        (const char *)sqlite3_column_text(row, 1),
                                        (const char *)sqlite3_column_text(row, 2),
                                        (const char *)sqlite3_column_text(row, 3)};

        taken = take(store, &finding, context, error);
    }
    sqlite3_finalize(row);
    return status == SQLITE_OK ? taken : error_set(error, "%s", sqlite3_errmsg(database));
}

static int take_place(struct store *store, const struct finding *finding, void *context,
                      struct error *error)
{
    (void)context;
    return put_place(store, finding, error);
}

/* --- what an image's debug information says ----------------------------------------- */

struct debug_information {
    struct blocks *blocks;
    struct source_lines *lines;
};

/* The compiler's clones count as the function: "write_label.isra.0". */
static bool is_called(const char *symbol, const char *name)
{
    size_t length = strlen(name);

    return strncmp(symbol, name, length) == 0 &&
           (symbol[length] == '\0' || symbol[length] == '.');
}

static const char *file_of(const struct debug_information *debug, uint64_t address)
{
    for (size_t i = 0; i < debug->lines->count; i++) {
        const struct source_line *line = &debug->lines->list[i];

        if (address >= line->address && address < line->address + line->length_bytes)
            return debug->lines->files[line->file];
    }
    return NULL;
}

static int take_file(struct store *store, const struct finding *finding, void *context,
                     struct error *error)
{
    const struct debug_information *debug = context;

    for (uint32_t i = 0; i < debug->blocks->function_count; i++) {
        const struct block_function *function = &debug->blocks->functions[i];
        const char *file = is_called(function->name, finding->place)
                               ? file_of(debug, function->address)
                               : NULL;

        if (file && put(store, finding, "file", file, strlen(file), error) < 0)
            return -1;
    }
    return 0;
}

static int read_symbols(struct assessment *assessment, const struct yaml *entry,
                        struct error *error)
{
    struct debug_information debug = {0};
    char path[4200], hash[HASH_TEXT];
    struct error reason;
    int status = -1;

    if (entry->kind != YAML_SCALAR || !entry->text[0])
        return yaml_complain(entry, error, "the name of an image with debug information");
    if (assessment_path(assessment, entry, path, sizeof path, error) < 0)
        return -1;
    debug.blocks = blocks_load(path, &reason);
    debug.lines = debug.blocks ? source_lines_load(path, debug.blocks, &reason) : NULL;
    if (debug.lines)
        status = each_finding(assessment->store, file_hash_text(path, hash), take_file,
                              &debug, error);
    else
        yaml_refuse(entry, error, "key 'symbols': %s", reason.text);
    source_lines_free(debug.lines);
    blocks_free(debug.blocks);
    return status;
}

int assessment_take_places(struct assessment *assessment, const struct yaml *root,
                           struct error *error)
{
    const struct yaml *list = yaml_get(root, "symbols");

    if (list && list->kind != YAML_LIST)
        return yaml_complain(list, error, "a list of images");
    if (each_finding(assessment->store, NULL, take_place, NULL, error) < 0)
        return -1;
    for (const struct yaml *entry = list ? list->child : NULL; entry; entry = entry->next)
        if (read_symbols(assessment, entry, error) < 0)
            return -1;
    return store_commit(assessment->store, error);
}
