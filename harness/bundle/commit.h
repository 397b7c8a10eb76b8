/* The commit that this program was built from, written by bundle/commit.cmake at each
 * build. Read-only. */
#ifndef PERCUSS_BUNDLE_COMMIT_H
#define PERCUSS_BUNDLE_COMMIT_H

/* Its hash, with "-dirty" when files differed from it; "": built outside git, or git
 * could not tell. */
extern const char tool_commit[];

#endif
