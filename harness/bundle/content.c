#include "bundle/content.h"

#include "bundle/assessed.h"
#include "bundle/fingerprints.h"
#include "bundle/manifest.h"
#include "bundle/reports.h"
#include "bundle/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* --- whether a run may be evidence -------------------------------------------------- */

/* Rows that are not in the store's one file yet. */
static bool has_log(const char *run)
{
    char path[FOLDER_PATH];
    struct stat what;

    return folder_path(path, run, "campaign.db-wal", &(struct error){0}) == 0 &&
           stat(path, &what) == 0 && what.st_size > 0;
}

/* A run that is going on, or that was killed, has no end that could be signed. */
static int check_run(const struct content_run *run, struct error *error)
{
    char path[FOLDER_PATH], plan[HASH_TEXT] = "", criteria[HASH_TEXT] = "";
    struct store *store = NULL;
    int status = -1;

    if (folder_path(path, run->folder, "campaign.db", error) < 0 ||
        !(store = store_open(path, false, error)))
        return -1;
    store_get(store, "plan_hash", plan, sizeof plan);
    store_get(store, "criteria_hash", criteria, sizeof criteria);
    if (has_log(run->folder) ||
        store_integer(store, 1,
                      "SELECT ended_ns IS NULL FROM sitting ORDER BY id DESC LIMIT 1",
                      ""))
        error_set(
            error,
            "%s: the run has not ended, was killed (end it with percuss run --resume), or "
            "its store is in use",
            run->folder);
    else if (strcmp(plan, run->campaign->plan.hash) != 0)
        error_set(error,
                  "%s was made with plan %.16s, %s gives %.16s: model, session or seed "
                  "differ",
                  run->folder, plan, run->campaign->path, run->campaign->plan.hash);
    else if (strcmp(criteria, criteria_hash(run->criteria)) != 0)
        error_set(error,
                  "the criteria are not those that %s was begun with (%.16s, now %.16s)",
                  run->folder, criteria, criteria_hash(run->criteria));
    else
        status = 0;
    store_close(store, &(struct error){0});
    return status;
}

/* --- a run -------------------------------------------------------------------------- */

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
    char from[FOLDER_PATH], to[FOLDER_PATH];
    int status = folder_list(&list, run, error);

    for (size_t i = 0; status == 0 && i < list.count; i++) {
        const struct folder_entry *entry = &list.entries[i];

        if (is_left_out(entry->path) || entry->kind == FOLDER_EMPTY)
            continue;
        if (folder_path(from, run, entry->path, error) < 0 ||
            folder_path(to, folder, entry->path, error) < 0 ||
            folder_copy(from, to, error) < 0)
            status = -1;
    }
    folder_list_free(&list);
    return status;
}

static int write_text(const char *folder, const char *name, const char *text,
                      struct error *error)
{
    char path[FOLDER_PATH];

    return folder_path(path, folder, name, error) < 0
               ? -1
               : folder_write(path, text, strlen(text), error);
}

/* Writes a text that was made for it, and frees it. NULL: making it failed, and said why.
 */
static int write_made(const char *folder, const char *name, char *text,
                      struct error *error)
{
    int status = text ? write_text(folder, name, text, error) : -1;

    free(text);
    return status;
}

struct filling {
    const struct content *content;
    const char *folder;
    struct evidence_index index;
    json_t *facts; /* of the runs, by name */
};

static int write_fingerprint(struct filling *filling, const char *run, const char *file,
                             char *text, struct error *error)
{
    char inside[FOLDER_PATH];

    if (evidence_place(NULL, EVIDENCE_FINGERPRINTS, run, file, inside, NULL, error) < 0) {
        free(text);
        return -1;
    }
    return write_made(filling->folder, inside, text, error);
}

/* What the store gives, beside the store. */
static int write_derived(struct filling *filling, const char *name, struct error *error)
{
    char inside[FOLDER_PATH], path[FOLDER_PATH];
    struct run_view view = {.directory = inside};
    struct report_subject subject = {.runs = &view, .run_count = 1};
    int status = -1;

    if (evidence_place(filling->folder, EVIDENCE_RUNS, name, NULL, inside, path, error) <
            0 ||
        !(view.store = store_open_run(path, false, error)))
        return -1;
    if (write_fingerprint(filling, name, ROWS_FILE, fingerprints_text(view.store, error),
                          error) == 0 &&
        write_fingerprint(filling, name, DIGESTS_FILE, digests_text(view.store, error),
                          error) == 0 &&
        reports_write(filling->folder, name, &subject, error) == 0)
        status = json_object_set_new(filling->facts, name, tool_run_facts(view.store));
    store_close(view.store, NULL);
    return status;
}

static int add_loaded(struct filling *filling, const struct content_run *run,
                      struct evidence_run *entry, struct error *error)
{
    char path[FOLDER_PATH];

    return check_run(run, error) < 0 ||
                   evidence_place(filling->folder, EVIDENCE_RUNS, entry->name, NULL, NULL,
                                  path, error) < 0 ||
                   copy_run(run->folder, path, error) < 0 ||
                   inputs_copy(run->campaign, filling->folder, entry->name,
                               &entry->inputs, error) < 0 ||
                   inputs_copy_criteria(run->criteria, filling->folder, entry->name,
                                        error) < 0 ||
                   write_derived(filling, entry->name, error) < 0
               ? -1
               : 0;
}

static int add_run(struct filling *filling, const char *folder,
                   struct evidence_run *entry, struct error *error)
{
    struct content_run run = {.folder = folder};
    int status = filling->content->load(filling->content->context, &run, error);

