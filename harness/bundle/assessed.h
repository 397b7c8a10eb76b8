/* The assessment in evidence: its file, with paths that hold there, the files that it
 * names, and its store. One thread. */
#ifndef PERCUSS_BUNDLE_ASSESSED_H
#define PERCUSS_BUNDLE_ASSESSED_H

#include "bundle/evidence.h"
#include "criteria/assessment.h"
#include "report/report.h"

/* What its criteria were judged over, with their verdicts. */
#define ASSESSED_STORE EVIDENCE_ASSESSMENT "/assessment.db"

/* Puts a name for the file or folder at `path` behind the `count` names before it, and
 * other than them: its last one, in plain letters. */
void assessed_name(const char *path, char (*names)[EVIDENCE_NAME], size_t count);
/* Copies the assessment's file and all files that it names, but for its runs, which are
 * those of the index in its order. */
int assessed_copy(const struct assessment *assessment, const struct evidence_index *index,
                  const char *folder, struct error *error);

struct assessed {
    struct assessment *assessment; /* read from the evidence, and judged */
    struct report_subject subject;
    /* private */
    struct run_view *runs;
    char (*names)[2 * EVIDENCE_NAME];
};

/* -1 and *error: it cannot be read, or its runs are not those of the index. Call
 * assessed_close in every case. */
int assessed_open(struct assessed *assessed, const char *folder,
                  const struct evidence_index *index, struct error *error);
void assessed_close(struct assessed *assessed);
/* Writes its store beside it. */
int assessed_save(const struct assessed *assessed, const char *folder,
                  struct error *error);

#endif
