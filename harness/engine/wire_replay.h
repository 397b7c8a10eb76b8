/* A finding's traffic done again as it went over the link, without model, session or
 * criteria: what was sent is sent, and what comes back is held against what came back
 * when the finding was confirmed. The device is started anew each time. One thread. */
#ifndef PERCUSS_ENGINE_WIRE_REPLAY_H
#define PERCUSS_ENGINE_WIRE_REPLAY_H

#include "engine/console.h"
#include "engine/reproducer.h"

struct wire_replay {
    const struct reproducer *reproducer; /* borrowed */
    struct yaml_document *document;      /* the campaign's text in it */
    struct device *device;
    struct link *link;
    struct console console; /* what the campaign takes for trouble there */
    struct lines lines;
    struct observation observation;
    struct buffer in;
};

/* `build_folder`: what ${build} stands for. -1 and *error also when the campaign excludes
 * messages (only a model can tell which they are), when nobody authorised tests of this
 * device, and when the finding shows on the wire in no single replay. */
int wire_replay_open(struct wire_replay *replay, const struct reproducer *reproducer,
                     const char *build_folder, struct error *error);
void wire_replay_close(struct wire_replay *replay);
enum wire_replay_result {
    WIRE_REPLAY_DIFFERED = 0, /* *difference says where */
    WIRE_REPLAY_AS_THEN = 1,  /* it went as it did then, or the device showed the same
                                 fault */
    WIRE_REPLAY_OTHERWISE = 2 /* the device showed another fault: *difference names it */
};
/* An enum wire_replay_result, or -1: the device does not start, or this machine failed.
 */
int wire_replay_run(struct wire_replay *replay, struct error *difference,
                    struct error *error);

#endif
