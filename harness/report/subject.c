#include "report/subject.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int open_run(struct subject *subject, const char *folder, struct error *error)
{
    struct run_view *run = &subject->runs[subject->of.run_count];

    run->directory = strdup(folder);
    if (!run->directory)
        return error_set(error, "out of memory");
    subject->of.run_count++;
    run->store = store_open_run(folder, false, error);
    return run->store ? 0 : -1;
}

static int judge(struct assessment *assessment, struct error *error)
{
    struct criteria *criteria = criteria_load(assessment->criteria_folder, error);
    int status = -1;

    if (criteria && criteria_select(criteria, assessment->criteria, error) == 0)
        status = assessment_judge(assessment, criteria, error);
    criteria_free(criteria);
    return status;
}

static int open_assessment(struct subject *subject, const char *path, struct error *error)
{
    struct assessment *assessment = assessment_load(path, error);
    char folder[sizeof assessment->runs->path];

    subject->of.assessment = assessment;
    if (!assessment || judge(assessment, error) < 0)
        return -1;
    subject->runs = calloc(assessment->run_count + 1, sizeof *subject->runs);
    if (!subject->runs)
        return error_set(error, "out of memory");
    for (size_t i = 0; i < assessment->run_count; i++) {
        const char *store = assessment->runs[i].path;

        memcpy(folder, store, sizeof folder);
        *strrchr(folder, '/') = '\0';
        if (open_run(subject, folder, error) < 0)
            return -1;
    }
    return 0;
}

int subject_open(struct subject *subject, const char *path, struct error *error)
{
    struct stat file;
    int status;

    *subject = (struct subject){0};
    if (stat(path, &file) == 0 && S_ISREG(file.st_mode)) {
        status = open_assessment(subject, path, error);
    } else {
        subject->runs = calloc(1, sizeof *subject->runs);
        status = subject->runs ? open_run(subject, path, error)
                               : error_set(error, "out of memory");
    }
    subject->of.runs = subject->runs;
    return status;
}

void subject_close(struct subject *subject)
{
    for (size_t i = 0; i < subject->of.run_count; i++) {
        store_close(subject->runs[i].store, NULL);
        free((char *)subject->runs[i].directory);
    }
    free(subject->runs);
    assessment_free(subject->of.assessment);
    *subject = (struct subject){0};
}

int subject_exit(const struct report_subject *subject, const char **verdict)
{
    return subject->assessment ? assessment_exit(subject->assessment, verdict)
                               : criteria_exit(subject->runs->store, PHASE_RUN, verdict);
}

int64_t subject_last_ns(const struct report_subject *subject)
{
    int64_t last = 0;

    for (size_t i = 0; i < subject->run_count; i++) {
        int64_t ended =
            store_integer(subject->runs[i].store, 0,
                          "SELECT max(coalesce(ended_ns, started_ns)) FROM sitting", "");

        last = ended > last ? ended : last;
    }
    return last;
}
