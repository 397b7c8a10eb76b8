/* What an emulated board says of itself: its console lines, the emulator's reset events
 * and last words. Lines and events that belong together are one failure and become one
 * fault: fault line, reset and banner; or a watchdog's warning, reset and banner. Pure:
 * no descriptors here. The console is the device's, so nothing in it is trusted. */
#ifndef PERCUSS_DEVICE_GUEST_H
#define PERCUSS_DEVICE_GUEST_H

#include "device/device.h"
#include "device/lines.h"
#include "device/program.h"

struct guest {
    struct pattern boot;  /* the ready banner; its group names why the board started */
    struct pattern fault; /* a fault handler's line; its group is the kind of fault */
    struct pattern reset; /* a line that announces a reset; its group names the reason */
    struct pattern place; /* behind a fault's line: the group is the function it was in */
    struct pattern memory, handles; /* lines with what the device holds: KiB; a count */
    struct symbols *symbols;        /* owned; NULL: none */
    struct program program;         /* of these symbols; its path may be set */

    struct lines lines;
    struct resource_use holds; /* as it said last; -1: it has not said */
    unsigned boots;            /* banners since guest_forget */
    unsigned resets;           /* resets without a banner yet */
    bool failing;              /* a failure has begun, and its end has not been seen */
    struct fault found;  /* its fault so far; kind FAULT_NONE: only signs of a reset */
    size_t detail;       /* where it began in the observation's text */
    char words[1200];    /* on its registers, to follow its line there */
    bool trapped;        /* a fault handler was entered, whatever it says */
    char trap_place[72]; /* from this function, "": not known */
};

/* Settings: the map `console` (may be NULL) with the keys boot, fault, place,
 * reset, memory and handles. */
int guest_configure(struct guest *guest, const struct yaml *console, struct error *error);
void guest_free(struct guest *guest);
/* The board starts afresh: what was begun belongs to its former life. */
void guest_forget(struct guest *guest);

/* The board was reset and the harness had not asked for it. */
void guest_note_reset(struct guest *guest, struct observation *observation);
/* A fault handler was entered, from `place` ("": not known). What the console says of the
 * fault counts more; `text` becomes part of the report. */
void guest_trap(struct guest *guest, const char *place, const char *text,
                struct observation *observation);
/* Console bytes. Looks for banners only when observation is NULL. */
void guest_hear(struct guest *guest, struct view bytes, struct observation *observation);
/* A failure that has begun ends here: nothing more comes. */
void guest_conclude(struct guest *guest, struct observation *observation);
/* The emulator itself ended, with these last words on its standard error. */
void guest_end(struct guest *guest, const char *how, struct view words,
               struct observation *observation);

#endif
