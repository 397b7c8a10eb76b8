#include "bundle/verify.h"

#include "bundle/archive.h"
#include "bundle/evidence.h"
#include "bundle/manifest.h"
#include "bundle/signature.h"
#include "bundle/stamp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- signature and time stamp ------------------------------------------------------- */

static void say_signature(const struct signature_check *found, const char *file,
                          bool has_certificate, struct verification *all)
{
    if (!found->intact)
        verification_add(all, CHECK_ALTERED, "signature",
                         "%s and its signature %s.p7s do not fit: %s", file, file,
                         found->why);
    else if (found->trusted)
        verification_add(
            all, CHECK_GOOD, "signature", "%s was signed by %s (certificate %.16s…)%s%s",
            file, found->signer, found->fingerprint,
            found->time[0] ? ", by the signer's own clock at " : "", found->time);
    else if (has_certificate)
        verification_add(all, CHECK_ALTERED, "signature",
                         "%s was signed by %s (certificate %.16s…), whom the given "
                         "certificate does not vouch for: %s",
                         file, found->signer, found->fingerprint, found->why);
    else
        verification_add(all, CHECK_UNKNOWN, "signature",
                         "%s was signed by someone who says to be %s (certificate "
                         "%.16s…): give --certificate to know",
                         file, found->signer, found->fingerprint);
}

/* There need not be one; that there is none is said. */
static void check_stamp(const char *signature, const struct verify_options *options,
                        struct verification *all)
{
    char path[FOLDER_PATH];
    struct stamp_check found;

    if (snprintf(path, sizeof path, "%s.tsr", signature) >= FOLDER_PATH ||
        access(path, F_OK) < 0) {
        verification_add(all, CHECK_NOTE, "time stamp",
                         "none: only the signer's own clock says when it was signed");
        return;
    }
    stamp_check(signature, path, options->certificate, &found);
    if (!found.intact)
        verification_add(all, CHECK_ALTERED, "time stamp", "%s: %s", path, found.why);
    else if (found.trusted)
        verification_add(all, CHECK_GOOD, "time stamp", "%s, by %s", found.time,
                         found.signer);
    else
        verification_add(all, options->certificate ? CHECK_UNKNOWN : CHECK_NOTE,
                         "time stamp", "%s, by %s, whom no given certificate vouches for",
                         found.time, found.signer);
}

static int check_signature(const char *file, const struct verify_options *options,
                           struct verification *all, struct error *error)
{
    char path[FOLDER_PATH];
    struct signature_check found;

    if (snprintf(path, sizeof path, "%s.p7s", file) >= FOLDER_PATH)
        return error_set(error, "%s: path too long", file);
    if (access(file, R_OK) < 0 || access(path, R_OK) < 0) {
        verification_add(all, CHECK_ALTERED, "signature",
                         "%s is missing (an archive is verified packed, with its "
                         "signature beside it)",
                         access(file, R_OK) < 0 ? file : path);
        return 0;
    }
    if (signature_check(file, path, options->certificate, &found, error) < 0)
        return -1;
    say_signature(&found, file, options->certificate != NULL, all);
    check_stamp(path, options, all);
    return 0;
}

/* --- content ------------------------------------------------------------------------ */

static void name_file(void *context, const char *path, const char *how)
{
    verification_add(context, CHECK_ALTERED, "manifest", "%s %s", path, how);
}

static void check_manifest(const char *folder, struct verification *all)
{
    size_t before = all->results[CHECK_ALTERED], files;
    struct error error;

    if (manifest_check(folder, name_file, all, &files, &error) < 0)
        verification_add(all, CHECK_ALTERED, "manifest", "%s", error.text);
    else if (all->results[CHECK_ALTERED] == before)
        verification_add(all, CHECK_GOOD, "manifest", "%zu files, each as it was", files);
}

static void check_run(const char *folder, const struct evidence_index *index,
                      const struct evidence_run *run, bool regenerate,
                      struct verification *all)
{
    struct evidence_folder evidence;

    if (evidence_open(&evidence, folder, index, run, all) == 0) {
        check_store(&evidence, all);
        check_digests(&evidence, all);
        check_captures(&evidence, all);
        check_inputs(&evidence, regenerate, all);
        check_criteria(&evidence, all);
        check_reports(&evidence, all);
    }
    evidence_close(&evidence);
}

void verify_content(const char *folder, bool regenerate, struct verification *all)
{
    struct evidence_index index;

    check_manifest(folder, all);
    if (evidence_index_read(&index, folder, all) == 0) {
        for (size_t i = 0; i < index.run_count; i++) {
            verification_about(all, index.assessed ? index.runs[i].name : "");
            check_run(folder, &index, &index.runs[i], regenerate, all);
        }
        verification_about(all, index.assessed ? EVIDENCE_ASSESSMENT : "");
        if (index.assessed)
            check_assessment(folder, &index, all);
        verification_about(all, "");
    }
    evidence_index_free(&index);
}

/* --- both forms --------------------------------------------------------------------- */

static int verify_archive(const char *path, const struct verify_options *options,
                          struct verification *all, struct error *error)
{
    char folder[FOLDER_PATH];
    struct error damage;

    if (check_signature(path, options, all, error) < 0 ||
        folder_temporary(folder, error) < 0)
        return -1;
    if (archive_unpack(path, folder, &damage) < 0)
        verification_add(all, CHECK_ALTERED, "archive", "%s", damage.text);
    else
        verify_content(folder, options->regenerate, all);
    folder_remove(folder);
    return 0;
}

static int verify_folder(const char *path, const struct verify_options *options,
                         struct verification *all, struct error *error)
{
    char manifest[FOLDER_PATH];

    if (folder_path(manifest, path, MANIFEST_FILE, error) < 0 ||
        check_signature(manifest, options, all, error) < 0)
        return -1;
    verify_content(path, options->regenerate, all);
    return 0;
}

int verify_evidence(const char *path, const struct verify_options *options,
                    struct verification *all, struct error *error)
{
    struct stat what;

    if (stat(path, &what) < 0)
        return error_set(error, "%s: %s", path, strerror(errno));
    return S_ISDIR(what.st_mode) ? verify_folder(path, options, all, error)
                                 : verify_archive(path, options, all, error);
}
