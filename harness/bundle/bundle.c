#include "bundle/bundle.h"

#include "bundle/archive.h"
#include "bundle/content.h"
#include "bundle/manifest.h"
#include "bundle/signature.h"
#include "bundle/stamp.h"
#include "bundle/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ID = 12 }; /* hex digits of the manifest's hash that name the evidence */

/* --- signing ------------------------------------------------------------------------ */

/* What would not verify is not signed. */
static int check_made(const char *folder, struct error *error)
{
    struct verification all = {0};
    int status = 0;

    verify_content(folder, false, &all);
    for (size_t i = 0; i < all.count && status == 0; i++)
        if (all.lines[i].result == CHECK_ALTERED)
            status = error_set(error, "it does not hold together: %s: %.400s",
                               all.lines[i].check, all.lines[i].text);
    verification_free(&all);
    return status;
}

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

    if (content_fill(&options->content, folder, error) < 0 ||
        check_made(folder, error) < 0 || name_of(folder, name, error) < 0)
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

    if (options->out && (check_free(options->out, error) < 0 ||
                         folder_make_parents(options->out, error) < 0))
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
