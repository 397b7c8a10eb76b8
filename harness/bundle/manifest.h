/* The manifest: SHA-256 of every file of an evidence folder in SHA256SUMS, as
 * `sha256sum -c` reads it, ascending by path. One thread. */
#ifndef PERCUSS_BUNDLE_MANIFEST_H
#define PERCUSS_BUNDLE_MANIFEST_H

#include "bundle/folder.h"
#include "core/hash.h"

#define MANIFEST_FILE "SHA256SUMS"
#define MANIFEST_SIGNATURE MANIFEST_FILE ".p7s"
#define MANIFEST_STAMP MANIFEST_FILE ".p7s.tsr"

/* SHA-256 of a file's bytes. */
int manifest_hash(const char *path, struct hash *hash, struct error *error);
/* Writes the manifest of all that is in the folder. Refuses what is no plain file and
 * names that a line cannot hold. */
int manifest_write(const char *folder, struct error *error);
/* Holds the folder against its manifest; `altered` is called for every file that is
 * missing, not as it was, or too many, and for every line that is not as manifest_write
 * writes it. *files: how many are as they were. -1 and *error: the folder cannot be read.
 */
int manifest_check(const char *folder,
                   void (*altered)(void *context, const char *path, const char *how),
                   void *context, size_t *files, struct error *error);

#endif