    if (status == 0)
        status = add_loaded(filling, &run, entry, error);
    if (status == 0 && !filling->index.name[0])
        snprintf(filling->index.name, sizeof filling->index.name, "%s",
                 run.campaign->name);
    criteria_free(run.criteria);
    campaign_free(run.campaign);
    return status;
}

/* --- an assessment ------------------------------------------------------------------ */

static void name_runs(struct evidence_index *index, const struct assessment *assessment)
{
    char(*names)[EVIDENCE_NAME] = calloc(assessment->run_count, sizeof *names);

    for (size_t i = 0; names && i < assessment->run_count; i++) {
        char folder[sizeof assessment->runs->path];

        snprintf(folder, sizeof folder, "%s", assessment->runs[i].path);
        *strrchr(folder, '/') = '\0';
        assessed_name(folder, names, i);
        snprintf(index->runs[i].name, EVIDENCE_NAME, "%s", names[i]);
    }
    free(names);
}

/* Criteria first: what is judged in the evidence is judged by those in it. */
static int add_judged(struct filling *filling, const struct assessment *assessment,
                      struct error *error)
{
    struct criteria *criteria = criteria_load(assessment->criteria_folder, error);
    struct assessed assessed = {0};
    int status = -1;

    if (criteria && criteria_select(criteria, assessment->criteria, error) == 0 &&
        inputs_copy_criteria(criteria, filling->folder, EVIDENCE_ASSESSMENT, error) ==
            0 &&
        assessed_copy(assessment, &filling->index, filling->folder, error) == 0 &&
        assessed_open(&assessed, filling->folder, &filling->index, error) == 0 &&
        assessed_save(&assessed, filling->folder, error) == 0)
        status =
            reports_write(filling->folder, EVIDENCE_ASSESSMENT, &assessed.subject, error);
    assessed_close(&assessed);
    criteria_free(criteria);
    return status;
}

static int add_assessment(struct filling *filling, struct error *error)
{
    struct assessment *assessment = assessment_load(filling->content->path, error);
    struct evidence_index *index = &filling->index;
    int status = assessment ? 0 : -1;

    if (assessment && assessment->run_count == 0)
        status = error_set(error, "%s: an assessment without runs is no evidence",
                           filling->content->path);
    if (status == 0) {
        index->assessed = true;
        snprintf(index->name, sizeof index->name, "%s", assessment->name);
        index->runs = calloc(assessment->run_count, sizeof *index->runs);
        status = index->runs ? 0 : error_set(error, "out of memory");
    }
    if (status == 0)
        name_runs(index, assessment);
    for (size_t i = 0; status == 0 && i < assessment->run_count; i++) {
        char folder[sizeof assessment->runs->path];

        snprintf(folder, sizeof folder, "%s", assessment->runs[i].path);
        *strrchr(folder, '/') = '\0';
        status = add_run(filling, folder, &index->runs[i], error);
        index->run_count += status == 0;
    }
    if (status == 0)
        status = add_judged(filling, assessment, error);
    assessment_free(assessment);
    return status;
}

static int add_single(struct filling *filling, struct error *error)
{
    struct evidence_index *index = &filling->index;

    index->runs = calloc(1, sizeof *index->runs);
    if (!index->runs)
        return error_set(error, "out of memory");
    index->run_count = 1;
    /* Whatever its folder is called, evidence of the run is the same. */
    snprintf(index->runs->name, EVIDENCE_NAME, "run");
    return add_run(filling, filling->content->path, index->runs, error);
}

/* --- all of it ---------------------------------------------------------------------- */

static const char readme[] =
    "Evidence of testing with percuss. NAME is a run's; of the assessment, if this is\n"
    "evidence of one, it is \"assessment\".\n"
    "\n"
    "assessment.yaml  the device, its interfaces, its runs; percuss assess show reads it\n"
    "assessment/      the files that it names, and what its criteria were judged over\n"
    "runs/NAME/       the run folder: store (SQLite), captures, findings\n"
    "inputs/NAME/     campaign, model and session, as they lay to each other\n"
    "criteria/NAME/   the acceptance criteria in force, in the order of their hash\n"
    "reports/NAME/    what was written of it\n"
    "fingerprints/NAME/rows.txt     of the store's rows, a line some rows\n"
    "fingerprints/NAME/digests.txt  what was sent: blocks of cases, the root over them\n"
    "tool/            versions, and percuss's own bill of materials (CycloneDX)\n"
    "SHA256SUMS       every file\n"
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

static int write_common(struct filling *filling, struct error *error)
{
    snprintf(filling->index.version, sizeof filling->index.version, "%s",
             PERCUSS_VERSION);
    if (write_made(filling->folder, EVIDENCE_INDEX,
                   evidence_index_text(&filling->index, error), error) < 0 ||
        write_made(filling->folder, "tool/versions.json",
                   tool_versions(filling->facts, error), error) < 0 ||
        write_made(filling->folder, "tool/percuss.cdx.json", tool_sbom(error), error) <
            0 ||
        write_text(filling->folder, "README.txt", readme, error) < 0)
        return -1;
    return manifest_write(filling->folder, error);
}

int content_fill(const struct content *content, const char *folder, struct error *error)
{
    struct filling filling = {
        .content = content, .folder = folder, .facts = json_object()};
    struct stat what;
    int status = -1;

    if (!filling.facts)
        error_set(error, "out of memory");
    else if (stat(content->path, &what) == 0 && S_ISREG(what.st_mode))
        status = add_assessment(&filling, error);
    else
        status = add_single(&filling, error);
    if (status == 0)
        status = write_common(&filling, error);
    json_decref(filling.facts);
    evidence_index_free(&filling.index);
    return status;
}
