#include "engine/pool.h"

#include "core/hash.h"
#include "generate/input.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The weights are worked out anew behind so many draws: they change slowly. */
enum { DRAWS = 256 };

const char *pool_name(struct view input, char name[POOL_NAME])
{
    struct hash hash = hash_of(input);
    char text[HASH_TEXT];

    hash_to_text(&hash, text);
    memcpy(name, text, POOL_NAME - 1);
    name[POOL_NAME - 1] = '\0';
    return name;
}

void pool_free(struct pool *pool)
{
    for (size_t i = 0; i < pool->count; i++) {
        buffer_free(&pool->entries[i].input);
        free(pool->entries[i].features);
    }
    free(pool->entries);
    *pool = (struct pool){0};
}

bool pool_holds(const struct pool *pool, const char *name)
{
    for (size_t i = 0; i < pool->count; i++)
        if (strcmp(pool->entries[i].name, name) == 0)
            return true;
    return false;
}

static struct pool_entry *make_room(struct pool *pool)
{
    if (pool->count == pool->capacity) {
        size_t capacity = pool->capacity ? pool->capacity * 2 : 64;
        struct pool_entry *longer = realloc(pool->entries, capacity * sizeof *longer);

        if (!longer)
            return NULL;
        pool->entries = longer;
        pool->capacity = capacity;
    }
    pool->entries[pool->count] = (struct pool_entry){.input = buffer_make(INPUT_MAXIMUM)};
    return &pool->entries[pool->count];
}

int pool_add(struct pool *pool, struct view input, size_t messages,
             const uint64_t *features, size_t feature_count)
{
    struct pool_entry *entry = make_room(pool);

    if (!entry)
        return -1;
    entry->features = malloc((feature_count + 1) * sizeof *features);
    if (!entry->features || buffer_append(&entry->input, input) < 0) {
        free(entry->features);
        buffer_free(&entry->input);
        return -1;
    }
    if (feature_count)
        memcpy(entry->features, features, feature_count * sizeof *features);
    entry->feature_count = feature_count;
    entry->messages = messages;
    pool_name(input, entry->name);
    pool->count++;
    pool->stale = true;
    return 0;
}

/* --- which one is next -------------------------------------------------------------- */

/* What few cases reached weighs most, for what it costs: its messages, and a reset for
 * each child that breaks the device, which shows what is known. */
static double weigh(const struct pool_entry *entry, const struct tally *cases)
{
    double rarity = 0, whole = (double)(entry->children - entry->breakers + 1);

    for (size_t i = 0; i < entry->feature_count; i++)
        rarity += 1.0 / (1 + tally_count(cases, entry->features[i]));
    return (rarity + 1e-6) * whole / (double)(entry->children + 1) /
           (double)(entry->messages + 1);
}

static void work_out(struct pool *pool, const struct tally *cases)
{
    double sum = 0;

    for (size_t i = 0; i < pool->count; i++) {
        sum += weigh(&pool->entries[i], cases);
        pool->entries[i].until = sum;
    }
    pool->drawn = 0;
    pool->stale = false;
}

size_t pool_draw(struct pool *pool, const struct tally *cases, struct random *random)
{
    size_t low = 0, high = pool->count - 1;
    double place;

    if (pool->stale || pool->drawn++ >= DRAWS)
        work_out(pool, cases);
    place = (double)(random_next(random) >> 11) / (double)(UINT64_C(1) << 53) *
            pool->entries[high].until;
    while (low < high) { /* the first whose sum is above the place */
        size_t middle = low + (high - low) / 2;

        if (pool->entries[middle].until > place)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* --- files -------------------------------------------------------------------------- */

int pool_write(const char *folder, struct view input, struct error *error)
{
    char path[1200], name[POOL_NAME];
    FILE *file;
    bool failed;

    snprintf(path, sizeof path, "%s/%s", folder, pool_name(input, name));
    file = fopen(path, "wb");
    failed = !file ||
             (input.length && fwrite(input.data, 1, input.length, file) != input.length);
    if (file && fclose(file) != 0)
        failed = true;
    return failed ? error_set(error, "cannot write %s: %s", path, strerror(errno)) : 0;
}

static bool is_input(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
           status.st_size <= INPUT_MAXIMUM;
}

/* One file, all of it. 0 also when it cannot be read: it may be gone by now. */
static int read_one(const char *path, int (*take)(void *, struct view), void *context)
{
    static const size_t most = INPUT_MAXIMUM;
    FILE *file = is_input(path) ? fopen(path, "rb") : NULL;
    uint8_t *bytes;
    size_t length;
    int status = 0;

    if (!file)
        return 0;
    bytes = malloc(most);
    length = bytes ? fread(bytes, 1, most, file) : 0;
    fclose(file);
    if (length)
        status = take(context, (struct view){bytes, length});
    free(bytes);
    return status;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int pool_read(const char *folder, int (*take)(void *context, struct view input),
              void *context, struct error *error)
{
    struct dirent **names;
    int count = scandir(folder, &names, visible, alphasort), status = 0;
    char path[1400];

    if (count < 0)
        return error_set(error, "corpus folder %s: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        if (status == 0)
            status = read_one(path, take, context);
        free(names[i]);
    }
    free(names);
    return status < 0 ? error_set(error, "corpus folder %s: out of memory", folder) : 0;
}
