#include "bundle/bundle.h"

#include "bundle/archive.h"
#include "bundle/evidence.h"
#include "bundle/manifest.h"
#include "bundle/rows.h"
#include "bundle/signature.h"
#include "bundle/stamp.h"
#include "bundle/tool.h"
#include "bundle/verify.h"
#include "report/report.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ID = 12 }; /* hex digits of the manifest's hash that name the evidence */

/* --- what is in it ------------------------------------------------------------------ */

/* Of a process that works on the run, and what is written again. */
static bool is_left_out(const char *path)
{
    static const char *const names[] = {"journal", "campaign.db-wal", "campaign.db-shm",
                                        "campaign.db-journal", NULL};

    for (size_t i = 0; names[i]; i++)
        if (strcmp(path, names[i]) == 0)
            return true;
    for (size_t i = 0; report_kinds[i]; i++)
        if (report_kinds[i]->file && strcmp(path, report_kinds[i]->file) == 0)
            return true;
    return false;
}

static int copy_run(const char *run, const char *folder, struct error *error)
{
    struct folder_list list;
    char inside[FOLDER_PATH], from[FOLDER_PATH], to[FOLDER_PATH];
    int status = folder_list(&list, run, error);

    for (size_t i = 0; status == 0 && i < list.count; i++) {
        const struct folder_entry *entry = &list.entries[i];

        if (is_left_out(entry->path) || entry->kind == FOLDER_EMPTY)
            continue;
        if (folder_path(from, run, entry->path, error) < 0 ||
            folder_path(inside, EVIDENCE_RUN, entry->path, error) < 0 ||
            folder_path(to, folder, inside, error) < 0 ||
            folder_copy(from, to, error) < 0)
            status = -1;
    }
    folder_list_free(&list);
    return status;
}

/* Writes a text that was made for it, and frees it. */
static int write_made(const char *folder, const char *name, char *text,
                      struct error *error)
{
    char path[FOLDER_PATH];
    int status = text ? folder_path(path, folder, name, error)
                      : error_set(error, "out of memory for %s", name);

    if (status == 0)
        status = folder_write(path, text, strlen(text), error);
    free(text);
    return status;
}

static char *index_text(const struct bundle_options *options, const struct inputs *inputs)
{
    json_t *json =
        json_pack("{s:i, s:s, s:s, s:s, s:s, s:s}", "percuss_evidence", EVIDENCE_VERSION,
                  "made_by", PERCUSS_VERSION, "name", options->campaign->name, "campaign",
                  inputs->campaign, "model", inputs->model, "session", inputs->session);
    char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;

    json_decref(json);
    return text;
}

static const char readme[] =
    "Evidence of one run of percuss.\n"
    "\n"
    "inputs/     campaign, model and session, as they lay to each other\n"
    "criteria/   the acceptance criteria in force, in the order of their hash\n"
    "run/        the run folder: store (SQLite), captures, findings\n"
    "reports/    what was written of it\n"
    "tool/       versions, and percuss's own bill of materials (CycloneDX)\n"
    "rows.txt    fingerprints of the store's rows, a line some rows\n"
    "digests.txt what was sent: blocks of cases, and the root over them\n"
    "SHA256SUMS  every file\n"
    "\n"
    "percuss verify checks all of it. Without percuss:\n"
    "\n"
    "  an archive:\n"
    "    openssl cms -verify -binary -inform PEM -in ARCHIVE.p7s -content ARCHIVE \\\n"
    "        -CAfile CERTIFICATE -out /dev/null\n"
    "    tar --zstd -xf ARCHIVE\n"
    "  a folder:\n"
    "    openssl cms -verify -binary -inform PEM -in SHA256SUMS.p7s -content SHA256SUMS \\\n"
    "        -CAfile CERTIFICATE -out /dev/null\n"
    "  both, in the folder:\n"
    "    sha256sum -c SHA256SUMS\n"
    "\n"
    "The digest of a case is SHA-256 over: its number (8 bytes, big endian), then for\n"
    "each thing done on the link, in order, a byte (1 sent, 2 opened, 3 half closed,\n"
    "4 closed, 5 reset, 6 how what follows is put on the link), a length (4 bytes) and so\n"
    "many bytes. A block is 1024 numbers: SHA-256 over 00 and, for each case, its number\n"
    "and its digest. The root is the Merkle tree of RFC 6962, section 2.1, over block\n"
    "number and block digest.\n";

