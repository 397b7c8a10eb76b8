#include "record/segments.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static void path_of(const struct segments *segments, unsigned number,
                    char path[SEGMENT_PATH])
{
    snprintf(path, SEGMENT_PATH, "%s/capture-%05u.pcapng", segments->directory, number);
}

unsigned segments_number(const char *name, bool *dropped)
{
    unsigned number = 0;
    int length = 0;

    *dropped = false;
    if (sscanf(name, "capture-%u.%n", &number, &length) != 1 || !length)
        return 0;
    if (strcmp(name + length, "dropped") == 0)
        *dropped = true;
    else if (strcmp(name + length, "pcapng") && strcmp(name + length, "pcapng.zst"))
        return 0;
    return number;
}

/* A process that was killed may have left half-made compressed segments: they go. */
static void remove_parts(struct segments *segments, DIR *folder)
{
    char path[SEGMENT_PATH + 256];
    struct dirent *entry;

    while ((entry = readdir(folder))) {
        const char *name = entry->d_name;
        size_t length = strlen(name);

        if (length < 5 || strncmp(name, "capture-", 8) ||
            strcmp(name + length - 5, ".part"))
            continue;
        snprintf(path, sizeof path, "%s/%s", segments->directory, name);
        unlink(path);
    }
}

/* Plain segments that it left are compressed now. After remove_parts, which would take
 * away what the compressor is making. */
static void finish_compression(struct segments *segments, DIR *folder)
{
    char path[SEGMENT_PATH + 256];
    struct dirent *entry;

    while ((entry = readdir(folder))) {
        const char *name = entry->d_name;
        bool dropped;
        unsigned number = segments_number(name, &dropped);

        if (number > segments->number)
            segments->number = number;
        if (!number || strcmp(name + strlen(name) - strlen(".pcapng"), ".pcapng"))
            continue;
        snprintf(path, sizeof path, "%s/%s", segments->directory, name);
        compressor_start(segments->compressor, path);
    }
}

int segments_open(struct segments *segments, const char *directory,
                  const struct capture_options *options, struct error *error)
{
    DIR *folder;

    *segments =
        (struct segments){.keep = options->keep, .sample_every = options->sample_every};
    if (options->keep == CAPTURE_SAMPLE && options->sample_every == 0)
        return error_set(error, "the capture keeps one segment in 0: expected 1 or more");
    if ((size_t)snprintf(segments->directory, sizeof segments->directory, "%s",
                         directory) >= sizeof segments->directory)
        return error_set(error, "%s: path too long", directory);
    segments->compressor = compressor_make();
    if (!segments->compressor)
        return error_set(error, "%s: out of memory", directory);
    folder = opendir(directory);
    if (!folder)
        return error_set(error, "%s: %s", directory, strerror(errno));
    remove_parts(segments, folder);
    rewinddir(folder);
    finish_compression(segments, folder);
    closedir(folder);
    return 0;
}

static int rename_current(struct segments *segments, char path[SEGMENT_PATH],
                          struct error *error)
{
    char current[SEGMENT_PATH];

    snprintf(current, sizeof current, "%s/" SEGMENTS_CURRENT, segments->directory);
    path_of(segments, segments->number + 1, path);
    if (rename(current, path))
        return error_set(error, "%s: renaming to %s: %s", current, path, strerror(errno));
    segments->number++;
    return 0;
}

static void keep(struct segments *segments, const char *path)
{
    segments->kept++;
    compressor_start(segments->compressor, path);
}

/* A small text stays in its place: the number is not used again, and a reader of the
 * folder, percuss among them, sees that the send log is not whole. */
static void drop(struct segments *segments, const char *path,
                 const struct segment_content *content)
{
    char note[SEGMENT_PATH];
    FILE *file;

    unlink(path);
    snprintf(note, sizeof note, "%.*sdropped", (int)(strlen(path) - strlen("pcapng")),
             path);
    file = fopen(note, "we");
    if (file) {
        fprintf(file,
                "%" PRIu64 " packets, %" PRIu64 " bytes: not kept by the keep rule\n",
                content->packets, content->packet_bytes);
        fclose(file);
    }
    segments->dropped++;
    segments->dropped_packets += content->packets;
}

/* The segment that waited has its right neighbour now: with a finding there it is kept.
 */
static void settle(struct segments *segments, unsigned number, bool marked)
{
    char path[SEGMENT_PATH];

    if (!segments->has_waiting)
        return;
    segments->has_waiting = false;
    path_of(segments, number, path);
    if (marked)
        keep(segments, path);
    else
        drop(segments, path, &segments->waiting);
}

int segments_add(struct segments *segments, const struct segment_content *content,
                 bool marked, struct error *error)
{
    bool sampled = segments->keep == CAPTURE_SAMPLE &&
                   segments->ordinal % segments->sample_every == 0;
    char path[SEGMENT_PATH];

    if (rename_current(segments, path, error))
        return -1;
    settle(segments, segments->number - 1, marked);
    if (segments->keep == CAPTURE_ALL || marked || sampled) {
        keep(segments, path);
    } else if (segments->keep == CAPTURE_AROUND_FINDINGS && segments->previous_marked) {
        keep(segments, path);
    } else if (segments->keep == CAPTURE_AROUND_FINDINGS) {
        segments->has_waiting = true;
        segments->waiting = *content;
    } else {
        drop(segments, path, content);
    }
    segments->previous_marked = marked;
    segments->ordinal++;
    return 0;
}

int segments_adopt(struct segments *segments, struct error *error)
{
    char path[SEGMENT_PATH];

    if (rename_current(segments, path, error))
        return -1;
    keep(segments, path);
    return 0;
}

void segments_close(struct segments *segments, bool marked)
{
    settle(segments, segments->number, marked);
    compressor_free(segments->compressor);
    segments->compressor = NULL;
}
