#include "device/guest_map.h"

#include "device/blocks.h"
#include "device/place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { VECTORS = 256, RESET_VECTOR = 1, FIRST_FAULT = 3, LAST_FAULT = 6 };

/* --- what the ELF file says ----------------------------------------------------------
 */

/* A vector: the address of a function, with the Thumb bit. 0: none. */
static uint32_t read_vector(const struct symbols *symbols, struct view table,
                            size_t index)
{
    uint32_t vector = 4 * index + 4 <= table.length
                          ? (uint32_t)bytes_read_le(table.data + 4 * index, 4)
                          : 0;
    uint64_t offset;

    return vector % 2 && symbols_find(symbols, vector - 1, &offset) && offset == 0
               ? vector - 1
               : 0;
}

static void add_once(uint32_t address, uint32_t *list, size_t places)
{
    for (size_t i = 0; i < places; i++)
        if (!list[i] || list[i] == address) {
            list[i] = address;
            return;
        }
}

/* ARMv7-M, B1.5.3: the stack's start, then the exceptions' handlers; the first entry
 * behind the core's own sixteen that is none ends the table. */
static void read_vectors(const struct symbols *symbols, struct coverage_map *map)
{
    struct view table = symbols_lowest(symbols);

    if (!read_vector(symbols, table, RESET_VECTOR))
        return;
    for (size_t i = RESET_VECTOR; i < VECTORS; i++) {
        uint32_t address = read_vector(symbols, table, i);

        if (!address && i >= 16)
            break;
        if (!address)
            continue;
        add_once(address, map->handler, COVERAGE_HANDLERS);
        if (i >= FIRST_FAULT && i <= LAST_FAULT)
            add_once(address, map->trap, COVERAGE_TRAPS);
    }
}

/* What vendors' start-up code calls them. */
static void read_names(const struct symbols *symbols, struct coverage_map *map)
{
    static const char *const names[] = {"HardFault_Handler", "MemManage_Handler",
                                        "BusFault_Handler", "UsageFault_Handler",
                                        "SecureFault_Handler"};
    uint64_t address;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (symbols_address(symbols, names[i], &address))
            add_once((uint32_t)address, map->trap, COVERAGE_TRAPS);
}

static void read_starts(const char *image, struct coverage_map *map)
{
    struct error ignored;
    struct blocks *blocks = blocks_load(image, &ignored);
    uint32_t count = blocks ? blocks->count : 0;

    /* A part of them would make the rest look like none. */
    if (count <= COVERAGE_STARTS)
        for (uint32_t i = 0; i < count; i++)
            map->starts[map->start_count++] = (uint32_t)blocks->list[i].address;
    blocks_free(blocks);
}

/* --- the memory --------------------------------------------------------------------- */

int guest_map_make(struct guest_map *map, const char *image,
                   const struct symbols *symbols, struct error *error)
{
    int file = memfd_create("percuss-coverage", MFD_CLOEXEC);
    void *memory = MAP_FAILED;

    if (file >= 0 && ftruncate(file, sizeof *map->map) == 0)
        memory =
            mmap(NULL, sizeof *map->map, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) {
        error_set(error, "cannot make the coverage map: %s", strerror(errno));
        if (file >= 0)
            close(file);
        return -1;
    }
    map->map = memory;
    map->file = file;
    map->map->version = COVERAGE_VERSION;
    read_vectors(symbols, map->map);
    read_names(symbols, map->map);
    read_starts(image, map->map);
    return 0;
}

void guest_map_free(struct guest_map *map)
{
    if (!map->map)
        return;
    munmap(map->map, sizeof *map->map);
    close(map->file);
    *map = (struct guest_map){0};
}

/* --- faults --------------------------------------------------------------------------
 */

void guest_map_rearm(struct guest_map *map)
{
    if (map->map)
        map->map->trapped = 0;
}

bool guest_map_trapped(struct guest_map *map)
{
    return map->map && *(volatile uint32_t *)&map->map->trapped;
}

/* The function's name without what compilers add to the copies they make. */
static const char *name_block(const struct symbols *symbols, uint32_t address, char *text,
                              size_t size)
{
    uint64_t offset = 0;
    const char *function = symbols_find(symbols, address, &offset);

    if (!function)
        snprintf(text, size, "0x%x", (unsigned)address);
    else if (offset)
        snprintf(text, size, "%s+0x%x", function, (unsigned)offset);
    else
        snprintf(text, size, "%s", function);
    return function;
}

void guest_map_tell(struct guest_map *map, const struct symbols *symbols, char *text,
                    size_t size, char *place, size_t place_size)
{
    uint32_t ring[COVERAGE_RING], next = map->map->ring_next;
    size_t used = (size_t)snprintf(text, size, "last blocks:");

    memcpy(ring, map->map->ring, sizeof ring);
    place[0] = '\0';
    for (size_t i = 0; i < COVERAGE_RING; i++) {
        uint32_t address = ring[(next + i) % COVERAGE_RING];
        bool is_trap = address && address == map->map->trapped;
        char block[100];
        const char *function;

        if (!address)
            continue;
        function = name_block(symbols, address, block, sizeof block);
        if (function && !is_trap)
            snprintf(place, place_size, "%.*s", (int)strcspn(function, "."), function);
        if (used < size)
            used += (size_t)snprintf(text + used, size - used, " %s", block);
    }
    map->map->trapped = 0;
}
