/* Folders of evidence: what is in one, copied, and removed. Paths inside are relative,
 * with '/' between names. One thread. */
#ifndef PERCUSS_BUNDLE_FOLDER_H
#define PERCUSS_BUNDLE_FOLDER_H

#include "core/error.h"

#include <stddef.h>

enum { FOLDER_PATH = 4096 };

enum folder_kind {
    FOLDER_FILE,
    FOLDER_EMPTY, /* a folder with nothing in it: it has no other trace */
    FOLDER_OTHER  /* a link, a pipe, a device */
};

struct folder_entry {
    char *path;
    enum folder_kind kind;
};

/* Everything below a folder, ascending by the bytes of its path. */
struct folder_list {
    struct folder_entry *entries;
    size_t count, capacity;
};

int folder_list(struct folder_list *list, const char *folder, struct error *error);
void folder_list_free(struct folder_list *list); /* accepts all-zero */
/* The entry with this path, NULL when there is none. */
const struct folder_entry *folder_find(const struct folder_list *list, const char *path);

/* "FOLDER/NAME" into path; -1 and *error when it is too long. */
int folder_path(char path[FOLDER_PATH], const char *folder, const char *name,
                struct error *error);
/* A new folder below the one for temporary files ($TMPDIR). */
int folder_temporary(char path[FOLDER_PATH], struct error *error);
/* Makes the folders that `path` lies in. */
int folder_make_parents(const char *path, struct error *error);
/* Copies one file, making the folders it goes to; refuses what is no plain file. */
int folder_copy(const char *from, const char *to, struct error *error);
/* Writes one file whole. */
int folder_write(const char *path, const char *text, size_t length, struct error *error);
void folder_remove(const char *folder); /* with all that is in it */

#endif
