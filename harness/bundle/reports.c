#include "bundle/reports.h"

#include <stdio.h>
#include <string.h>

/* "report.html" is the engineer's, "report-fda.html" the FDA's. */
static void file_name(const struct report_ops *kind, enum report_audience audience,
                      char *name, size_t size)
{
    const char *dot = strrchr(kind->file, '.');
    int stem = (int)(dot ? (size_t)(dot - kind->file) : strlen(kind->file));

    if (audience == REPORT_ENGINEER)
        snprintf(name, size, "%s", kind->file);
    else
        snprintf(name, size, "%.*s-%s%s", stem, kind->file, report_audiences[audience],
                 dot ? dot : "");
}

/* Calls `visit` with each report's file name until it returns other than 0. */
static int each(const struct report_subject *subject,
                int (*visit)(void *context, const struct report_ops *kind,
                             const struct report_options *options, const char *name),
                void *context)
{
    char name[256];
    int status = 0;

    for (size_t i = 0; report_kinds[i] && status == 0; i++) {
        const struct report_ops *kind = report_kinds[i];

        for (unsigned k = 0;
             report_belongs(kind, subject) && report_audiences[k] && status == 0; k++) {
            struct report_options options = {.audience = (enum report_audience)k};

            if (k != REPORT_ENGINEER && !(kind->can & REPORT_HAS_AUDIENCES))
                continue;
            file_name(kind, options.audience, name, sizeof name);
            status = visit(context, kind, &options, name);
        }
    }
    return status;
}

/* --- writing ------------------------------------------------------------------------ */

struct writing {
    const char *folder, *name;
    const struct report_subject *subject;
    struct error *error;
};

static int write_one(void *context, const struct report_ops *kind,
                     const struct report_options *options, const char *name)
{
    struct writing *writing = context;
    char path[FOLDER_PATH];

    return evidence_place(writing->folder, EVIDENCE_REPORTS, writing->name, name, NULL,
                          path, writing->error) < 0 ||
                   folder_make_parents(path, writing->error) < 0 ||
                   report_write_file(kind, writing->subject, options, path,
                                     writing->error) < 0
               ? -1
               : 0;
}

int reports_write(const char *folder, const char *name,
                  const struct report_subject *subject, struct error *error)
{
    struct writing writing = {folder, name, subject, error};

    return each(subject, write_one, &writing);
}

/* --- checking ----------------------------------------------------------------------- */

static bool same_bytes(const char *a, const char *b)
{
    FILE *x = fopen(a, "rb"), *y = fopen(b, "rb");
    char bytes[2][4096];
    bool same = x && y;
    size_t got = 1;

    while (same && got) {
        got = fread(bytes[0], 1, sizeof bytes[0], x);
        same = fread(bytes[1], 1, sizeof bytes[1], y) == got &&
               memcmp(bytes[0], bytes[1], got) == 0;
    }
    if (x)
        fclose(x);
    if (y)
        fclose(y);
    return same;
}

struct check {
    const char *folder, *name, *scratch;
    const struct report_subject *subject;
    struct verification *all;
    unsigned good, count;
};

static int check_one(void *context, const struct report_ops *kind,
                     const struct report_options *options, const char *name)
{
    struct check *check = context;
    char inside[FOLDER_PATH], then[FOLDER_PATH], now[FOLDER_PATH];
    struct error error;

    check->count++;
    if (evidence_place(check->folder, EVIDENCE_REPORTS, check->name, name, inside, then,
                       &error) < 0 ||
        folder_path(now, check->scratch, name, &error) < 0 ||
        report_write_file(kind, check->subject, options, now, &error) < 0)
        verification_add(check->all, CHECK_UNKNOWN, "reports", "%s", error.text);
    else if (same_bytes(then, now))
        check->good++;
    else
        verification_add(check->all, CHECK_ALTERED, "reports",
                         "%s is not the report that its records give", inside);
    return 0;
}

void reports_check(const char *folder, const char *name, const char *scratch,
                   const char *version, const struct report_subject *subject,
                   struct verification *all)
{
    struct check check = {folder, name, scratch, subject, all, 0, 0};

    /* Another percuss may well say the same in other words. */
    if (strcmp(version, PERCUSS_VERSION) != 0) {
        verification_add(all, CHECK_NOTE, "reports",
                         "written by percuss %s: only that one can write them again",
                         version);
        return;
    }
    each(subject, check_one, &check);
    if (check.good == check.count)
        verification_add(all, CHECK_GOOD, "reports",
                         "%u reports written again, byte for byte the same", check.count);
}
