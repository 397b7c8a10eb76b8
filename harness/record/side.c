#include "record/side.h"

#include "record/segments.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The order of the run: numbered segments, then the one that was current; 0: not ours. */
static unsigned long order_of(const char *name, bool log, bool *dropped)
{
    unsigned number = 0;
    int length = 0;

    *dropped = false;
    if (log && strcmp(name, SEGMENTS_CURRENT) == 0)
        return (unsigned long)UINT32_MAX + 1;
    if (log)
        return segments_number(name, dropped);
    if (sscanf(name, "independent-%u.pcap%n", &number, &length) == 1 && length &&
        !name[length])
        return number;
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    bool d;
    unsigned long x = order_of(a, true, &d) + order_of(a, false, &d);
    unsigned long y = order_of(b, true, &d) + order_of(b, false, &d);

    return x != y ? (x > y) - (x < y) : strcmp(a, b);
}

static int add_name(struct side *side, const char *name, struct error *error)
{
    void *larger = realloc(side->names, (side->count + 1) * sizeof *side->names);

    if (!larger)
        return error_set(error, "%s: out of memory", side->directory);
    side->names = larger;
    memcpy(side->names[side->count++], name, strlen(name) + 1);
    return 0;
}

int side_list(struct side *side, const char *directory, bool log, struct error *error)
{
    DIR *folder = opendir(directory);
    struct dirent *entry;
    size_t kept = 0;
    int status = 0;
    bool dropped;

    if (!folder)
        return error_set(error, "%s: %s", directory, strerror(errno));
    side->directory = directory;
    while (status == 0 && (entry = readdir(folder))) {
        if (!order_of(entry->d_name, log, &dropped) || strlen(entry->d_name) >= SIDE_NAME)
            continue;
        side->dropped |= dropped;
        if (!dropped)
            status = add_name(side, entry->d_name, error);
    }
    closedir(folder);
    if (status)
        return -1;
    if (!side->count)
        return error_set(error, "%s: no %s", directory,
                         log ? "send log" : "independent capture");
    qsort(side->names, side->count, sizeof *side->names, compare_names);
    /* A kill during compression may leave a segment in both forms: read the plain one. */
    for (size_t i = 0; i < side->count; i++) {
        if (kept && order_of(side->names[i], log, &dropped) ==
                        order_of(side->names[kept - 1], log, &dropped))
            continue;
        memmove(side->names[kept++], side->names[i], SIDE_NAME);
    }
    side->count = kept;
    return 0;
}

static int read_files(struct side *side, struct flows *flows, struct error *error)
{
    char path[SEGMENT_PATH];

    for (size_t i = 0; i < side->count; i++) {
        struct wire_result result;

        snprintf(path, sizeof path, "%s/%s", side->directory, side->names[i]);
        if (wire_read(path, flows_take, flows, &result, error))
            return -1;
        side->cut |= result.cut;
        if (flows->failed)
            return error_set(error, "%s: out of memory after %zu connections", path,
                             flows->count);
    }
    flows_end(flows);
    return 0;
}

int side_read(struct side *side, struct error *error)
{
    size_t count;

    if (read_files(side, &side->flows, error))
        return -1;
    count = side->flows.count + 1;
    side->partner = calloc(count, sizeof *side->partner);
    side->wants = calloc(count * 2, sizeof *side->wants);
    if (!side->partner || !side->wants)
        return error_set(error, "%s: out of memory", side->directory);
    return 0;
}

/* Reads once more for what is wanted; the same files give the same flows in the same
 * order. */
int side_read_again(struct side *side, struct error *error)
{
    struct flows again = {.wants = side->wants, .want_count = side->flows.count * 2};
    int status = read_files(side, &again, error);

    if (status == 0 && again.count != side->flows.count)
        status = error_set(error, "%s: the captures change while they are compared",
                           side->directory);
    for (size_t i = 0; status == 0 && i < again.count; i++)
        memcpy(side->flows.flows[i].at_target, again.flows[i].at_target,
               sizeof again.flows[i].at_target);
    flows_free(&again);
    return status;
}

void side_free(struct side *side)
{
    flows_free(&side->flows);
    free(side->names);
    free(side->wants);
    free(side->partner);
}
