/* The shared objects that this program runs with, as the dynamic linker loaded them: what
 * each needs, and which package of this system it came from. One thread. */
#ifndef PERCUSS_BUNDLE_LOADED_H
#define PERCUSS_BUNDLE_LOADED_H

#include "core/error.h"
#include "core/hash.h"

#include <stddef.h>

enum { LOADED_NEEDS = 64 };

struct loaded_object {
    char *name; /* "libzstd.so.1"; "" for the program itself */
    char *path; /* of its file, links resolved */
    char sha256[HASH_TEXT];
    char *needs[LOADED_NEEDS]; /* names of others */
    size_t need_count;
    /* As dpkg has them; NULL: this system has no dpkg, or it does not know the file. */
    char *package, *version, *architecture;
};

struct loaded {
    struct loaded_object *objects; /* ascending by name: the program first */
    size_t count, capacity;
};

/* -1 and *error: memory, or a file that cannot be read. */
int loaded_list(struct loaded *loaded, struct error *error);
void loaded_free(struct loaded *loaded); /* accepts all-zero */

#endif
