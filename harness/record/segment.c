#include "record/segment.h"

#include "record/pcapng.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int segment_open(struct segment *segment, const char *path, struct error *error)
{
    *segment = (struct segment){.file = -1};
    if ((size_t)snprintf(segment->path, sizeof segment->path, "%s", path) >=
        sizeof segment->path)
        return error_set(error, "%s: path too long", path);
    segment->file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (segment->file < 0)
        return error_set(error, "%s: %s", path, strerror(errno));
    return 0;
}

/* Moves the window so that it begins with the page of the next byte. The room is
 * allocated, not only addressed: a full disk is an error here and not a SIGBUS at the
 * store. */
static int slide(struct segment *segment, struct error *error)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t base = segment->used & ~(page - 1);
    int status = posix_fallocate(segment->file, (off_t)base, SEGMENT_WINDOW);
    void *window;

    if (status)
        return error_set(error, "%s: %s: free some disk space, then resume the run",
                         segment->path, strerror(status));
    window = mmap(NULL, SEGMENT_WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED, segment->file,
                  (off_t)base);
    if (window == MAP_FAILED)
        return error_set(error, "%s: %s", segment->path, strerror(errno));
    if (segment->window)
        munmap(segment->window, SEGMENT_WINDOW);
    segment->window = window;
    segment->base = base;
    return 0;
}

uint8_t *segment_reserve(struct segment *segment, size_t bytes, struct error *error)
{
    if (segment->file < 0) {
        error_set(error, "%s: closed after an earlier failure", segment->path);
        return NULL;
    }
    if (!segment->window || segment->used + bytes > segment->base + SEGMENT_WINDOW) {
        if (slide(segment, error))
            return NULL;
    }
    return segment->window + (segment->used - segment->base);
}

int segment_close(struct segment *segment, struct error *error)
{
    int status = 0;

    if (segment->window)
        munmap(segment->window, SEGMENT_WINDOW);
    segment->window = NULL;
    if (segment->file >= 0) {
        if (ftruncate(segment->file, (off_t)segment->used))
            status = error_set(error, "%s: %s", segment->path, strerror(errno));
        if (close(segment->file) && status == 0)
            status = error_set(error, "%s: %s", segment->path, strerror(errno));
    }
    segment->file = -1;
    return status;
}

static void scan(struct view bytes, struct segment_content *content)
{
    while (content->bytes < bytes.length) {
        struct view rest = view_slice(bytes, content->bytes, bytes.length);
        bool is_packet;
        size_t packet_bytes = 0;
        size_t length = pcapng_next(rest, &is_packet, &packet_bytes);

        if (!length)
            return;
        content->bytes += length;
        content->packets += is_packet;
        content->packet_bytes += packet_bytes;
    }
}

static bool starts_with_zeros(struct view bytes)
{
    for (size_t i = 0; i < bytes.length && i < 12; i++) {
        if (bytes.data[i])
            return false;
    }
    return true;
}

int segment_repair(const char *path, struct segment_content *content, struct error *error)
{
    int file = open(path, O_RDWR | O_CLOEXEC), status = -1;
    struct view bytes = {NULL, 0};
    struct error why = {""};
    struct stat facts;
    void *mapped = MAP_FAILED;

    *content = (struct segment_content){0};
    if (file < 0 || fstat(file, &facts)) {
        error_set(error, "%s: %s", path, strerror(errno));
        goto out;
    }
    if (facts.st_size > 0) {
        mapped = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_SHARED, file, 0);
        if (mapped == MAP_FAILED) {
            error_set(error, "%s: %s", path, strerror(errno));
            goto out;
        }
        bytes = (struct view){mapped, (size_t)facts.st_size};
    }
    if (!starts_with_zeros(bytes)) {
        if (pcapng_check(bytes, &why)) {
            error_set(error, "%s: %s: move it away", path, why.text);
            goto out;
        }
        scan(bytes, content);
    }
    if (content->bytes < bytes.length && ftruncate(file, (off_t)content->bytes)) {
        error_set(error, "%s: %s", path, strerror(errno));
        goto out;
    }
    status = 0;
out:
    if (mapped != MAP_FAILED)
        munmap(mapped, bytes.length);
    if (file >= 0)
        close(file);
    return status;
}
