/* An assessment: one device, what is known of it, and the runs that together answer the
 * criteria. Read from one YAML file (criteria/README.md has its keys); its store is in
 * memory, made anew from the runs' stores each time, and never older than they are. The
 * runs' stores are only read. One thread. */
#ifndef PERCUSS_CRITERIA_ASSESSMENT_H
#define PERCUSS_CRITERIA_ASSESSMENT_H

#include "criteria/criteria.h"

enum { ASSESSMENT_RUNS = 1000 };

struct assessed_run {
    const char *folder;  /* as the file says */
    const char *version; /* of the device, as the entry states; NULL: it does not */
    bool retest;
    const struct yaml *entry;
    char path[4200]; /* of its store */
};

/* A file or folder that the assessment names. */
struct assessed_path {
    const struct yaml *node; /* as it is written */
    char *path;              /* as it is opened */
};

struct assessment {
    const char *name, *title;
    const char *criteria_folder; /* NULL: none */
    const struct yaml *criteria; /* as in a campaign; NULL: all */
    struct assessed_run *runs;
    size_t run_count;
    struct assessed_path *paths; /* each once, in no order */
    size_t path_count;
    struct store *store;
    struct yaml_document *document;
    /* private */
    bool inside;
    char folder[2048], criteria_path[4096];
};

/* NULL and *error with file, line and key: also when a run's folder is none, its triage
 * log was altered, or a record's file has not the hash that is stated. */
struct assessment *assessment_load(const char *path, struct error *error);
/* The same of a file that anybody may have written: what it names must lie below it, and
 * be a plain file or a folder. */
struct assessment *assessment_load_inside(const char *path, struct error *error);
void assessment_free(struct assessment *assessment); /* accepts NULL */

/* Judges the selected criteria of the phases triage and release into the assessment's
 * store: over it where a criterion says so, else over each run, of which the worst
 * counts. */
int assessment_judge(struct assessment *assessment, const struct criteria *criteria,
                     struct error *error);

/* The exit code of what was judged, and its verdict: a fail in either phase decides, then
 * what is open. */
int assessment_exit(const struct assessment *assessment, const char **verdict);

/* Adds a run's folder to the file, which is made when it is not there. -1 and *error when
 * the folder is no run or is in it. */
int assessment_add(const char *path, const char *run_folder, const char *role,
                   const char *version, struct error *error);

/* The keys that the assessment leaves open, in words, separated by ", ". */
const char *assessment_missing(const struct assessment *assessment, char *text,
                               size_t size);

#endif
