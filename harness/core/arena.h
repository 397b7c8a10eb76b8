/* Memory that is given back all at once: for things that are built once and then only
 * read. */
#ifndef PERCUSS_CORE_ARENA_H
#define PERCUSS_CORE_ARENA_H

#include <stddef.h>

struct arena {
    struct arena_block *blocks;
};

void *arena_allocate(struct arena *arena,
                     size_t size); /* zeroed, aligned; NULL: no memory */
char *arena_text(struct arena *arena, const char *text);
void arena_free(struct arena *arena);

#endif