static char *rows_text(struct store *store, struct error *error)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    int status = out ? rows_write(store, out, error) : -1;

    if (out)
        fclose(out);
    if (status == 0)
        return text;
    free(text);
    return NULL;
}

static int write_reports(const char *folder, struct store *store, struct error *error)
{
    char inside[FOLDER_PATH], path[FOLDER_PATH];
    struct run_view run = {.directory = EVIDENCE_RUN, .store = store};
    struct report_subject subject = {.runs = &run, .run_count = 1};

    for (size_t i = 0; report_kinds[i]; i++) {
        const struct report_ops *kind = report_kinds[i];

        if (!report_belongs(kind, &subject))
            continue;
        if (folder_path(inside, EVIDENCE_REPORTS, kind->file, error) < 0 ||
            folder_path(path, folder, inside, error) < 0 ||
            folder_make_parents(path, error) < 0 ||
            report_write_file(kind, &subject, &(struct report_options){0}, path, error) <
                0)
            return -1;
    }
    return 0;
}

/* What the store gives, beside the store. */
static int write_derived(const char *folder, struct error *error)
{
    char path[FOLDER_PATH];
    struct store *store = NULL;
    int status = -1;

    if (folder_path(path, folder, EVIDENCE_STORE, error) < 0 ||
        !(store = store_open(path, false, error)))
        return -1;
    if (write_made(folder, ROWS_FILE, rows_text(store, error), error) == 0 &&
        write_made(folder, DIGESTS_FILE, digests_text(store), error) == 0 &&
        write_made(folder, "tool/versions.json", tool_versions(store), error) == 0 &&
        write_made(folder, "tool/percuss.cdx.json", tool_sbom(), error) == 0 &&
        write_reports(folder, store, error) == 0)
        status = 0;
    store_close(store, &(struct error){0});
    return status;
}

static int fill(const struct bundle_options *options, const char *folder,
                struct error *error)
{
    struct inputs inputs;

    if (copy_run(options->run, folder, error) < 0 ||
        inputs_copy(options->campaign, options->criteria, folder, &inputs, error) < 0 ||
        write_derived(folder, error) < 0 ||
        write_made(folder, EVIDENCE_INDEX, index_text(options, &inputs), error) < 0 ||
        write_made(folder, "README.txt", strdup(readme), error) < 0)
        return -1;
    return manifest_write(folder, error);
}

/* --- whether it may be signed ------------------------------------------------------- */

/* Rows that are not in the store's one file yet. */
static bool has_log(const char *run)
{
    char path[FOLDER_PATH];
    struct stat what;

    return folder_path(path, run, "campaign.db-wal", &(struct error){0}) == 0 &&
           stat(path, &what) == 0 && what.st_size > 0;
}

/* A run that is going on, or that was killed, has no end that could be signed. */
static int check_run(const struct bundle_options *options, struct error *error)
{
    char path[FOLDER_PATH], plan[HASH_TEXT] = "", criteria[HASH_TEXT] = "";
    struct store *store = NULL;
    int status = -1;

    if (folder_path(path, options->run, "campaign.db", error) < 0 ||
        !(store = store_open(path, false, error)))
        return -1;
    store_get(store, "plan_hash", plan, sizeof plan);
    store_get(store, "criteria_hash", criteria, sizeof criteria);
    if (has_log(options->run) ||
        store_integer(store, 1,
                      "SELECT ended_ns IS NULL FROM sitting ORDER BY id DESC LIMIT 1",
                      ""))
        error_set(
            error,
            "%s: the run has not ended, was killed (end it with percuss run --resume), or "
            "its store is in use",
            options->run);
    else if (strcmp(plan, options->campaign->plan.hash) != 0)
        error_set(error,
                  "%s was made with plan %.16s, %s gives %.16s: model, session or seed "
                  "differ",
                  options->run, plan, options->campaign->path,
                  options->campaign->plan.hash);
    else if (strcmp(criteria, criteria_hash(options->criteria)) != 0)
        error_set(error,
                  "the criteria are not those that %s was begun with (%.16s, now %.16s)",
                  options->run, criteria, criteria_hash(options->criteria));
    else
        status = 0;
    store_close(store, &(struct error){0});
    return status;
}

