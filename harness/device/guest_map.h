/* The coverage map of an emulated board (plugin/coverage_map.h): memory that the harness
 * makes and fills from the firmware's ELF file, and QEMU's plugin counts in. It is in no
 * folder, so nothing is left behind however the harness ends. One thread. */
#ifndef PERCUSS_DEVICE_GUEST_MAP_H
#define PERCUSS_DEVICE_GUEST_MAP_H

#include "device/symbols.h"
#include "plugin/coverage_map.h"

struct guest_map {
    struct coverage_map *map; /* NULL: none */
    int file;                 /* for QEMU; valid only with a map */
    bool constant;            /* edges stay as they are: for comparison */
};

/* From the firmware's file and the symbols in it. Where the file does not tell where its
 * blocks begin (device/blocks.h), whatever QEMU translates is taken for one. */
int guest_map_make(struct guest_map *map, const char *image,
                   const struct symbols *symbols, struct error *error);
void guest_map_free(struct guest_map *map); /* accepts an all-zero one */
/* The board starts afresh: a trap from before is nothing of its. */
void guest_map_rearm(struct guest_map *map);
/* A fault handler was reached and has not been told of. */
bool guest_map_trapped(struct guest_map *map);
/* The last blocks, oldest first, as one line of text "last blocks: f+0x12 g ...", and the
 * function that was left for the fault handler ("": not known). Then the plugin goes on
 * to note blocks. */
void guest_map_tell(struct guest_map *map, const struct symbols *symbols, char *text,
                    size_t size, char *place, size_t place_size);

#endif
