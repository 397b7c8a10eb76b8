/* Rows that wait to be written to the store: statements and copies of their values, in
 * order. Written in one go a row costs SQLite a fraction of what it costs alone between
 * two messages, when its code and pages have left the processor's caches. What waits is
 * lost with the process, as is an open transaction. One thread. */
#ifndef PERCUSS_RECORD_QUEUE_H
#define PERCUSS_RECORD_QUEUE_H

#include "core/bytes.h"
#include "core/hash.h"

#include <stdarg.h>

struct sqlite3_stmt;

struct queue {
    struct buffer rows;
    struct hash_state *hash;
};

int queue_init(struct queue *queue); /* -1: out of memory */
void queue_free(struct queue *queue);

/* Whether queue_add has room for a row with these bytes of text. */
bool queue_is_full(const struct queue *queue);
/* Copies the values; `types` (store.h) must last as long as the row waits. -1: out of
 * memory, or a row of more than 1 MiB. */
int queue_add(struct queue *queue, struct sqlite3_stmt *statement, const char *types,
              va_list values);
/* Binds the row at *offset to its statement, which is returned, and moves *offset to the
 * next one. NULL: no more rows. A failed binding is in *status, an SQLite result. */
struct sqlite3_stmt *queue_next(struct queue *queue, size_t *offset, int *status);
void queue_clear(struct queue *queue);

#endif
