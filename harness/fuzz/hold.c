#include "fuzz/hold.h"

#include "core/hash.h"
#include "generate/input.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static uint64_t key_of(struct view input)
{
    return hash_quick(input, 0);
}

static int read_one(struct tally *held, const char *path, struct error *error)
{
    static uint8_t bytes[INPUT_MAXIMUM];
    FILE *file = fopen(path, "re");
    size_t length = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    bool failed = !file || ferror(file);

    if (file)
        fclose(file);
    if (failed)
        return error_set(error, "cannot read %s: %s", path, strerror(errno));
    return tally_add(held, key_of((struct view){bytes, length}))
               ? 0
               : error_set(error, "out of memory for the inputs of a held map");
}

int hold_read(struct tally *held, const char *folder, struct error *error)
{
    DIR *directory = opendir(folder);
    struct dirent *entry;
    struct stat status;
    char path[1200];
    int result = 0;

    if (!directory)
        return error_set(error, "cannot read the folder %s: %s", folder, strerror(errno));
    while (result == 0 && (entry = readdir(directory))) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
            result = read_one(held, path, error);
    }
    closedir(directory);
    return result;
}

void hold_map(const struct tally *held, struct view input, uint8_t *map, size_t size)
{
    uint64_t key = key_of(input);

    if (tally_count(held, key))
        map[1 + key % (size - 1)] = 1;
}
