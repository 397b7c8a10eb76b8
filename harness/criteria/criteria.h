/* Acceptance criteria: YAML files (in catalogue/ or the user's own folder) with a query
 * over the store, a limit and the verdict logic. Loaded once, immutable. Missing data is
 * never a pass. */
#ifndef PERCUSS_CRITERIA_CRITERIA_H
#define PERCUSS_CRITERIA_CRITERIA_H

#include "core/yaml.h"
#include "criteria/frameworks.h"
#include "record/store.h"

enum criterion_verdict {
    CRITERION_PASS,
    CRITERION_FAIL,
    CRITERION_INCONCLUSIVE,
    CRITERION_NOT_APPLICABLE
};
enum { CRITERION_CLAUSES = 48 };
enum criterion_phase { PHASE_RUN, PHASE_TRIAGE, PHASE_RELEASE };

struct criterion {
    const char *id, *title, *sentence, *rationale; /* "AC-09", … */
    const char *version, *file;                    /* where it was read */
    enum criterion_phase phase;
    /* Over the store of an assessment (criteria/assessment.h) and not over each run. The
     * store of a run alone is the assessment of one run that declares nothing. */
    bool over_assessment;
    /* SQL over the store (record/schema.sql), each one SELECT that reads only; `:limit`
     * stands for the limit in force. Judged in this order; the first that decides,
     * decides. */
    const char *applies; /* 0 or NULL = not applicable; NULL: always applies */
    const char *fails;   /* not 0 = fail, whatever data is missing; NULL: no such rule */
    const char *data;    /* 0 or NULL = too little data: inconclusive; NULL: enough */
    const char *query;   /* one number, the measured figure; NULL result = inconclusive */
    const char *explain; /* one text that says why, with figures */
    const char *comparison; /* "<=", ">=", "==" measured against limit */
    double limit;
    const char *unit;
    bool limit_may_be_overridden;
    const char *override_rationale; /* set by the campaign, else NULL */
    const char *not_applicable;     /* the campaign's rationale, else NULL */
    const struct clause *clauses[CRITERION_CLAUSES];
    size_t clause_count;
    const struct yaml *hazards; /* a list of names, for reports */
    bool required;              /* must pass for exit 0 (campaign: selected) */
};

struct criteria;
/* Reads every *.yaml of the built-in catalogue and then of `folder` (NULL: none), each in
 * order of file names. The built-in one is criteria/catalogue of what percuss comes with
 * (device/place.h). Every query is compiled, so that a wrong one is an error that names
 * its file and line. The frameworks beside the catalogue, and those in
 * FOLDER/frameworks, hold the clauses that criteria may name; a clause that nothing
 * supports is an error, too. */
struct criteria *criteria_load(const char *folder, struct error *error);
/* The same of one folder alone, without the built-in catalogue: of criteria that were put
 * away with a run. Clauses are those of FOLDER/frameworks, else the built-in ones. */
struct criteria *criteria_load_only(const char *folder, struct error *error);
void criteria_free(struct criteria *criteria);
size_t criteria_count(const struct criteria *criteria);
const struct criterion *criteria_at(const struct criteria *criteria, size_t index);
const struct frameworks *criteria_frameworks(const struct criteria *criteria);
/* Applies a campaign's `criteria:` list: entries "AC-09", or {id, limit, rationale} (an
 * override needs a rationale), or {id, not-applicable: RATIONALE}. NULL selects all. */
int criteria_select(struct criteria *criteria, const struct yaml *list,
                    struct error *error);
/* SHA-256 over the selected files' bytes and the overrides, 64 hex digits: pinned before
 * the first case. */
const char *criteria_hash(const struct criteria *criteria);

struct criterion_result {
    enum criterion_verdict verdict;
    bool measured_known;
    double measured;
    char explanation[2000];
};
/* One criterion over one store; writes nothing. A query that fails while running is
 * inconclusive, not an error. */
void criterion_judge(const struct criterion *criterion, struct store *store,
                     struct criterion_result *result);
/* Writes the row of one result, and what the reports need beside it. */
int criterion_write(struct store *store, const struct criterion *criterion,
                    const struct criterion_result *result, struct error *error);

/* Judges the selected criteria of `phase` over the store and replaces its `criterion`
 * rows. What the reports need beside the row goes into `run` under
 * `criterion.ID.version`, `.comparison`,
 * `.hazards` and `.clauses` (a line a clause: framework, clause, edition, verification,
 * verified_on and paraphrase, separated by tabs). A query that fails while running is
 * inconclusive, not an error. Call it after the last sitting's `reason` is written: it
 * tells a lost device. */
int criteria_judge(const struct criteria *criteria, struct store *store,
                   enum criterion_phase phase, struct error *error);
/* Judges those of triage and release again that the store has a row of, with the limit in
 * it; those that the campaign declared not applicable, or that are not in `criteria`,
 * stay as they are. */
int criteria_judge_again(const struct criteria *criteria, struct store *store,
                         struct error *error);
/* Whether criterion `id` passes over what is stored so far, or does not apply, selected
 * or not: 1, 0, and -1 with *error when there is no such criterion. Writes nothing; a
 * query that fails is no pass. */
int criteria_met(const struct criteria *criteria, const char *id, struct store *store,
                 struct error *error);
/* The view `runs` reads all cases: between these two, queries of this connection read it
 * as it was at the first. */
void criteria_hold_runs(struct store *store);
void criteria_release_runs(struct store *store);
/* The exit code that the stored rows of `phase` give: 0 pass, 1 a fail, 3 inconclusive
 * (also when no row passes: nothing was judged, or all is not applicable). *verdict:
 * "pass", "fail", "inconclusive". */
int criteria_exit(struct store *store, enum criterion_phase phase, const char **verdict);
const char *criterion_verdict_name(enum criterion_verdict verdict);
const char *criterion_phase_name(enum criterion_phase phase);

#endif
