/* Captures of several shards in one folder: segments and independent captures keep their
 * order under numbers that go on, as those of a run that was resumed do. */
#include "bundle/merge_parts.h"

#include "record/segments.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

enum { NAME = 64 };

/* The name of a segment in the run; false: it is none. What was current when a shard
 * ended is a segment, but for the last shard. */
static bool name_segment(const struct merge_into *into, const char *name, char as[NAME],
                         unsigned *taken)
{
    bool dropped, current = strcmp(name, SEGMENTS_CURRENT) == 0;
    unsigned number = current ? 0 : segments_number(name, &dropped);

    if (!current && !number)
        return false;
    if (!current) {
        snprintf(as, NAME, "capture-%05u%.40s", into->segments + number,
                 strchr(name, '.'));
        *taken = number > *taken ? number : *taken;
    } else if (into->index + 1 == into->count)
        snprintf(as, NAME, "%s", SEGMENTS_CURRENT);
    return true;
}

static bool name_live(const struct merge_into *into, const char *name, char as[NAME],
                      unsigned *taken)
{
    unsigned number;
    int length = 0;

    if (sscanf(name, "independent-%u.pcap%n", &number, &length) != 1 || !length ||
        name[length])
        return false;
    snprintf(as, NAME, "independent-%03u.pcap", into->live + number);
    *taken = number > *taken ? number : *taken;
    return true;
}

static int copy(const struct merge_into *into, const char *name, const char *as,
                struct error *error)
{
    char from[FOLDER_PATH], to[FOLDER_PATH];

    return folder_path(from, into->shard->folder, name, error) < 0 ||
                   folder_path(to, into->directory, as, error) < 0 ||
                   folder_copy(from, to, error) < 0
               ? -1
               : 0;
}

/* The current segment is the last: its number is known behind the others. */
static int copy_files(struct merge_into *into, unsigned *segments, unsigned *live,
                      struct error *error)
{
    struct folder_list list = {0};
    int status = folder_list(&list, into->shard->folder, error);
    bool current = false;
    char as[NAME];

    for (size_t i = 0; status == 0 && i < list.count; i++) {
        const char *name = list.entries[i].path;

        as[0] = '\0';
        if (strchr(name, '/') ||
            (!name_segment(into, name, as, segments) && !name_live(into, name, as, live)))
            continue;
        if (as[0])
            status = copy(into, name, as, error);
        else
            current = true;
    }
    if (status == 0 && current) {
        snprintf(as, sizeof as, "capture-%05u.pcapng", into->segments + ++*segments);
        status = copy(into, SEGMENTS_CURRENT, as, error);
    }
    folder_list_free(&list);
    return status;
}

/* ?1: independent captures before it. */
static const char *const steps[] = {
    "INSERT INTO capture SELECT file, kind, packets, bytes, dropped, note FROM "
    "shard.capture WHERE kind = 'send-log' ON CONFLICT (file) DO UPDATE SET packets = "
    "packets + excluded.packets, bytes = bytes + excluded.bytes, dropped = dropped + "
    "excluded.dropped, note = iif(note = '', excluded.note, note)",
    "INSERT OR IGNORE INTO capture SELECT iif(file = 'none', file, "
    "printf('independent-%03d.pcap', ?1 + CAST(substr(file, 13) AS INTEGER))), kind, "
    "packets, bytes, dropped, note FROM shard.capture WHERE kind = 'independent'"};

int merge_captures(struct merge_into *into, struct error *error)
{
    const int64_t values[] = {into->live};
    unsigned segments = 0, live = 0;

    if (copy_files(into, &segments, &live, error) < 0)
        return -1;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (merge_run(into, steps[i], values, error) < 0)
            return -1;
    into->segments += segments;
    into->live += live;
    return 0;
}
