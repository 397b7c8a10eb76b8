/* What the files qualify*.c share: checks, what they showed, and the record of them. */
#ifndef PERCUSS_CLI_QUALIFY_H
#define PERCUSS_CLI_QUALIFY_H

#include "bundle/folder.h"
#include "cli/cli.h"
#include "criteria/criteria.h"

enum qualify_result {
    QUALIFY_PASSED,
    QUALIFY_FAILED,
    QUALIFY_UNCHECKED,
    QUALIFY_RESULTS
};
const char *qualify_result_name(enum qualify_result result);

enum { QUALIFY_CHECKS = 64 };

struct qualify_check {
    char id[40], title[160], expected[240];
    char oracle[32];  /* that a passed check shows to work; "": none */
    char run[80];     /* its run folder below the qualification's; "": none */
    char device[600]; /* what was driven, as the run says: program or image, hash */
    enum qualify_result result;
    char observed[700]; /* what was seen, or why nothing was */
    double seconds;
};

struct qualification {
    const char *folder; /* everything goes there */
    const char *key;    /* PEM of the user, NULL: one is made for the check */
    bool quick, said;   /* said: each check is told on stderr */
    struct qualify_check checks[QUALIFY_CHECKS];
    size_t count, results[QUALIFY_RESULTS];
    int64_t began_ns, ended_ns; /* since 1970 */
    const struct command *command;
    const char *sound; /* id of the check whose run is captured and signed */
};

/* A new check, begun now. NULL: there are too many. */
struct qualify_check *qualify_begin(struct qualification *all, const char *id,
                                    const char *title);
/* Its end: what was seen, in words. */
void qualify_end(struct qualification *all, struct qualify_check *check,
                 enum qualify_result result, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* qualify_devices.c: every check of the file on its seeded device. -1 and *error: the
 * file is wrong, or nothing can be written. */
int qualify_devices(struct qualification *all, const char *file, struct error *error);
/* Those oracles that no passed check has shown are listed as not checked. */
void qualify_oracles(struct qualification *all);

/* qualify_evidence.c: catalogue, captures, signature, each over the sound device's run.
 */
void qualify_catalogue(struct qualification *all);
void qualify_capture(struct qualification *all);
void qualify_signature(struct qualification *all);

/* qualify_record.c: qualification.json and qualification.txt; with a key of the user's
 * the first is signed. */
int qualify_write(const struct qualification *all, struct error *error);
const char *qualify_verdict(const struct qualification *all);

#endif
