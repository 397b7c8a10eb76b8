/* percuss criteria: the acceptance rules, and the clauses that they support. */
#include "criteria/criteria.h"
#include "cli/cli.h"
#include "core/escape.h"
#include "core/json_text.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const struct cli_option options[] = {
    {"folder", "DIR", "with the criteria of this folder, too"},
    {"frameworks", NULL, "list: the clauses, and what supports each"},
    {"json", NULL, "as JSON"},
    {NULL, NULL, NULL}};

static void put(const char *text)
{
    escape_write(stdout, text, ESCAPE_TERMINAL);
}

static void limit_text(const struct criterion *criterion, char *text, size_t size)
{
    snprintf(text, size, "%s %.6g %s%s", criterion->comparison, criterion->limit,
             criterion->unit,
             criterion->limit_may_be_overridden ? "" : " (may not be overridden)");
}

static json_t *clause_json(const struct clause *clause)
{
    json_t *json = json_object();
    const char *const texts[][2] = {
        {"framework", clause->framework},       {"clause", clause->clause},
        {"paraphrase", clause->paraphrase},     {"edition", clause->edition},
        {"verification", clause->verification}, {"verified_on", clause->verified_on},
        {"mark", clause_mark(clause)},          {NULL, NULL}};

    for (size_t i = 0; texts[i][0]; i++)
        json_object_set_new(json, texts[i][0], json_text(texts[i][1]));
    json_object_set_new(json, "pack",
                        json_string(clause->procurement ? "procurement" : "device"));
    return json;
}

/* --- one criterion ------------------------------------------------------------------ */

static json_t *criterion_json(const struct criterion *criterion, bool whole)
{
    json_t *json = json_object(), *clauses = json_array();
    const char *const texts[][2] = {
        {"id", criterion->id},
        {"title", criterion->title},
        {"version", criterion->version},
        {"phase", criterion_phase_name(criterion->phase)},
        {"over", criterion->over_assessment ? "assessment" : "run"},
        {"sentence", criterion->sentence},
        {"rationale", criterion->rationale},
        {"comparison", criterion->comparison},
        {"unit", criterion->unit},
        {"applies", criterion->applies},
        {"fail", criterion->fails},
        {"data", criterion->data},
        {"query", criterion->query},
        {"explain", criterion->explain},
    };

    for (size_t i = 0; i < (whole ? 14u : 9u); i++)
        if (texts[i][1])
            json_object_set_new(json, texts[i][0], json_text(texts[i][1]));
    json_object_set_new(json, "limit", json_real(criterion->limit));
    json_object_set_new(json, "override",
                        json_boolean(criterion->limit_may_be_overridden));
    for (size_t i = 0; i < criterion->clause_count; i++)
        json_array_append_new(clauses, clause_json(criterion->clauses[i]));
    json_object_set_new(json, "clauses", clauses);
    return json;
}

static void put_part(const char *name, const char *text)
{
    if (!text)
        return;
    printf("\n%s\n", name);
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");

        fputs("  ", stdout);
        for (size_t i = 0; i < length; i++) {
            char one[2] = {line[i], '\0'};

            (unsigned char)line[i] < 0x20 ? put(one) : (void)putchar(line[i]);
        }
        putchar('\n');
        line += length + (line[length] == '\n');
    }
}

static void show_text(const struct criterion *criterion)
{
    char limit[200];

    limit_text(criterion, limit, sizeof limit);
    printf("%s, version %s, phase %s, over %s\n", criterion->id, criterion->version,
           criterion_phase_name(criterion->phase),
           criterion->over_assessment ? "the assessment" : "each run");
    put_part("Title", criterion->title);
    put_part("Sentence", criterion->sentence);
    put_part("Rationale", criterion->rationale);
    put_part("Limit", limit);
    put_part("Not applicable where this is 0", criterion->applies);
    put_part("Fails where this is not 0, whatever is missing", criterion->fails);
    put_part("Inconclusive where this is 0", criterion->data);
    put_part("Measured, and held against the limit", criterion->query);
    puts("\nSupports");
    for (size_t i = 0; i < criterion->clause_count; i++) {
        const struct clause *clause = criterion->clauses[i];

        fputs("  ", stdout);
        put(clause->framework);
        fputs(", ", stdout);
        put(clause->clause);
        printf(" (%s, edition: %s)\n      ", clause_mark(clause), clause->edition);
        put(clause->paraphrase);
        putchar('\n');
    }
}

static int show(const struct criteria *criteria, const char *id, bool json,
                struct error *error)
{
    const struct criterion *criterion;

