#include "record/compress.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

enum { LEVEL = 3, PATH_SIZE = 4096 };

struct buffers {
    void *in, *out;
    size_t in_size, out_size;
};

static int buffers_make(struct buffers *buffers, size_t in_size, size_t out_size)
{
    *buffers = (struct buffers){malloc(in_size), malloc(out_size), in_size, out_size};
    return buffers->in && buffers->out ? 0 : -1;
}

static void buffers_free(struct buffers *buffers)
{
    free(buffers->in);
    free(buffers->out);
}

/* One input chunk into the stream. */
static bool squeeze(ZSTD_CCtx *context, struct buffers *buffers, size_t length, bool last,
                    FILE *to)
{
    ZSTD_inBuffer in = {buffers->in, length, 0};
    size_t left;

    do {
        ZSTD_outBuffer out = {buffers->out, buffers->out_size, 0};

        left =
            ZSTD_compressStream2(context, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left) || fwrite(buffers->out, 1, out.pos, to) != out.pos)
            return false;
    } while (last ? left != 0 : in.pos < in.size);
    return true;
}

static bool squeeze_all(FILE *from, FILE *to)
{
    struct buffers buffers;
    ZSTD_CCtx *context = ZSTD_createCCtx();
    bool done = false;
    size_t length;

    if (buffers_make(&buffers, ZSTD_CStreamInSize(), ZSTD_CStreamOutSize()) || !context)
        goto out;
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    do {
        length = fread(buffers.in, 1, buffers.in_size, from);
        done = !ferror(from) && squeeze(context, &buffers, length, feof(from), to);
    } while (done && !feof(from));
out:
    ZSTD_freeCCtx(context);
    buffers_free(&buffers);
    return done;
}

/* Writes PATH.zst with a checksum, whole or not at all, and removes PATH. */
static void compress_file(const char *path)
{
    char part[PATH_SIZE + 16], whole[PATH_SIZE + 16];
    FILE *from = fopen(path, "rbe"), *to = NULL;
    bool done;

    snprintf(part, sizeof part, "%s.zst.part", path);
    snprintf(whole, sizeof whole, "%s.zst", path);
    if (from)
        to = fopen(part, "wbe");
    done = to && squeeze_all(from, to);
    if (from)
        fclose(from);
    if (to && fclose(to))
        done = false;
    done = done && rename(part, whole) == 0;
    if (done)
        unlink(path);
    else if (to)
        unlink(part);
}

struct compressor {
    pthread_t thread;
    bool running;
    char path[PATH_SIZE];
};

static void *work(void *argument)
{
    const struct compressor *compressor = argument;

    compress_file(compressor->path);
    return NULL;
}

struct compressor *compressor_make(void)
{
    return calloc(1, sizeof(struct compressor));
}

static void finish(struct compressor *compressor)
{
    if (compressor->running)
        pthread_join(compressor->thread, NULL);
    compressor->running = false;
}

void compressor_start(struct compressor *compressor, const char *path)
{
    sigset_t all, before;

    finish(compressor);
    snprintf(compressor->path, sizeof compressor->path, "%s", path);
    /* Signals stay with the thread that runs the campaign. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    compressor->running =
        pthread_create(&compressor->thread, NULL, work, compressor) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void compressor_free(struct compressor *compressor)
{
    if (!compressor)
        return;
    finish(compressor);
    free(compressor);
}

/* A stdio stream over a compressed file. */
struct reader {
    FILE *from;
    ZSTD_DCtx *context;
    struct buffers buffers;
    ZSTD_inBuffer in;
    bool more; /* the decoder may hold bytes that did not fit the last time */
};

static ssize_t reader_read(void *cookie, char *data, size_t size)
{
    struct reader *reader = cookie;
    ZSTD_outBuffer out = {data, size, 0};

    while (out.pos == 0 && size > 0) {
        size_t status;

        if (reader->in.pos == reader->in.size && !reader->more) {
            reader->in.size =
                fread(reader->buffers.in, 1, reader->buffers.in_size, reader->from);
            reader->in.pos = 0;
            if (reader->in.size == 0)
                return ferror(reader->from) ? -1 : 0;
        }
        status = ZSTD_decompressStream(reader->context, &out, &reader->in);
        if (ZSTD_isError(status)) {
            errno = EILSEQ;
            return -1;
        }
        reader->more = out.pos == out.size;
    }
    return (ssize_t)out.pos;
}

static int reader_close(void *cookie)
{
    struct reader *reader = cookie;

    if (reader->from)
        fclose(reader->from);
    ZSTD_freeDCtx(reader->context);
    buffers_free(&reader->buffers);
    free(reader);
    return 0;
}

FILE *compress_open(const char *path, struct error *error)
{
    static const cookie_io_functions_t functions = {.read = reader_read,
                                                    .close = reader_close};
    struct reader *reader = calloc(1, sizeof *reader);
    FILE *stream = NULL;

    if (!reader) {
        error_set(error, "%s: out of memory", path);
        return NULL;
    }
    reader->from = fopen(path, "rbe");
    if (!reader->from) {
        error_set(error, "%s: %s", path, strerror(errno));
        goto failed;
    }
    reader->context = ZSTD_createDCtx();
    if (buffers_make(&reader->buffers, ZSTD_DStreamInSize(), 1) || !reader->context)
        goto memory;
    reader->in.src = reader->buffers.in;
    stream = fopencookie(reader, "rb", functions);
    if (stream)
        return stream;
memory:
    error_set(error, "%s: out of memory", path);
failed:
    reader_close(reader);
    return NULL;
}
