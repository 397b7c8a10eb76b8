#include "bundle/manifest.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READ_BYTES = 1 << 16, HEX = HASH_TEXT - 1 };

int manifest_hash(const char *path, struct hash *hash, struct error *error)
{
    FILE *file = fopen(path, "rb");
    struct hash_state *state = hash_begin();
    uint8_t bytes[READ_BYTES];
    bool failed = !file || !state;
    size_t got;

    while (!failed && (got = fread(bytes, 1, sizeof bytes, file)) > 0)
        hash_add(state, (struct view){bytes, got});
    failed = failed || ferror(file);
    if (failed)
        error_set(error, "%s: %s", path, strerror(errno));
    if (state)
        *hash = hash_end(state);
    if (file)
        fclose(file);
    return failed ? -1 : 0;
}

/* What is about the manifest is not in it. */
static bool is_covered(const char *path)
{
    return strcmp(path, MANIFEST_FILE) != 0 && strcmp(path, MANIFEST_SIGNATURE) != 0 &&
           strcmp(path, MANIFEST_STAMP) != 0;
}

/* --- writing ------------------------------------------------------------------------ */

static int write_line(FILE *out, const char *folder, const struct folder_entry *entry,
                      struct error *error)
{
    char path[FOLDER_PATH], text[HASH_TEXT];
    struct hash hash;

    if (entry->kind == FOLDER_EMPTY)
        return error_set(error, "%s/%s: an empty folder leaves no trace in a manifest",
                         folder, entry->path);
    if (entry->kind != FOLDER_FILE || strpbrk(entry->path, "\n\r\\"))
        return error_set(error, "%s/%s: expected plain files with plain names", folder,
                         entry->path);
    if (folder_path(path, folder, entry->path, error) < 0 ||
        manifest_hash(path, &hash, error) < 0)
        return -1;
    hash_to_text(&hash, text);
    fprintf(out, "%s  %s\n", text, entry->path);
    return 0;
}

int manifest_write(const char *folder, struct error *error)
{
    struct folder_list list = {0};
    char path[FOLDER_PATH], *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    int status = -1;

    if (!out || folder_list(&list, folder, error) < 0 ||
        folder_path(path, folder, MANIFEST_FILE, error) < 0)
        goto out;
    status = 0;
    for (size_t i = 0; i < list.count && status == 0; i++)
        if (is_covered(list.entries[i].path))
            status = write_line(out, folder, &list.entries[i], error);
out:
    if (out)
        fclose(out);
    if (status == 0)
        status = folder_write(path, text, length, error);
    free(text);
    folder_list_free(&list);
    return status;
}

/* --- checking ----------------------------------------------------------------------- */

struct check {
    const char *folder;
    struct folder_list list;
    bool *named; /* by entry of the list */
    void (*altered)(void *context, const char *path, const char *how);
    void *context;
    char last[FOLDER_PATH];
    size_t line, good;
};

static void complain_line(struct check *check)
{
    char text[80];

    snprintf(text, sizeof text, "line %zu is not as it was written", check->line);
    check->altered(check->context, MANIFEST_FILE, text);
}

/* "HEX  PATH", in order: anything else was not written by us. */
static bool is_sound(const struct check *check, const char *line)
{
    return strlen(line) > HEX + 2 && strspn(line, "0123456789abcdef") == HEX &&
           memcmp(line + HEX, "  ", 2) == 0 && strcmp(line + HEX + 2, check->last) > 0;
}

static int check_line(struct check *check, char *line, struct error *error)
{
    const struct folder_entry *entry;
    char path[FOLDER_PATH], text[HASH_TEXT];
    const char *name = line + HEX + 2;
    struct hash hash;

    check->line++;
    if (!is_sound(check, line)) {
        complain_line(check);
        return 0;
    }
    snprintf(check->last, sizeof check->last, "%s", name);
    entry = folder_find(&check->list, name);
    if (!entry || entry->kind != FOLDER_FILE) {
        check->altered(check->context, name, entry ? "is no plain file" : "is missing");
        if (entry)
            check->named[entry - check->list.entries] = true;
        return 0;
    }
    check->named[entry - check->list.entries] = true;
    if (folder_path(path, check->folder, name, error) < 0 ||
        manifest_hash(path, &hash, error) < 0)
        return -1;
    hash_to_text(&hash, text);
    if (memcmp(text, line, HEX) == 0)
        check->good++;
    else
        check->altered(check->context, name, "is not as it was");
    return 0;
}

static int check_lines(struct check *check, FILE *file, struct error *error)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    int status = 0;

    while (status == 0 && (length = getline(&line, &capacity, file)) > 0) {
        bool whole = line[length - 1] == '\n';

        if (whole)
            line[length - 1] = '\0';
        if (!whole || strlen(line) + 1 != (size_t)length) {
            check->line++;
            complain_line(check);
            continue;
        }
        status = check_line(check, line, error);
    }
    free(line);
    return status;
}

static void check_surplus(struct check *check)
{
    for (size_t i = 0; i < check->list.count; i++)
        if (!check->named[i] && is_covered(check->list.entries[i].path))
            check->altered(check->context, check->list.entries[i].path,
                           "is not in the manifest");
}

int manifest_check(const char *folder,
                   void (*altered)(void *context, const char *path, const char *how),
                   void *context, size_t *files, struct error *error)
{
    struct check check = {.folder = folder, .altered = altered, .context = context};
    char path[FOLDER_PATH];
    FILE *file = NULL;
    int status = -1;

    *files = 0;
    if (folder_list(&check.list, folder, error) < 0 ||
        folder_path(path, folder, MANIFEST_FILE, error) < 0)
        goto out;
    check.named = calloc(check.list.count + 1, sizeof *check.named);
    file = check.named ? fopen(path, "rb") : NULL;
    if (!check.named) {
        error_set(error, "out of memory for the list of files");
        goto out;
    }
    if (!file)
        altered(context, MANIFEST_FILE, "is missing");
    status = file ? check_lines(&check, file, error) : 0;
    if (status == 0 && file)
        check_surplus(&check);
    *files = check.good;
out:
    if (file)
        fclose(file);
    free(check.named);
    folder_list_free(&check.list);
    return status;
}
