/* The function symbols of an ELF file (32 or 64 bits, either byte order), sorted by
 * address. Read through checked accesses: the file may be damaged or hostile. Read-only
 * once loaded. */
#ifndef PERCUSS_DEVICE_SYMBOLS_H
#define PERCUSS_DEVICE_SYMBOLS_H

#include "core/bytes.h"
#include "core/error.h"

struct symbols;

/* NULL and *error when the file cannot be read or is no ELF file. One without symbols
 * is fine: nothing will be found. */
struct symbols *symbols_load(const char *path, struct error *error);
struct symbols *symbols_parse(struct view file, struct error *error);
/* The function that contains the address (on ARM with or without the Thumb bit), NULL
 * when none does. *offset (may be NULL) is the distance from its start. */
const char *symbols_find(const struct symbols *symbols, uint64_t address,
                         uint64_t *offset);
/* Is any name, defined or needed, equal to one of these? NULL-terminated. */
bool symbols_mention(const struct symbols *symbols, const char *const *names);
/* The address of a function of this name. */
bool symbols_address(const struct symbols *symbols, const char *name, uint64_t *address);
/* The value of any name, as a linker script's. */
bool symbols_label(const struct symbols *symbols, const char *name, uint64_t *value);
/* What is loaded at the lowest address: there a Cortex-M has its exception vectors. */
struct view symbols_lowest(const struct symbols *symbols);
struct view symbols_file(const struct symbols *symbols); /* the ELF file's bytes */
void symbols_free(struct symbols *symbols);              /* accepts NULL */

#endif
