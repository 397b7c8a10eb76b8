#include "record/seeds.h"

#include "generate/survey.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    SEED_MAXIMUM = 1 << 20,
    NAME_SIZE = 128,
    SLOTS_FIRST = 256,
    NUMBER_MAXIMUM = 999999
};

/* --- what is known ------------------------------------------------------------------ */

static bool is_free(const struct hash *hash)
{
    static const struct hash none;

    return memcmp(hash, &none, sizeof none) == 0;
}

static struct hash *slot_of(const struct seeds *seeds, const struct hash *hash)
{
    size_t at = (size_t)bytes_read_le(hash->bytes, 8);

    for (;; at++) {
        struct hash *slot = &seeds->known[at & (seeds->slot_count - 1)];

        if (is_free(slot) || memcmp(slot, hash, sizeof *slot) == 0)
            return slot;
    }
}

/* Room for one more, at most half of the slots being used. */
static int grow(struct seeds *seeds)
{
    struct hash *old = seeds->known;
    size_t old_count = seeds->slot_count;

    if (seeds->count * 2 < old_count)
        return 0;
    seeds->slot_count = old_count ? old_count * 2 : SLOTS_FIRST;
    seeds->known = calloc(seeds->slot_count, sizeof *seeds->known);
    if (!seeds->known) {
        seeds->known = old;
        seeds->slot_count = old_count;
        return -1;
    }
    for (size_t i = 0; i < old_count; i++) {
        if (!is_free(&old[i]))
            *slot_of(seeds, &old[i]) = old[i];
    }
    free(old);
    return 0;
}

/* 1 when it is new, and known from now on. The direction is part of what it is. */
static int learn(struct seeds *seeds, const struct tree *tree, struct view bytes)
{
    struct hash hash;
    struct hash *slot;

    if (grow(seeds) || survey_content(tree, bytes, &seeds->bytes, &hash))
        return -1;
    hash.bytes[0] = (uint8_t)(hash.bytes[0] ^ tree->reply);
    slot = slot_of(seeds, &hash);
    if (!is_free(slot))
        return 0;
    *slot = hash;
    seeds->count++;
    return 1;
}

/* --- the folder --------------------------------------------------------------------- */

/* A seed's number and direction by its name; 0: not ours. */
static unsigned number_of(const char *name, bool *reply)
{
    char word[8];
    unsigned number = 0;
    int length = 0;

    if (sscanf(name, "%6u-%7[a-z]-%n", &number, word, &length) != 2 || !length)
        return 0;
    *reply = strcmp(word, "reply") == 0;
    return *reply || strcmp(word, "request") == 0 ? number : 0;
}

static int read_seed(struct seeds *seeds, const char *name, bool reply, struct tree *tree,
                     struct error *error)
{
    struct buffer bytes = buffer_make(SEED_MAXIMUM);
    uint8_t chunk[4096];
    char path[4096];
    size_t got;
    FILE *file;
    int status = 0;

    snprintf(path, sizeof path, "%s/%s", seeds->folder, name);
    file = fopen(path, "rbe");
    if (!file)
        return error_set(error, "%s: %s", path, strerror(errno));
    while (status == 0 && (got = fread(chunk, 1, sizeof chunk, file)) > 0)
        status = buffer_append(&bytes, (struct view){chunk, got});
    if (status == 0 && !ferror(file) && tree_parse(tree, buffer_view(&bytes), reply) == 0)
        status = learn(seeds, tree, buffer_view(&bytes)) < 0 ? -1 : 0;
    else
        status = -1;
    fclose(file);
    buffer_free(&bytes);
    return status ? error_set(error, "%s: cannot be read as a message", path) : 0;
}

int seeds_open(struct seeds *seeds, const char *folder, const struct model *model,
               struct error *error)
{
    DIR *directory = opendir(folder);
    struct dirent *entry;
    struct tree tree;
    int status = 0;

    *seeds = (struct seeds){.folder = folder, .bytes = buffer_make(SEED_MAXIMUM)};
    if (!directory && errno == ENOENT)
        return 0;
    if (!directory)
        return error_set(error, "%s: %s", folder, strerror(errno));
    tree_init(&tree, model);
    while (status == 0 && (entry = readdir(directory))) {
        bool reply;
        unsigned number = number_of(entry->d_name, &reply);

        if (!number)
            continue;
        seeds->number = number > seeds->number ? number : seeds->number;
        status = read_seed(seeds, entry->d_name, reply, &tree, error);
    }
    tree_free(&tree);
    closedir(directory);
    return status;
}

static int make_folder(const char *folder, struct error *error)
{
    char part[4096];

    if (strlen(folder) >= sizeof part)
        return error_set(error, "%s: the path is too long", folder);
    for (size_t i = 1; i <= strlen(folder); i++) {
        if (folder[i] != '/' && folder[i])
            continue;
        snprintf(part, sizeof part, "%.*s", (int)i, folder);
        if (mkdir(part, 0777) < 0 && errno != EEXIST)
            return error_set(error, "%s: %s", part, strerror(errno));
    }
    return 0;
}

/* What is in a kind's name may come from a model: only harmless characters stay. */
static void file_name(const struct seeds *seeds, const struct tree *tree,
                      const char *kind, char name[NAME_SIZE])
{
    int used = snprintf(name, NAME_SIZE, "%03u-%s-", seeds->number,
                        tree->reply ? "reply" : "request");
    size_t at = (size_t)used;

    for (; *kind && at + 5 < NAME_SIZE; kind++)
        name[at++] = *kind == '_' || isalnum((unsigned char)*kind) ? *kind : '-';
    snprintf(name + at, NAME_SIZE - at, ".bin");
}

int seeds_add(struct seeds *seeds, const struct tree *tree, struct view bytes,
              const char *kind, struct error *error)
{
    int status = learn(seeds, tree, bytes);
    char path[4096 + NAME_SIZE], name[NAME_SIZE];
    FILE *file;

    if (status < 0)
        return error_set(error, "out of memory");
    seeds->repeated += status == 0;
    if (status == 0)
        return 0;
    if (seeds->number == NUMBER_MAXIMUM)
        return error_set(error, "%s: no more than %d seeds", seeds->folder,
                         NUMBER_MAXIMUM);
    if (seeds->written == 0 && make_folder(seeds->folder, error))
        return -1;
    seeds->number++;
    file_name(seeds, tree, kind, name);
    snprintf(path, sizeof path, "%s/%s", seeds->folder, name);
    file = fopen(path, "wbxe");
    if (!file)
        return error_set(error, "%s: %s", path, strerror(errno));
    status = fwrite(bytes.data, 1, bytes.length, file) == bytes.length;
    if (fclose(file) || !status)
        return error_set(error, "%s: %s", path, strerror(errno));
    seeds->written++;
    return 1;
}

void seeds_free(struct seeds *seeds)
{
    free(seeds->known);
    buffer_free(&seeds->bytes);
    *seeds = (struct seeds){0};
}
