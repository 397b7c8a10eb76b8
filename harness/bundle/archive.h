/* An evidence folder as one file, and back: tar within zstd. Of one folder it is always
 * the same bytes (with one libarchive and libzstd): files ascending by path, with nothing
 * of the machine in them. One thread. */
#ifndef PERCUSS_BUNDLE_ARCHIVE_H
#define PERCUSS_BUNDLE_ARCHIVE_H

#include "core/error.h"

/* Writes `folder` as PATH; everything lies under `name`/ in it. */
int archive_write_folder(const char *folder, const char *name, const char *path,
                         struct error *error);
/* Unpacks PATH below `folder`, without the first name of each path. What is unpacked
 * never leaves the folder and never fills the disk; only plain files are taken. -1 and
 * *error, which says how far it came, when the archive is damaged or holds anything else.
 */
int archive_unpack(const char *path, const char *folder, struct error *error);

#endif
