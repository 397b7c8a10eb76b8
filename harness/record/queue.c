#include "record/queue.h"

#include <sqlite3.h>
#include <string.h>

enum {
    QUEUE_FLUSH = 512 << 10, /* written when there is this much */
    QUEUE_MAXIMUM = 2 << 20,
    DIGEST_WAITS = 1024 /* longer records are hashed when they come */
};

/* A row in `rows`: this head, then its values in words of 8 bytes. Texts and digest
 * records are a word for the length and the bytes, padded to the next word. */
struct row {
    sqlite3_stmt *statement;
    const char *types;
};
#define WORD_NULL UINT64_MAX /* as a length: no text */

int queue_init(struct queue *queue)
{
    *queue = (struct queue){.rows = buffer_make(QUEUE_MAXIMUM), .hash = hash_begin()};
    return queue->hash && buffer_reserve(&queue->rows, QUEUE_FLUSH) == 0 ? 0 : -1;
}

void queue_free(struct queue *queue)
{
    buffer_free(&queue->rows);
    hash_free(queue->hash);
    queue->hash = NULL;
}

bool queue_is_full(const struct queue *queue)
{
    return queue->rows.length >= QUEUE_FLUSH;
}

void queue_clear(struct queue *queue)
{
    buffer_clear(&queue->rows);
}

/* --- adding ------------------------------------------------------------------------- */

static int put_word(struct buffer *rows, uint64_t word)
{
    return buffer_append(rows, (struct view){(const uint8_t *)&word, sizeof word});
}

static int put_bytes(struct buffer *rows, struct view bytes)
{
    static const uint8_t zeros[8];

    if (put_word(rows, bytes.length) < 0 || buffer_append(rows, bytes) < 0)
        return -1;
    return buffer_append(rows, (struct view){zeros, (8 - bytes.length % 8) % 8});
}

/* The record of a case, or its hash at once when it is long. */
static int put_record(struct queue *queue, struct view record)
{
    struct hash hash;

    if (record.length == 0)
        return put_word(&queue->rows, WORD_NULL);
    if (record.length <= DIGEST_WAITS)
        return put_bytes(&queue->rows, record);
    hash = hash_again(queue->hash, record);
    return put_word(&queue->rows, 0) < 0 ||
                   buffer_append(&queue->rows,
                                 (struct view){hash.bytes, sizeof hash.bytes}) < 0
               ? -1
               : 0;
}

int queue_add(struct queue *queue, struct sqlite3_stmt *statement, const char *types,
              va_list values)
{
    struct row row = {statement, types};
    size_t before = queue->rows.length;
    int status =
        buffer_append(&queue->rows, (struct view){(const uint8_t *)&row, sizeof row});

    for (const char *type = types; *type && status == 0; type++) {
        const char *text;
        double real;
        uint64_t word;

        switch (*type) {
        case 'r':
            real = va_arg(values, double);
            memcpy(&word, &real, sizeof word);
            status = put_word(&queue->rows, word);
            break;
        case 't':
            text = va_arg(values, const char *);
            status = text ? put_bytes(&queue->rows, view_text(text))
                          : put_word(&queue->rows, WORD_NULL);
            break;
        case 'd': status = put_record(queue, va_arg(values, struct view)); break;
        case 'n': break;
        default:
            status = put_word(&queue->rows, (uint64_t)va_arg(values, int64_t));
            break;
        }
    }
    if (status < 0)
        queue->rows.length = before;
    return status;
}

/* --- binding ------------------------------------------------------------------------ */

static uint64_t take_word(const struct queue *queue, size_t *offset)
{
    uint64_t word;

    memcpy(&word, queue->rows.data + *offset, sizeof word);
    *offset += sizeof word;
    return word;
}

static const uint8_t *take_bytes(const struct queue *queue, size_t *offset, size_t length)
{
    const uint8_t *bytes = queue->rows.data + *offset;

    *offset += (length + 7) / 8 * 8;
    return bytes;
}

static int bind_text(struct queue *queue, sqlite3_stmt *statement, int index,
                     size_t *offset)
{
    uint64_t length = take_word(queue, offset);

    if (length == WORD_NULL)
        return sqlite3_bind_null(statement, index);
    return sqlite3_bind_text64(statement, index,
                               (const char *)take_bytes(queue, offset, length), length,
                               SQLITE_STATIC, SQLITE_UTF8);
}

static int bind_digest(struct queue *queue, sqlite3_stmt *statement, int index,
                       size_t *offset)
{
    uint64_t length = take_word(queue, offset);
    struct hash hash;

    if (length == WORD_NULL)
        return sqlite3_bind_null(statement, index);
    if (length == 0)
        return sqlite3_bind_blob(statement, index, take_bytes(queue, offset, HASH_SIZE),
                                 HASH_SIZE, SQLITE_STATIC);
    hash =
        hash_again(queue->hash, (struct view){take_bytes(queue, offset, length), length});
    return sqlite3_bind_blob(statement, index, hash.bytes, HASH_SIZE, SQLITE_TRANSIENT);
}

static int bind(struct queue *queue, sqlite3_stmt *statement, int index, char type,
                size_t *offset)
{
    uint64_t word;
    double real;

    switch (type) {
    case 'n': return sqlite3_bind_null(statement, index);
    case 't': return bind_text(queue, statement, index, offset);
    case 'd': return bind_digest(queue, statement, index, offset);
    default: word = take_word(queue, offset); break;
    }
    if (type == 'u' && (int64_t)word < 0)
        return sqlite3_bind_null(statement, index);
    if (type != 'r')
        return sqlite3_bind_int64(statement, index, (sqlite3_int64)word);
    memcpy(&real, &word, sizeof real);
    return sqlite3_bind_double(statement, index, real);
}

struct sqlite3_stmt *queue_next(struct queue *queue, size_t *offset, int *status)
{
    struct row row;

    if (*offset >= queue->rows.length)
        return NULL;
    memcpy(&row, queue->rows.data + *offset, sizeof row);
    *offset += sizeof row;
    *status = SQLITE_OK;
    for (int i = 0; row.types[i]; i++) {
        int bound = bind(queue, row.statement, i + 1, row.types[i], offset);

        if (*status == SQLITE_OK)
            *status = bound;
    }
    return row.statement;
}
