#include "record/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file, in the byte order of this machine: a header, then `capacity` entries. */
#define JOURNAL_MAGIC UINT64_C(0x314c4e524a435250) /* "PRCJRNL1" when little-endian */
#define JOURNAL_LARGEST ((size_t)1 << 32)

struct header {
    uint64_t magic;
    uint32_t version, entry_bytes;
    uint64_t capacity;
    _Atomic uint64_t count;
    uint64_t reserved[4];
};

enum { JOURNAL_VERSION = 1 };

struct journal {
    int file;
    size_t mapped; /* bytes */
    struct header *header;
    struct journal_entry *entries;
};

static size_t file_bytes(size_t capacity)
{
    return sizeof(struct header) + capacity * sizeof(struct journal_entry);
}

/* What the file says of itself. A file of zeros is one whose maker was killed before the
 * header was written: nothing can have been announced in it, *capacity stays 0. */
static int read_header(int file, const char *path, size_t *capacity, struct error *error)
{
    struct header header = {0};
    struct stat status;
    ssize_t got = pread(file, &header, sizeof header, 0);

    *capacity = 0;
    if (got < 0 || fstat(file, &status))
        return error_set(error, "%s: %s", path, strerror(errno));
    if (header.magic == 0 && header.version == 0 && header.count == 0)
        return 0;
    if (got != (ssize_t)sizeof header || header.magic != JOURNAL_MAGIC)
        return error_set(error, "%s: not a percuss journal", path);
    if (header.version != JOURNAL_VERSION ||
        header.entry_bytes != sizeof(struct journal_entry))
        return error_set(error,
                         "%s: journal version %u with entries of %u bytes, expected "
                         "version %d with %zu",
                         path, header.version, header.entry_bytes, JOURNAL_VERSION,
                         sizeof(struct journal_entry));
    if (header.capacity > JOURNAL_LARGEST || header.count > header.capacity ||
        (uint64_t)status.st_size < file_bytes(header.capacity))
        return error_set(error,
                         "%s: damaged: %llu entries of %llu in a file of %lld bytes",
                         path, (unsigned long long)header.count,
                         (unsigned long long)header.capacity, (long long)status.st_size);
    *capacity = header.capacity;
    return 0;
}

static int map(struct journal *journal, const char *path, size_t capacity,
               struct error *error)
{
    int status;

    /* Allocated, not only extended: a full disk is an error here and not a SIGBUS later.
     */
    journal->mapped = file_bytes(capacity);
    status = posix_fallocate(journal->file, 0, (off_t)journal->mapped);
    if (status)
        return error_set(error, "%s: making room for %zu entries: %s", path, capacity,
                         strerror(status));
    journal->header =
        mmap(NULL, journal->mapped, PROT_READ | PROT_WRITE, MAP_SHARED, journal->file, 0);
    if (journal->header == MAP_FAILED) {
        journal->header = NULL;
        return error_set(error, "%s: %s", path, strerror(errno));
    }
    journal->entries = (struct journal_entry *)(journal->header + 1);
    journal->header->version = JOURNAL_VERSION;
    journal->header->entry_bytes = sizeof(struct journal_entry);
    journal->header->capacity = capacity;
    atomic_thread_fence(memory_order_release);
    journal->header->magic = JOURNAL_MAGIC;
    return 0;
}

struct journal *journal_open(const char *path, size_t capacity, struct error *error)
{
    struct journal *journal = calloc(1, sizeof *journal);
    size_t present = 0;

    if (!journal) {
        error_set(error, "%s: out of memory", path);
        return NULL;
    }
    journal->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (journal->file < 0) {
        error_set(error, "%s: %s", path, strerror(errno));
        goto failed;
    }
    if (flock(journal->file, LOCK_EX | LOCK_NB)) {
        error_set(error, "%s: another percuss process is working on this run", path);
        goto failed;
    }
    if (capacity > JOURNAL_LARGEST) {
        error_set(error, "%s: %zu entries are too many", path, capacity);
        goto failed;
    }
    if (read_header(journal->file, path, &present, error) ||
        map(journal, path, present > capacity ? present : capacity, error))
        goto failed;
    return journal;
failed:
    journal_close(journal);
    return NULL;
}

int journal_announce(struct journal *journal, const struct journal_entry *entry)
{
    struct header *header = journal->header;
    uint64_t count = atomic_load_explicit(&header->count, memory_order_relaxed);

    if (count >= header->capacity)
        return -1;
    journal->entries[count] = *entry;
    /* The entry is whole before it counts: a kill in between leaves it unannounced. */
    atomic_store_explicit(&header->count, count + 1, memory_order_release);
    return 0;
}

size_t journal_count(const struct journal *journal)
{
    return atomic_load_explicit(&journal->header->count, memory_order_relaxed);
}

struct journal_entry journal_entry_at(const struct journal *journal, size_t index)
{
    if (index >= journal_count(journal))
        return (struct journal_entry){0};
    return journal->entries[index];
}

void journal_reset(struct journal *journal)
{
    atomic_store_explicit(&journal->header->count, 0, memory_order_release);
}

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    if (journal->header)
        munmap(journal->header, journal->mapped);
    if (journal->file >= 0)
        close(journal->file);
    free(journal);
}
