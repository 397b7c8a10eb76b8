/*
 * Calls a target's fuzz entry with files, each in a block of its exact size: what
 * libFuzzer does with its seeds, without libFuzzer. Arguments are files and folders,
 * which are gone through to any depth. Ends with 1 when there was no file.
 */
#include "fuzz.h"

#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static void fail(const char *path)
{
    perror(path);
    exit(4);
}

static void replay(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(size ? size : 1);

    if (!file || !bytes || fread(bytes, 1, size, file) != size)
        fail(path);
    fclose(file);
    LLVMFuzzerTestOneInput(bytes, size);
    free(bytes);
}

int main(int count, char **paths)
{
    FTS *tree = count > 1 ? fts_open(paths + 1, FTS_PHYSICAL, NULL) : NULL;
    unsigned long files = 0;

    for (FTSENT *entry; tree && (entry = fts_read(tree));) {
        if (entry->fts_info == FTS_NS || entry->fts_info == FTS_ERR)
            fail(entry->fts_path);
        if (entry->fts_info != FTS_F)
            continue;
        replay(entry->fts_accpath, (size_t)entry->fts_statp->st_size);
        files++;
    }
    if (tree)
        fts_close(tree);
    printf("%lu inputs\n", files);
    return files ? 0 : 1;
}
