/* An evidence folder, opened for reading: what its index says, and one run of it with its
 * store. Private to bundle/. One thread. */
#ifndef PERCUSS_BUNDLE_EVIDENCE_H
#define PERCUSS_BUNDLE_EVIDENCE_H

#include "bundle/inputs.h"
#include "bundle/verification.h"
#include "record/store.h"

#define EVIDENCE_INDEX "evidence.json"
/* What there is of each run, and of the assessment: a folder with its name in these. */
#define EVIDENCE_RUNS "runs"
#define EVIDENCE_REPORTS "reports"
#define EVIDENCE_FINGERPRINTS "fingerprints"
#define DIGESTS_FILE "digests.txt"
#define ROWS_FILE "rows.txt"
/* The assessment: its file, and under this name what is made of it. */
#define EVIDENCE_ASSESSMENT "assessment"
#define EVIDENCE_ASSESSMENT_FILE EVIDENCE_ASSESSMENT ".yaml"
enum { EVIDENCE_VERSION = 2, EVIDENCE_NAME = 64 };

struct evidence_run {
    char name[EVIDENCE_NAME];
    struct inputs inputs;
};

struct evidence_index {
    char version[32]; /* of the percuss that made it */
    char name[256];   /* the campaign's, or the assessment's */
    bool assessed;    /* the runs are those of an assessment */
    struct evidence_run *runs;
    size_t run_count;
};

/* The text of the file; the caller frees it. NULL and *error: memory. */
char *evidence_index_text(const struct evidence_index *index, struct error *error);
/* What cannot be read is said in `all`, and -1 returned. */
int evidence_index_read(struct evidence_index *index, const char *folder,
                        struct verification *all);
void evidence_index_free(struct evidence_index *index); /* accepts all-zero */

struct evidence_folder {
    const char *path;
    const struct evidence_index *index;
    const struct evidence_run *run;
    char store_name[FOLDER_PATH]; /* of its store, below `path` */
    struct store *store;          /* read only */
    char scratch[FOLDER_PATH];    /* a temporary folder of our own, "" */
};

/* What cannot be read is said in `all`, and -1 returned. */
int evidence_open(struct evidence_folder *evidence, const char *path,
                  const struct evidence_index *index, const struct evidence_run *run,
                  struct verification *all);
void evidence_close(struct evidence_folder *evidence);

/* "KIND/NAME/FILE" (FILE NULL: "KIND/NAME") into `inside`, and the same below `folder`
 * into `path`; either may be NULL. */
int evidence_place(const char *folder, const char *kind, const char *name,
                   const char *file, char inside[FOLDER_PATH], char path[FOLDER_PATH],
                   struct error *error);
/* A store with what the schema has, and nothing else: a view or a trigger of somebody
 * else could do anything when it is used. */
bool evidence_has_schema(struct store *store);

/* Says in `all` whether the store `name` is damaged. */
void evidence_check_integrity(struct store *store, const char *name,
                              struct verification *all);
/* Says in `all` which verdicts of `then` are not those of `again`. */
void evidence_compare_verdicts(struct store *then, struct store *again,
                               struct verification *all);

/* digests.txt: a line a block, and the root; the caller frees it. NULL and *error:
 * memory, or the store cannot be read. */
char *digests_text(struct store *store, struct error *error);

/* --- checks of a run; each says in `all` what it found ------------------------------ */

void check_store(struct evidence_folder *evidence, struct verification *all);
void check_digests(struct evidence_folder *evidence, struct verification *all);
void check_captures(struct evidence_folder *evidence, struct verification *all);
void check_inputs(struct evidence_folder *evidence, bool regenerate,
                  struct verification *all);
void check_criteria(struct evidence_folder *evidence, struct verification *all);
void check_reports(struct evidence_folder *evidence, struct verification *all);

/* --- and of the assessment ---------------------------------------------------------- */

void check_assessment(const char *folder, const struct evidence_index *index,
                      struct verification *all);

#endif
