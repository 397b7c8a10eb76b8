/* What the device holds: memory and handles of its process, and its own counters. */
#include "engine/runner.h"

#include <stdio.h>

/* A program that has just started takes what it needs first: so many samples are no
 * growth. */
enum { WARM_UP = 4, OF_PROCESS = 2 };

static bool sees_process(const struct runner *runner)
{
    return runner->device->can & DEVICE_SEES_RESOURCES && runner->device->ops->resources;
}

size_t growth_count(const struct runner *runner)
{
    size_t own = sees_process(runner) ? OF_PROCESS : 0;

    /* A sanitizer's memory says nothing, its handles do. */
    return own - (own && runner->device->can & DEVICE_SEES_SANITIZER) +
           runner->campaign->session->resource_count;
}

static void name_growths(struct runner *runner)
{
    const struct session *session = runner->campaign->session;
    struct growth *growths = runner->watch.readings.growths;

    growths[0] = (struct growth){.id = "memory",
                                 .text = "Resident memory of the device's process",
                                 .unit = "KiB",
                                 .limit = runner->campaign->memory_kib};
    growths[1] = (struct growth){.id = "handles",
                                 .text = "Open files and sockets of the device's process",
                                 .unit = "handles",
                                 .limit = runner->campaign->handles};
    for (size_t i = 0; i < session->resource_count; i++)
        growths[OF_PROCESS + i] = (struct growth){.id = session->resources[i].id,
                                                  .text = session->resources[i].text,
                                                  .unit = "",
                                                  .limit = session->resources[i].limit};
    runner->watch.readings.growth_count = OF_PROCESS + session->resource_count;
}

void growth_begin(struct runner *runner)
{
    name_growths(runner);
    runner->watch.warm_up = 0;
}

/* Warm: the first value that counts; later ones rise or fall. */
static void note(struct growth *growth, bool warm, int64_t now)
{
    if (!warm)
        return;
    if (!growth->warm) {
        growth->warm = true;
        growth->first = growth->now = now;
        return;
    }
    growth->samples++;
    growth->rises += now > growth->now;
    growth->falls += now < growth->now;
    growth->now = now;
}

static void sample_process(struct runner *runner, bool warm)
{
    struct growth *growths = runner->watch.readings.growths;
    struct resource_use use;
    struct error ignored;

    if (!sees_process(runner) ||
        runner->device->ops->resources(runner->device, &use, &ignored) < 0)
        return;
    if (use.memory_kib >= 0)
        note(&growths[0], warm, use.memory_kib);
    if (use.handles >= 0)
        note(&growths[1], warm, use.handles);
}

void growth_sample(struct runner *runner, struct error *error)
{
    const struct session *session = runner->campaign->session;
    struct growth *growths = &runner->watch.readings.growths[OF_PROCESS];
    bool warm = runner->watch.warm_up >= WARM_UP;

    runner->watch.warm_up += !warm;
    for (size_t i = 0; i < session->resource_count; i++) {
        int64_t value;

        if (reader_integer(runner, session->resources[i].read,
                           session->resources[i].value, &value, error))
            note(&growths[i], warm, value);
    }
    sample_process(runner, warm);
}
