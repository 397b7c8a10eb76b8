/* Adding a run to an assessment's file: one entry more in its list, all else as it was.
 */
#include "core/path.h"
#include "criteria/assessment_parts.h"
#include "record/triage.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAXIMUM = 16 << 20 };

static const char head[] =
    "# An assessment: one device and the runs that answer for it. harness/criteria/README.md\n"
    "# has every key; percuss assess show FILE says what is missing.\n";

/* A text as a YAML scalar, whatever is in it. */
static void put_quoted(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text; text++) {
        if (*text == '\'')
            fputc('\'', out);
        fputc(*text == '\n' ? ' ' : *text, out);
    }
    fputc('\'', out);
}

static int put_entry(FILE *out, const char *file, const char *run, const char *role,
                     const char *version, struct error *error)
{
    char folder[PATH_MAX], from[PATH_MAX], to[PATH_MAX], seen[PATH_MAX];
    const char *slash = strrchr(file, '/');

    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash + 1 - file) : 2,
             slash ? file : "./");
    if (!realpath(folder, from))
        return error_set(error, "%s: %s", folder, strerror(errno));
    if (!realpath(run, to))
        return error_set(error, "%s: %s", run, strerror(errno));
    if (path_relative(from, to, seen, sizeof seen) < 0)
        return error_set(error, "%s: path too long", run);
    fputs("- folder: ", out);
    put_quoted(out, seen);
    fputc('\n', out);
    if (role)
        fprintf(out, "  role: %s\n", role);
    if (version) {
        fputs("  version: ", out);
        put_quoted(out, version);
        fputc('\n', out);
    }
    return 0;
}

/* --- the file ----------------------------------------------------------------------- */

static char *read_file(const char *path, struct error *error)
{
    FILE *file = fopen(path, "r");
    char *text = file ? calloc(1, FILE_MAXIMUM) : NULL;

    if (!file)
        error_set(error, "%s: %s", path, strerror(errno));
    else if (!text)
        error_set(error, "out of memory");
    else if (fread(text, 1, FILE_MAXIMUM - 1, file) == FILE_MAXIMUM - 1) {
        error_set(error, "%s: too large", path);
        free(text);
        text = NULL;
    }
    if (file)
        fclose(file);
    return text;
}

/* The place behind the last entry of `runs`: where the key behind it begins, less what
 * is blank or a comment before that; else the end. */
static const char *find_end(const char *text, const struct yaml *runs)
{
    const char *at = text, *end = text;
    unsigned until = runs->next ? runs->next->line : UINT_MAX;

    for (unsigned line = 1; *at && line < until; line++) {
        const char *next = at + strcspn(at, "\n");

        next += *next == '\n';
        if (at[strspn(at, " \t\r\n")] != '#' && next - at > (long)strspn(at, " \t\r\n"))
            end = next;
        at = next;
    }
    return runs->next ? end : text + strlen(text);
}

static int check_list(const struct yaml *runs, struct error *error)
{
    if (runs &&
        (runs->kind != YAML_LIST || runs->count == 0 || runs->child->line == runs->line))
        return yaml_complain(runs, error, "a list with one run a line, `- folder: …`");
    return 0;
}

static int put_file(FILE *out, const char *path, const char *text,
                    const struct yaml *root, const char *entry, struct error *error)
{
    const struct yaml *runs = yaml_get(root, "runs");
    const char *end;

    if (check_list(runs, error) < 0)
        return -1;
    end = runs ? find_end(text, runs) : text + strlen(text);
    fprintf(out, "%.*s", (int)(end - text), text);
    if (end > text && end[-1] != '\n')
        fputc('\n', out);
    if (!runs)
        fputs("runs:\n", out);
    /* As deep as the entries before it. */
    for (const char *line = entry; *line;) {
        int length = (int)strcspn(line, "\n") + 1;

        if (runs)
            fprintf(out, "%*s",
                    (int)runs->child->column - 3 > 0 ? (int)runs->child->column - 3 : 0,
                    "");
        fprintf(out, "%.*s", length, line);
        line += length;
    }
    fputs(end, out);
    (void)path;
    return 0;
}

/* The name of a new assessment is the file's, its first interface the run's. */
static int put_new(FILE *out, const char *path, struct store *store, const char *entry)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char interface[512] = "", id[256];

    snprintf(id, sizeof id, "%.*s", (int)strcspn(name, "."), name);
    store_get(store, "interface", interface, sizeof interface);
    fputs(head, out);
    fputs("assessment: ", out);
    put_quoted(out, id);
    fputc('\n', out);
    if (interface[0]) {
        fputs("interfaces:\n- name: ", out);
        put_quoted(out, interface);
        fputc('\n', out);
    }
    fprintf(out, "runs:\n%s", entry);
    return 0;
}

/* What is written must be an assessment, else nothing is. */
static int replace(const char *path, const char *text, struct error *error)
{
    char beside[PATH_MAX];
    struct assessment *assessment;
    FILE *file;
    int status = -1;

    if ((size_t)snprintf(beside, sizeof beside, "%s.new", path) >= sizeof beside)
        return error_set(error, "%s: path too long", path);
    file = fopen(beside, "wx");
    if (!file)
        return error_set(error, "%s: %s", beside, strerror(errno));
    if (fputs(text, file) < 0 || fflush(file) != 0)
        error_set(error, "%s: %s", beside, strerror(errno));
    else
        status = 0;
    fclose(file);
    assessment = status == 0 ? assessment_load(beside, error) : NULL;
    if (status == 0 && assessment && rename(beside, path) < 0)
        status = error_set(error, "%s: %s", path, strerror(errno));
    if (!assessment)
        status = -1;
    if (status < 0)
        unlink(beside);
    assessment_free(assessment);
    return status;
}

static char *make_text(const char *path, struct store *store, const char *entry,
                       struct error *error)
{
    char *old = NULL, *text = NULL;
    struct yaml_document *document = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    int status = -1;

    if (!out) {
        error_set(error, "out of memory");
        return NULL;
    }
    if (access(path, F_OK) != 0)
        status = put_new(out, path, store, entry);
    else if ((document = yaml_load(path, error)) && (old = read_file(path, error)))
        status = put_file(out, path, old, yaml_root(document), entry, error);
    fclose(out);
    yaml_close(document);
    free(old);
    if (status == 0)
        return text;
    free(text);
    return NULL;
}

int assessment_add(const char *path, const char *run_folder, const char *role,
                   const char *version, struct error *error)
{
    char database[PATH_MAX];
    char *entry = NULL, *text = NULL;
    struct store *store = NULL;
    size_t size;
    FILE *out = open_memstream(&entry, &size);
    int status = -1;

    if (!out)
        return error_set(error, "out of memory");
    status = put_entry(out, path, run_folder, role, version, error);
    fclose(out);
    snprintf(database, sizeof database, "%.4000s/campaign.db", run_folder);
    if (status == 0 && access(database, R_OK) < 0)
        status = error_set(error, "%s holds no run: there is no campaign.db", run_folder);
    if (status == 0)
        status = (store = store_open(database, false, error)) ? 0 : -1;
    if (status == 0)
        status = (text = make_text(path, store, entry, error)) ? 0 : -1;
    if (status == 0)
        status = replace(path, text, error);
    store_close(store, NULL);
    free(entry);
    free(text);
    return status;
}
