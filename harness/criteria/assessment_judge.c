/* The verdicts of an assessment. */
#include "criteria/assessment_parts.h"

#include <stdio.h>
#include <string.h>

/* From the least to what decides. */
static int weight(enum criterion_verdict verdict)
{
    static const int weights[] = {[CRITERION_NOT_APPLICABLE] = 0,
                                  [CRITERION_PASS] = 1,
                                  [CRITERION_INCONCLUSIVE] = 2,
                                  [CRITERION_FAIL] = 3};

    return weights[verdict];
}

/* What is not a pass is told with its run; of passes how many there are. */
static void join(struct criterion_result *all, const struct assessed_run *run,
                 const struct criterion_result *one)
{
    size_t used = strlen(all->explanation);

    if (weight(one->verdict) > weight(all->verdict)) {
        all->verdict = one->verdict;
        all->measured = one->measured;
        all->measured_known = one->measured_known;
    }
    if (weight(one->verdict) > 1)
        snprintf(all->explanation + used, sizeof all->explanation - used,
                 "%s%s %s: %.600s", used ? "; " : "", run->folder,
                 criterion_verdict_name(one->verdict), one->explanation);
}

static int judge_runs(const struct assessment *assessment,
                      const struct criterion *criterion, struct criterion_result *all,
                      struct error *error)
{
    struct criterion_result one;

    *all = (struct criterion_result){.verdict = CRITERION_NOT_APPLICABLE};
    for (size_t i = 0; i < assessment->run_count; i++) {
        struct store *store = store_open(assessment->runs[i].path, false, error);

        if (!store)
            return -1;
        criterion_judge(criterion, store, &one);
        store_close(store, NULL);
        join(all, &assessment->runs[i], &one);
        if (i == 0 && !all->measured_known) {
            all->measured = one.measured;
            all->measured_known = one.measured_known;
        }
    }
    if (assessment->run_count == 0) {
        all->verdict = CRITERION_INCONCLUSIVE;
        snprintf(all->explanation, sizeof all->explanation, "the assessment has no runs");
    } else if (!all->explanation[0]) {
        snprintf(all->explanation, sizeof all->explanation, "%s in all runs: %zu",
                 criterion_verdict_name(all->verdict), assessment->run_count);
    }
    return 0;
}

int assessment_judge(struct assessment *assessment, const struct criteria *criteria,
                     struct error *error)
{
    const struct criterion *criterion;
    struct criterion_result result;

    if (frameworks_store(criteria_frameworks(criteria), assessment->store, error) < 0)
        return -1;
    for (size_t i = 0; (criterion = criteria_at(criteria, i)); i++) {
        if (!criterion->required || criterion->phase == PHASE_RUN)
            continue;
        if (criterion->over_assessment || criterion->not_applicable)
            criterion_judge(criterion, assessment->store, &result);
        else if (judge_runs(assessment, criterion, &result, error) < 0)
            return -1;
        if (criterion_write(assessment->store, criterion, &result, error) < 0)
            return -1;
    }
    return store_commit(assessment->store, error);
}

int assessment_exit(const struct assessment *assessment, const char **verdict)
{
    const char *release;
    int triage = criteria_exit(assessment->store, PHASE_TRIAGE, verdict);
    int code = criteria_exit(assessment->store, PHASE_RELEASE, &release);

    if (triage == 1 || code == 0)
        return triage;
    *verdict = release;
    return code;
}