    for (size_t i = 0; (criterion = criteria_at(criteria, i)); i++) {
        json_t *root;

        if (strcmp(criterion->id, id) != 0)
            continue;
        if (!json) {
            show_text(criterion);
            return 0;
        }
        root = criterion_json(criterion, true);
        json_dumpf(root, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(root);
        return 0;
    }
    return error_set(error, "no criterion '%s' (percuss criteria list shows them)", id);
}

/* --- lists -------------------------------------------------------------------------- */

static void list_criteria(const struct criteria *criteria, bool json)
{
    const struct criterion *criterion;
    json_t *root = json_array();
    char limit[200];

    for (size_t i = 0; (criterion = criteria_at(criteria, i)); i++) {
        if (json) {
            json_array_append_new(root, criterion_json(criterion, false));
            continue;
        }
        limit_text(criterion, limit, sizeof limit);
        printf("%-12s %-8s %-11s ", criterion->id, criterion_phase_name(criterion->phase),
               criterion->over_assessment ? "assessment" : "run");
        put(criterion->title);
        fputs(": ", stdout);
        put(limit);
        putchar('\n');
    }
    if (json) {
        json_dumpf(root, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(root);
}

static bool supports(const struct criterion *criterion, const struct clause *clause)
{
    for (size_t i = 0; i < criterion->clause_count; i++)
        if (criterion->clauses[i] == clause)
            return true;
    return false;
}

/* What supports a clause: criteria, and tables of the store. */
static json_t *support_json(const struct criteria *criteria, const struct clause *clause)
{
    json_t *list = json_array();

    for (size_t i = 0; i < criteria_count(criteria); i++)
        if (supports(criteria_at(criteria, i), clause))
            json_array_append_new(list, json_text(criteria_at(criteria, i)->id));
    return list;
}

static json_t *records_json(const struct clause *clause)
{
    json_t *list = json_array();

    for (const struct yaml *record = clause->records ? clause->records->child : NULL;
         record; record = record->next)
        json_array_append_new(list, json_text(record->text));
    return list;
}

static void put_list(const char *name, json_t *list)
{
    if (json_array_size(list)) {
        printf("      %s:", name);
        for (size_t i = 0; i < json_array_size(list); i++) {
            putchar(' ');
            put(json_string_value(json_array_get(list, i)));
        }
        putchar('\n');
    }
    json_decref(list);
}

static void put_clause(const struct criteria *criteria, const struct clause *clause)
{
    fputs("  ", stdout);
    put(clause->clause);
    printf(" (%s, %s%s)\n      ", clause_mark(clause), clause->verified_on,
           clause->procurement ? ", procurement pack only" : "");
    put(clause->paraphrase);
    putchar('\n');
    put_list("criteria", support_json(criteria, clause));
    put_list("records", records_json(clause));
}

static void list_frameworks(const struct criteria *criteria, bool json)
{
    const struct frameworks *frameworks = criteria_frameworks(criteria);
    const char *framework = "";
    const struct clause *clause;
    json_t *root = json_array(), *row;

    for (size_t i = 0; (clause = frameworks_at(frameworks, i)); i++) {
        if (json) {
            row = clause_json(clause);
            json_object_set_new(row, "id", json_text(clause->framework_id));
            json_object_set_new(row, "criteria", support_json(criteria, clause));
            json_object_set_new(row, "records", records_json(clause));
            json_array_append_new(root, row);
            continue;
        }
        if (strcmp(framework, clause->framework_id) != 0) {
            printf("%s: ", clause->framework_id);
            put(clause->framework);
            fputs(", ", stdout);
            put(clause->edition);
            putchar('\n');
        }
        framework = clause->framework_id;
        put_clause(criteria, clause);
    }
    if (json) {
        json_dumpf(root, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(root);
}

/* --- the command -------------------------------------------------------------------- */

static int work(const struct command *command, const struct cli_arguments *arguments,
                const struct criteria *criteria, struct error *error)
{
    const char *what = arguments->positional[0];
    bool json = cli_value(command, arguments, "json") != NULL;

    if (strcmp(what, "show") == 0)
        return arguments->positional_count < 2
                   ? error_set(error, "show which? percuss criteria show AC-09")
                   : show(criteria, arguments->positional[1], json, error);
    if (strcmp(what, "check") == 0)
        printf("%zu criteria and %zu clauses hold together\n", criteria_count(criteria),
               frameworks_count(criteria_frameworks(criteria)));
    else if (cli_value(command, arguments, "frameworks"))
        list_frameworks(criteria, json);
    else
        list_criteria(criteria, json);
    return 0;
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    const char *what = arguments->positional[0];
    const char *folder = cli_value(command, arguments, "folder");
    struct criteria *criteria = NULL;
    struct error error = {""};
    int status = -1;

    if (strcmp(what, "check") == 0 && arguments->positional_count == 2 && !folder)
        folder = arguments->positional[1];
    if (strcmp(what, "list") != 0 && strcmp(what, "show") != 0 &&
        strcmp(what, "check") != 0)
        error_set(&error, "expected list, show or check, found '%s'", what);
    else if ((criteria = criteria_load(folder, &error)))
        status = work(command, arguments, criteria, &error);
    criteria_free(criteria);
    return status < 0 ? cli_fail(command, EXIT_USAGE, &error) : EXIT_PASS;
}

extern const struct command command_criteria;
const struct command command_criteria = {
    .name = "criteria",
    .summary = "list, show and check acceptance rules and the clauses they support",
    .arguments = "list | show ID | check DIR",
    .positional_minimum = 1,
    .positional_maximum = 2,
    .options = options,
    .details =
        "DIR holds criteria of your own, one YAML file each, and in DIR/frameworks clauses\n"
        "of your own. check compiles every query and holds criteria and clauses together.\n"
        "Exit: 0 done, 2 a file is wrong: file, line and key are named.\n",
    .run = run,
};
