/* A fresh folder a test, below the one for temporary files ($TMPDIR), removed with all
 * that is in it. */
#ifndef PERCUSS_TESTS_SCRATCH_H
#define PERCUSS_TESTS_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <ftw.h>
#include <unistd.h>

enum { SCRATCH_PATH = 128 };

/* The path of FOLDER/NAME. */
static inline void scratch_path(const char *folder, const char *name,
                                char path[SCRATCH_PATH])
{
    assert_true(snprintf(path, SCRATCH_PATH, "%s/%s", folder, name) < SCRATCH_PATH);
}

/* Sockets live here, whose paths are short, and scripts name it without quotes: a long or
 * odd TMPDIR is passed over. */
static inline void scratch_make(char folder[SCRATCH_PATH])
{
    const char *base = getenv("TMPDIR");

    if (!base || base[0] != '/' || strlen(base) > 48 || strpbrk(base, " ,:'\"\\$&*{}"))
        base = "/tmp";
    scratch_path(base, "percuss-test.XXXXXX", folder);
    assert_non_null(mkdtemp(folder));
}

static inline int scratch_remove_entry(const char *path, const struct stat *status,
                                       int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline void scratch_remove(const char *folder)
{
    assert_int_equal(nftw(folder, scratch_remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* For a test whose state is the path of its folder. */
static inline int scratch_set_up(void **state)
{
    char *folder = calloc(1, SCRATCH_PATH);

    assert_non_null(folder);
    scratch_make(folder);
    *state = folder;
    return 0;
}

static inline int scratch_tear_down(void **state)
{
    scratch_remove(*state);
    free(*state);
    return 0;
}

/* Removes the files in it, which has no folders; how many they were. */
static inline int scratch_empty(const char *folder)
{
    DIR *files = opendir(folder);
    int count = 0;

    assert_non_null(files);
    for (const struct dirent *file; (file = readdir(files));)
        if (strcmp(file->d_name, ".") != 0 && strcmp(file->d_name, "..") != 0) {
            assert_int_equal(unlinkat(dirfd(files), file->d_name, 0), 0);
            count++;
        }
    closedir(files);
    return count;
}

/* Writes FOLDER/NAME and puts its path into `path`. */
static inline void scratch_write(const char *folder, const char *name, const char *text,
                                 char path[SCRATCH_PATH])
{
    FILE *file;

    scratch_path(folder, name, path);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

/* FOLDER/NAME has this text. */
static inline void scratch_expect(const char *folder, const char *name,
                                  const char *wanted)
{
    char path[SCRATCH_PATH], *text = NULL;
    size_t size = 0;
    FILE *file;

    scratch_path(folder, name, path);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_true(getdelim(&text, &size, '\0', file) > 0);
    fclose(file);
    assert_string_equal(text, wanted);
    free(text);
}

#endif
