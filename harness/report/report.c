#include "report/report.h"

#include "report/part.h"

#include <stdio.h>
#include <string.h>

#define REPORT(name) extern const struct report_ops report_##name;
#include "report/reports.def"
#undef REPORT

const struct report_ops *const report_kinds[] = {
#define REPORT(name) &report_##name,
#include "report/reports.def"
#undef REPORT
    NULL};

const struct report_ops *report_kind(const char *name)
{
    for (size_t i = 0; report_kinds[i]; i++) {
        if (strcmp(report_kinds[i]->name, name) == 0)
            return report_kinds[i];
    }
    return NULL;
}

const char *const report_audiences[] = {[REPORT_ENGINEER] = "engineer",
                                        [REPORT_FDA] = "fda",
                                        [REPORT_MDR] = "mdr",
                                        [REPORT_PROCUREMENT] = "procurement",
                                        NULL};

int report_check(const struct report_ops *kind, const struct report_subject *subject,
                 const struct report_options *options, struct error *error)
{
    if (!(kind->can & (subject->assessment ? REPORT_OF_ASSESSMENT : REPORT_OF_RUN)))
        return error_set(error, "format %s is of %s", kind->name,
                         subject->assessment ? "one run, and not of an assessment"
                                             : "an assessment, and not of one run");
    if (options->audience != REPORT_ENGINEER && !(kind->can & REPORT_HAS_AUDIENCES))
        return error_set(error, "format %s says the same to everybody: leave out --for",
                         kind->name);
    if (!options->key != !(kind->can & REPORT_SIGNS))
        return error_set(error,
                         options->key ? "format %s is not signed: leave out --key"
                                      : "format %s is only written signed: name a --key",
                         kind->name);
    return kind->check ? kind->check(subject, options, error) : 0;
}

bool report_belongs(const struct report_ops *kind, const struct report_subject *subject)
{
    return kind->file && !(kind->can & REPORT_SIGNS) &&
           report_check(kind, subject, &(struct report_options){0}, &(struct error){0}) ==
               0;
}

int report_write(const struct report_ops *kind, const struct report_subject *subject,
                 const struct report_options *options, FILE *out, struct error *error)
{
    return report_check(kind, subject, options, error)
               ? -1
               : kind->write(subject, options, out, error);
}

int report_write_file(const struct report_ops *kind, const struct report_subject *subject,
                      const struct report_options *options, const char *path,
                      struct error *error)
{
    struct part part;

    return part_open(&part, path, error) < 0
               ? -1
               : part_close(&part, report_write(kind, subject, options, part.out, error),
                            error);
}

int report_write_all(const struct run_view *run, struct error *error)
{
    const struct report_subject subject = {.runs = run, .run_count = 1};
    char path[4096];

    for (size_t i = 0; report_kinds[i]; i++) {
        const struct report_ops *kind = report_kinds[i];
        int length;

        if (!report_belongs(kind, &subject))
            continue;
        length = snprintf(path, sizeof path, "%s/%s", run->directory, kind->file);
        if (length < 0 || (size_t)length >= sizeof path)
            return error_set(error, "%s: path too long", run->directory);
        if (report_write_file(kind, &subject, &(struct report_options){0}, path, error))
            return -1;
    }
    return 0;
}
