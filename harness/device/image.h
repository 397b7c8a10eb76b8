/* An ELF file (32 or 64 bits, either byte order) through checked accesses: the file may
 * be damaged or hostile, and what is out of bounds reads as 0. Views borrow the file's
 * bytes. Read-only, so threads may share it. */
#ifndef PERCUSS_DEVICE_IMAGE_H
#define PERCUSS_DEVICE_IMAGE_H

#include "core/bytes.h"
#include "core/error.h"

enum { IMAGE_MAXIMUM = 256 << 20 }; /* bytes of a file that is looked into */

struct image {
    struct view file;
    bool wide, big;
    unsigned machine; /* e_machine */
    size_t sections, segments;
};

struct image_section {
    uint64_t type, flags, address, offset, size, link, entry_size;
};

struct image_symbol {
    uint64_t address, size; /* on ARM with the Thumb bit, as it stands there */
    unsigned type;          /* STT_… */
    uint64_t section;       /* SHN_UNDEF: defined elsewhere */
    const char *name;       /* ends inside the file; NULL: none */
};

/* -1: no ELF file. */
int image_open(struct image *image, struct view file, struct error *error);
/* A section that is not in the file as a whole has size 0. */
struct image_section image_section(const struct image *image, size_t index);
/* The section's bytes; none of one that takes no place in the file. */
struct view image_bytes(const struct image *image, const struct image_section *section);

/* What is loaded. */
struct image_segment {
    uint64_t address, physical; /* where it runs, where it is stored */
    bool is_writable;
    struct view bytes; /* as far as they are in the file */
};

/* False: the segment is not one that is loaded, or has no bytes in the file. */
bool image_segment(const struct image *image, size_t index,
                   struct image_segment *segment);
/* What is loaded at the lowest physical address. */
struct view image_lowest(const struct image *image);

/* How many symbols a section holds: 0 when it is no symbol table. */
size_t image_symbols(const struct image *image, const struct image_section *table);
struct image_symbol image_symbol(const struct image *image,
                                 const struct image_section *table, size_t index);

#endif
