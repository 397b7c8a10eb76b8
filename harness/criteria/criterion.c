#include "criteria/criterion.h"

#include "criteria/query.h"

#include <ctype.h>
#include <float.h>
#include <string.h>

static const char *const phases[] = {"run", "triage", "release", NULL};
static const char *const comparisons[] = {"<=", ">=", "==", NULL};
static const char *const overrides[] = {"allowed", "never", NULL};
static const char *const scopes[] = {"run", "assessment", NULL};

const char *criterion_phase_name(enum criterion_phase phase)
{
    return phases[phase];
}

const char *criterion_verdict_name(enum criterion_verdict verdict)
{
    static const char *const names[] = {"pass", "fail", "inconclusive", "not applicable"};

    return names[verdict];
}

bool criterion_holds(const struct criterion *criterion, double measured)
{
    switch (criterion->comparison[0]) {
    case '<': return measured <= criterion->limit;
    case '>': return measured >= criterion->limit;
    default: return measured == criterion->limit;
    }
}

/* The identifier becomes part of store keys and of report lines. */
static int read_id(const struct yaml *root, const char **id, struct error *error)
{
    const char *text;

    if (yaml_need_text(root, "id", id, error))
        return -1;
    for (text = *id; isalnum((unsigned char)*text) || *text == '-' || *text == '_';
         text++)
        ;
    if (*text || text - *id > 32)
        return yaml_complain(yaml_get(root, "id"), error,
                             "at most 32 letters, digits, '-' and '_', as in AC-09");
    return 0;
}

static int read_sql(const struct yaml *root, const char *key, bool needed,
                    struct sqlite3 *empty, const char **sql, struct error *error)
{
    const struct yaml *node = yaml_get(root, key);
    struct error reason;

    if (!node && !needed)
        return 0;
    if (yaml_need_text(root, key, sql, error))
        return -1;
    if (query_check(empty, *sql, &reason))
        return yaml_refuse(node, error, "key '%s': %s", key, reason.text);
    return 0;
}

static int read_queries(const struct yaml *root, struct sqlite3 *empty,
                        struct criterion *criterion, struct error *error)
{
    if (read_sql(root, "applies", false, empty, &criterion->applies, error) ||
        read_sql(root, "fail", false, empty, &criterion->fails, error) ||
        read_sql(root, "data", false, empty, &criterion->data, error) ||
        read_sql(root, "query", true, empty, &criterion->query, error) ||
        read_sql(root, "explain", true, empty, &criterion->explain, error))
        return -1;
    return 0;
}

static int need_choice(const struct yaml *map, const char *key,
                       const char *const *choices, int *value, struct error *error)
{
    if (!yaml_need(map, key, YAML_SCALAR, error))
        return -1;
    return yaml_read_choice(map, key, choices, value, error);
}

static int read_limit(const struct yaml *root, struct criterion *criterion,
                      struct error *error)
{
    static const char *const keys[] = {"value", "unit", "override", NULL};
    const struct yaml *map = yaml_need(root, "limit", YAML_MAP, error);
    int override;

    if (!map || yaml_check_keys(map, keys, error) ||
        !yaml_need(map, "value", YAML_SCALAR, error) ||
        yaml_read_real(map, "value", -DBL_MAX, DBL_MAX, &criterion->limit, error) ||
        yaml_need_text(map, "unit", &criterion->unit, error) ||
        need_choice(map, "override", overrides, &override, error))
        return -1;
    criterion->limit_may_be_overridden = override == 0;
    return 0;
}

static int read_clause(struct criterion *criterion, struct frameworks *frameworks,
                       const char *framework, const struct yaml *name,
                       struct error *error)
{
    const struct clause *clause = frameworks_name(frameworks, framework, name, error);

    if (!clause)
        return -1;
    if (criterion->clause_count == CRITERION_CLAUSES)
        return yaml_refuse(name, error, "more than %d clauses", CRITERION_CLAUSES);
    criterion->clauses[criterion->clause_count++] = clause;
    return 0;
}

static int read_clauses(const struct yaml *root, struct criterion *criterion,
                        struct frameworks *frameworks, struct error *error)
{
    const struct yaml *map = yaml_need(root, "clauses", YAML_MAP, error);

    if (!map)
        return -1;
    for (const struct yaml *list = map->child; list; list = list->next) {
        if (list->kind != YAML_LIST)
            return yaml_complain(list, error, "a list of clauses");
        for (const struct yaml *name = list->child; name; name = name->next)
            if (read_clause(criterion, frameworks, list->key, name, error) < 0)
                return -1;
    }
    return 0;
}

static int check_hazards(const struct yaml *root, struct criterion *criterion,
                         struct error *error)
{
    criterion->hazards = yaml_get(root, "hazards");
    if (!criterion->hazards)
        return 0;
    if (criterion->hazards->kind != YAML_LIST)
        return yaml_complain(criterion->hazards, error, "a list of hazards");
    for (const struct yaml *row = criterion->hazards->child; row; row = row->next) {
        if (row->kind != YAML_SCALAR)
            return yaml_complain(row, error, "a hazard's name");
    }
    return 0;
}

int criterion_read(const struct yaml_document *document, struct sqlite3 *empty,
                   struct frameworks *frameworks, struct criterion *criterion,
                   struct error *error)
{
    static const char *const keys[] = {
        "id",         "title",   "version", "phase",   "over",  "sentence",
        "rationale",  "applies", "fail",    "data",    "query", "explain",
        "comparison", "limit",   "clauses", "hazards", NULL};
    const struct yaml *root = yaml_root(document);
    int phase, comparison, over = 0;

    *criterion = (struct criterion){.required = true};
    if (yaml_check_keys(root, keys, error) || read_id(root, &criterion->id, error) ||
        yaml_need_text(root, "title", &criterion->title, error) ||
        yaml_need_text(root, "version", &criterion->version, error) ||
        need_choice(root, "phase", phases, &phase, error) ||
        yaml_read_choice(root, "over", scopes, &over, error) ||
        yaml_need_text(root, "sentence", &criterion->sentence, error) ||
        yaml_need_text(root, "rationale", &criterion->rationale, error) ||
        need_choice(root, "comparison", comparisons, &comparison, error) ||
        read_limit(root, criterion, error) ||
        read_queries(root, empty, criterion, error) ||
        read_clauses(root, criterion, frameworks, error) ||
        check_hazards(root, criterion, error))
        return -1;
    criterion->file = root->file;
    criterion->phase = (enum criterion_phase)phase;
    criterion->comparison = comparisons[comparison];
    criterion->over_assessment = over == 1;
    if (criterion->over_assessment && criterion->phase == PHASE_RUN)
        return yaml_complain(yaml_get(root, "over"), error,
                             "run, as the phase is run: an assessment is judged later");
    return 0;
}
