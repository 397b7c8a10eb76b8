/* An evidence folder, opened for reading: what its index says, and its store. Private to
 * bundle/. One thread. */
#ifndef PERCUSS_BUNDLE_EVIDENCE_H
#define PERCUSS_BUNDLE_EVIDENCE_H

#include "bundle/inputs.h"
#include "bundle/verification.h"
#include "record/store.h"

#define EVIDENCE_INDEX "evidence.json"
#define EVIDENCE_RUN "run" /* reports name the run so, wherever it lies */
#define EVIDENCE_STORE EVIDENCE_RUN "/campaign.db"
#define EVIDENCE_REPORTS "reports"
#define DIGESTS_FILE "digests.txt"
enum { EVIDENCE_VERSION = 1 };

struct evidence_folder {
    const char *path;
    char version[32]; /* of the percuss that made it */
    struct inputs inputs;
    struct store *store;       /* read only */
    char scratch[FOLDER_PATH]; /* a temporary folder of our own, "" */
};

/* What cannot be read is said in `all`, and -1 returned. */
int evidence_open(struct evidence_folder *evidence, const char *path,
                  struct verification *all);
void evidence_close(struct evidence_folder *evidence);

/* digests.txt: a line a block, and the root; the caller frees it. NULL: memory, or the
 * store cannot be read. */
char *digests_text(struct store *store);

/* --- checks; each says in `all` what it found ----------------------------------------
 */

void check_store(struct evidence_folder *evidence, struct verification *all);
void check_digests(struct evidence_folder *evidence, struct verification *all);
void check_captures(struct evidence_folder *evidence, struct verification *all);
void check_inputs(struct evidence_folder *evidence, bool regenerate,
                  struct verification *all);
void check_criteria(struct evidence_folder *evidence, struct verification *all);
void check_reports(struct evidence_folder *evidence, struct verification *all);

#endif