/* What would not verify is not signed. */
static int check_made(const char *folder, struct error *error)
{
    struct verification all = {0};
    int status = 0;

    verify_content(folder, false, &all);
    for (size_t i = 0; i < all.count && status == 0; i++)
        if (all.lines[i].result == CHECK_ALTERED)
            status = error_set(error, "this run does not hold together: %s: %.400s",
                               all.lines[i].check, all.lines[i].text);
    verification_free(&all);
    return status;
}

/* --- signing ------------------------------------------------------------------------ */

static bool is_archive(const char *path)
{
    size_t length = strlen(path), suffix = strlen(BUNDLE_SUFFIX);

    return length > suffix && strcmp(path + length - suffix, BUNDLE_SUFFIX) == 0;
}

static int name_of(const char *folder, char name[64], struct error *error)
{
    char path[FOLDER_PATH], text[HASH_TEXT];
    struct hash hash;

    if (folder_path(path, folder, MANIFEST_FILE, error) < 0 ||
        manifest_hash(path, &hash, error) < 0)
        return -1;
    hash_to_text(&hash, text);
    snprintf(name, 64, "evidence-%.*s", ID, text);
    return 0;
}

static int sign(const struct bundle_options *options, const char *file,
                struct error *error)
{
    char signature[FOLDER_PATH], stamp[FOLDER_PATH];

    if (snprintf(signature, sizeof signature, "%s.p7s", file) >= FOLDER_PATH ||
        snprintf(stamp, sizeof stamp, "%s.tsr", signature) >= FOLDER_PATH)
        return error_set(error, "%s: path too long", file);
    if (signature_make(options->key, file, signature, error) < 0)
        return -1;
    return options->stamp ? stamp_make(options->stamp, signature, stamp, error) : 0;
}

/* The archive, and its signature; neither stays when one cannot be made. */
static int put_archive(const struct bundle_options *options, const char *folder,
                       const char *name, const char *out, struct error *error)
{
    char signature[FOLDER_PATH];

    if (archive_write_folder(folder, name, out, error) == 0 &&
        sign(options, out, error) == 0)
        return 0;
    unlink(out);
    if (snprintf(signature, sizeof signature, "%s.p7s", out) < FOLDER_PATH)
        unlink(signature);
    return -1;
}

static int put_folder(const struct bundle_options *options, const char *folder,
                      const char *out, struct error *error)
{
    char manifest[FOLDER_PATH];

    if (folder_path(manifest, folder, MANIFEST_FILE, error) < 0 ||
        sign(options, manifest, error) < 0)
        return -1;
    if (chmod(folder, 0755) < 0 || rename(folder, out) < 0)
        return error_set(error, "%s: cannot be made", out);
    return 0;
}

/* Nothing is written over. */
static int check_free(const char *out, struct error *error)
{
    char signature[FOLDER_PATH];

    snprintf(signature, sizeof signature, "%s.p7s", out);
    if (access(out, F_OK) == 0 || access(signature, F_OK) == 0)
        return error_set(error, "%s is there already: name another", out);
    return 0;
}

static int make_in(const struct bundle_options *options, const char *folder,
                   char made[FOLDER_PATH], struct error *error)
{
    char name[64];

    if (fill(options, folder, error) < 0 || check_made(folder, error) < 0 ||
        name_of(folder, name, error) < 0)
        return -1;
    snprintf(made, FOLDER_PATH, "%s%s", options->out ? options->out : name,
             options->out ? "" : BUNDLE_SUFFIX);
    if (check_free(made, error) < 0)
        return -1;
    return is_archive(made) ? put_archive(options, folder, name, made, error)
                            : put_folder(options, folder, made, error);
}

int bundle_make(const struct bundle_options *options, char made[FOLDER_PATH],
                struct error *error)
{
    char folder[FOLDER_PATH];
    int status;

    if (check_run(options, error) < 0 ||
        (options->out && (check_free(options->out, error) < 0 ||
                          folder_make_parents(options->out, error) < 0)))
        return -1;
    /* Beside the result, so that a folder only has to be renamed. */
    if (snprintf(folder, sizeof folder, "%s.XXXXXX",
                 options->out ? options->out : "evidence") >= FOLDER_PATH ||
        !mkdtemp(folder))
        return error_set(error, "%s: no folder can be made there",
                         options->out ? options->out : ".");
    status = make_in(options, folder, made, error);
    folder_remove(folder);
    return status;
}
