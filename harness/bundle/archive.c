#include "bundle/archive.h"

#include "bundle/folder.h"
#include "record/disk.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 1 << 16 };
static const uint64_t reserve_bytes = 200 << 20;

/* --- writing ------------------------------------------------------------------------ */

static int fail(struct archive *archive, const char *path, struct error *error)
{
    const char *text = archive_error_string(archive);

    return error_set(error, "%s: %s", path, text ? text : "cannot be written");
}

static int put_bytes(struct archive *archive, int file, const char *path,
                     struct error *error)
{
    char bytes[BLOCK];
    ssize_t got;

    while ((got = read(file, bytes, sizeof bytes)) > 0)
        if (archive_write_data(archive, bytes, (size_t)got) != got)
            return fail(archive, path, error);
    return got < 0 ? error_set(error, "%s: %s", path, strerror(errno)) : 0;
}

/* Nothing of this machine: no owner, no time, one mode. */
static int put_file(struct archive *archive, const char *path, const char *inside,
                    struct error *error)
{
    struct archive_entry *entry = archive_entry_new();
    int file = open(path, O_RDONLY | O_CLOEXEC), status = -1;
    struct stat what;

    if (!entry || file < 0 || fstat(file, &what) < 0) {
        error_set(error, "%s: %s", path, strerror(errno));
        goto out;
    }
    archive_entry_set_pathname(entry, inside);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, what.st_size);
    archive_entry_set_mtime(entry, 0, 0);
    status = archive_write_header(archive, entry) == ARCHIVE_OK
                 ? put_bytes(archive, file, path, error)
                 : fail(archive, path, error);
out:
    if (file >= 0)
        close(file);
    archive_entry_free(entry);
    return status;
}

int archive_write_folder(const char *folder, const char *name, const char *path,
                         struct error *error)
{
    struct archive *archive = archive_write_new();
    struct folder_list list = {0};
    char file[FOLDER_PATH], inside[FOLDER_PATH];
    int status = -1;

    if (!archive || folder_list(&list, folder, error) < 0)
        goto out;
    if (archive_write_add_filter_zstd(archive) != ARCHIVE_OK ||
        archive_write_set_format_pax_restricted(archive) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(archive, 1) != ARCHIVE_OK ||
        archive_write_open_filename(archive, path) != ARCHIVE_OK) {
        fail(archive, path, error);
        goto out;
    }
    status = 0;
    for (size_t i = 0; i < list.count && status == 0; i++)
        if (folder_path(file, folder, list.entries[i].path, error) < 0 ||
            folder_path(inside, name, list.entries[i].path, error) < 0 ||
            put_file(archive, file, inside, error) < 0)
            status = -1;
    if (status == 0 && archive_write_close(archive) != ARCHIVE_OK)
        status = fail(archive, path, error);
out:
    archive_write_free(archive);
    folder_list_free(&list);
    return status;
}

/* --- unpacking ---------------------------------------------------------------------- */

struct unpacking {
    struct archive *archive;
    const char *path, *folder;
    uint64_t left;         /* bytes that may still be written */
    char now[FOLDER_PATH]; /* the file that is being unpacked, "" before the first */
};

static int complain(const struct unpacking *unpacking, const char *what,
                    struct error *error)
{
    const char *text = what ? what : archive_error_string(unpacking->archive);

    return error_set(error, "%s: %s%s: %s", unpacking->path,
                     unpacking->now[0] ? "in or after " : "at its start", unpacking->now,
                     text ? text : "damaged");
}

/* The path below the archive's own folder; NULL for one that leads out of it. */
static const char *path_below(const char *path)
{
    const char *slash = path ? strchr(path, '/') : NULL,
               *below = slash ? slash + 1 : NULL;

    if (!below || slash == path || !*below || *below == '/' || strstr(below, "//"))
        return NULL;
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "../", 3) == 0 || strcmp(part, "..") == 0 ||
            strncmp(part, "./", 2) == 0 || strcmp(part, ".") == 0)
            return NULL;
    }
    return below;
}

static int take_bytes(struct unpacking *unpacking, FILE *out, struct error *error)
{
    char bytes[BLOCK];
    la_ssize_t got;

    while ((got = archive_read_data(unpacking->archive, bytes, sizeof bytes)) > 0) {
        if ((uint64_t)got > unpacking->left)
            return complain(unpacking, "it does not fit on this disk", error);
        unpacking->left -= (uint64_t)got;
        if (fwrite(bytes, 1, (size_t)got, out) != (size_t)got)
            return complain(unpacking, strerror(errno), error);
    }
    return got < 0 ? complain(unpacking, NULL, error) : 0;
}

static int take_file(struct unpacking *unpacking, struct archive_entry *entry,
                     struct error *error)
{
    const char *below = path_below(archive_entry_pathname(entry));
    char path[FOLDER_PATH];
    FILE *out;
    int status;

    if (!below || archive_entry_filetype(entry) != AE_IFREG ||
        archive_entry_hardlink(entry))
        return complain(unpacking, "it holds something that is no plain file", error);
    snprintf(unpacking->now, sizeof unpacking->now, "%s", below);
    if (folder_path(path, unpacking->folder, below, error) < 0 ||
        folder_make_parents(path, error) < 0)
        return -1;
    out = fopen(path, "wx");
    if (!out)
        return complain(unpacking, strerror(errno), error);
    status = take_bytes(unpacking, out, error);
    if (fclose(out) && status == 0)
        status = complain(unpacking, strerror(errno), error);
    return status;
}

int archive_unpack(const char *path, const char *folder, struct error *error)
{
    struct unpacking unpacking = {
        .archive = archive_read_new(), .path = path, .folder = folder};
    struct archive_entry *entry;
    int status = -1, next;

    if (!unpacking.archive || disk_free_bytes(folder, &unpacking.left, error) < 0)
        goto out;
    unpacking.left -= unpacking.left > reserve_bytes ? reserve_bytes : unpacking.left;
    if (archive_read_support_filter_zstd(unpacking.archive) != ARCHIVE_OK ||
        archive_read_support_format_tar(unpacking.archive) != ARCHIVE_OK ||
        archive_read_open_filename(unpacking.archive, path, BLOCK) != ARCHIVE_OK) {
        complain(&unpacking, NULL, error);
        goto out;
    }
    status = 0;
    while (status == 0 &&
           (next = archive_read_next_header(unpacking.archive, &entry)) != ARCHIVE_EOF)
        status = next == ARCHIVE_OK ? take_file(&unpacking, entry, error)
                                    : complain(&unpacking, NULL, error);
out:
    archive_read_free(unpacking.archive);
    return status;
}
