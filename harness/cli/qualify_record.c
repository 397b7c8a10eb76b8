/* The validation record: qualification.json is the truth, qualification.txt says the same
 * to people, with the lines that a person fills in. Nothing is filled in for them. */
#include "cli/qualify.h"

#include "bundle/signature.h"
#include "bundle/tool.h"
#include "core/clock.h"
#include "core/escape.h"
#include "core/json_text.h"
#include "engine/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char intended_use[] =
    "percuss sends valid, wrong, late and unexpected traffic to interfaces of a device under "
    "test, watches what the device does, records both, and judges the records by acceptance "
    "criteria. Its results are used as evidence of robustness testing in design verification. "
    "It is no part of the device, and no penetration test.";
static const char statement[] =
    "This record supports the validation of percuss for its intended use, of the version and on "
    "the machine that it names. It says what was checked and what was not; what was not checked "
    "is not qualified. Whether it suffices is the decision of the person who approves it.";

/* What may go wrong when the tool is wrong, and which checks would show it. */
static const struct {
    const char *hazard, *checks;
} risks[] = {
    {"a defect of the device is not seen",
     "each device with a planted defect; oracles without a check are listed"},
    {"a sound device is said to fail", "the devices without a defect: no finding"},
    {"a failing device is said to pass",
     "each planted defect: the criterion that counts it fails"},
    {"the record is not what went over the wire",
     "independent capture against the send log"},
    {"a case cannot be done again",
     "verification makes every case again from its number"},
    {"evidence is altered unseen", "a copy with one bit changed is refused"},
    {"the rules of judgement are not those that were written",
     "the catalogue is read and compiled; its hash is in this record"}};

const char *qualify_result_name(enum qualify_result result)
{
    static const char *const names[] = {"passed", "FAILED", "not checked"};

    return names[result];
}

/* --- JSON --------------------------------------------------------------------------- */

static json_t *check_json(const struct qualify_check *check)
{
    return json_pack(
        "{s:s, s:o, s:o, s:s, s:o, s:s, s:s, s:o, s:f}", "id", check->id, "title",
        json_text(check->title), "expected", json_text(check->expected), "result",
        qualify_result_name(check->result), "observed", json_text(check->observed),
        "oracle", check->oracle, "run", check->run, "device", json_text(check->device),
        "seconds", check->seconds);
}

/* The clauses that AC-22 supports, as the frameworks have them. */
static json_t *clauses_json(void)
{
    struct error ignored;
    struct criteria *criteria = criteria_load(NULL, &ignored);
    json_t *list = json_array();

    for (size_t i = 0; criteria && i < criteria_count(criteria); i++) {
        const struct criterion *criterion = criteria_at(criteria, i);

        for (size_t j = 0;
             strcmp(criterion->id, "AC-22") == 0 && j < criterion->clause_count; j++) {
            const struct clause *clause = criterion->clauses[j];

            json_array_append_new(
                list,
                json_pack("{s:s, s:s, s:s, s:s, s:s}", "framework", clause->framework,
                          "clause", clause->clause, "edition", clause->edition,
                          "paraphrase", clause->paraphrase, "mark", clause_mark(clause)));
        }
    }
    criteria_free(criteria);
    return list;
}

static json_t *risks_json(void)
{
    json_t *list = json_array();

    for (size_t i = 0; i < sizeof risks / sizeof risks[0]; i++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "if", risks[i].hazard,
                                              "checked_by", risks[i].checks));
    return list;
}

static json_t *environment_json(void)
{
    json_t *json = tool_self();
    char host[300];

    if (json) {
        json_object_set_new(json, "host", json_string(host_describe(host, sizeof host)));
        json_object_set_new(json, "processors",
                            json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
    }
    return json;
}

static json_t *record_json(const struct qualification *all)
{
    json_t *checks = json_array(), *unchecked = json_array();
    char began[24], ended[24], host[300];

    for (size_t i = 0; i < all->count; i++) {
        json_array_append_new(checks, check_json(&all->checks[i]));
        if (all->checks[i].result == QUALIFY_UNCHECKED)
            json_array_append_new(unchecked, json_string(all->checks[i].id));
    }
    clock_format_utc(all->began_ns, began, sizeof began);
    clock_format_utc(all->ended_ns, ended, sizeof ended);
    return json_pack(
        "{s:i, s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, "
        "s:{s:n, s:n, s:n, s:n, s:n, s:n}}",
        "percuss_qualification", 1, "version", PERCUSS_VERSION, "host",
        host_describe(host, sizeof host), "verdict", qualify_verdict(all), "quick",
        (int)all->quick, "began", began, "ended", ended, "statement", statement,
        "intended_use", intended_use, "risks", risks_json(), "environment",
        environment_json(), "checks", checks, "not_checked", unchecked, "supports",
        clauses_json(), "approval", "risk_decision", "tester", "approved_by", "role",
        "date", "signature");
}

/* --- text --------------------------------------------------------------------------- */

static void put(FILE *out, const char *text)
{
    escape_write(out, text, ESCAPE_TERMINAL);
}

/* In lines of at most 78 columns. */
static void put_wrapped(FILE *out, const char *indent, const char *text)
{
    size_t column = strlen(indent);

    fputs(indent, out);
    while (*text) {
        size_t length = strcspn(text, " ");

        if (column + length > 78 && column > strlen(indent)) {
            fprintf(out, "\n%s", indent);
            column = strlen(indent);
        }
        fprintf(out, "%.*s", (int)length, text);
        column += length;
        text += length;
        if (*text == ' ') {
            text++;
            column++;
            fputc(' ', out);
        }
    }
    fputc('\n', out);
}

static void put_environment(FILE *out, const json_t *environment)
{
    const char *name;
    json_t *value;

    json_object_foreach(json_object_get(environment, "libraries"), name, value)
        fprintf(out, "  %-16s %s\n", name, json_string_value(value));
}

static void put_checks(FILE *out, const json_t *checks)
{
    size_t index;
    json_t *check;

    json_array_foreach(checks, index, check)
    {
        fprintf(out, "\n  %-11s  %s: ", json_text_at(check, "result"),
                json_text_at(check, "id"));
        put(out, json_text_at(check, "title"));
        fputs("\n               expected: ", out);
        put(out, json_text_at(check, "expected"));
        fputs("\n               observed: ", out);
        put(out, json_text_at(check, "observed"));
        fputc('\n', out);
    }
}

static void put_lists(FILE *out, const json_t *record)
{
    size_t index;
    json_t *row;

    fputs("\nRisk: what a wrong tool would do, and what was checked against it\n", out);
    json_array_foreach(json_object_get(record, "risks"), index, row)
        fprintf(out, "  - %s\n    %s\n", json_text_at(row, "if"),
                json_text_at(row, "checked_by"));
    fputs("\nNot checked, and so not qualified:", out);
    json_array_foreach(json_object_get(record, "not_checked"), index, row)
        fprintf(out, "%s %s", index ? "," : "", json_string_value(row));
    if (json_array_size(json_object_get(record, "not_checked")) == 0)
        fputs(" nothing of the list below", out);
    fputs("\n\nSupports (AC-22)\n", out);
    json_array_foreach(json_object_get(record, "supports"), index, row)
        fprintf(out, "  - %s, %s (%s): %s%s%s\n", json_text_at(row, "framework"),
                json_text_at(row, "clause"), json_text_at(row, "edition"),
                json_text_at(row, "paraphrase"), *json_text_at(row, "mark") ? "; " : "",
                json_text_at(row, "mark"));
}

static const char form[] =
    "\nApproval (to be filled in by a person; percuss fills in nothing)\n"
    "  risk of the use, and why these checks suffice  ____________________________\n"
    "  tester                                         ____________________________\n"
    "  approved by (name, role)                       ____________________________\n"
    "  date                                           ____________________________\n"
    "  meaning of the signature                       ____________________________\n"
    "  signature                                      ____________________________\n";

static void put_record(FILE *out, const json_t *record, bool quick)
{
    const json_t *environment = json_object_get(record, "environment");

    fputs("Validation record of percuss: installation and operation check\n", out);
    if (quick)
        fputs("\nQUICK: a few checks were left out. This is not a qualification.\n", out);
    fprintf(
        out,
        "\nVerdict          %s\npercuss          %s\nhost             %s\nbegan, ended "
        "    %s, %s\n",
        json_text_at(record, "verdict"), json_text_at(record, "version"),
        json_text_at(record, "host"), json_text_at(record, "began"),
        json_text_at(record, "ended"));
    fprintf(out, "commit           %s\nprogram SHA-256  %s\ncompiler         %s\n",
            json_text_at(environment, "commit"),
            json_text_at(environment, "program_sha256"),
            json_text_at(environment, "compiler"));
    put_environment(out, environment);
    fputs("\nIntended use\n", out);
    put_wrapped(out, "  ", intended_use);
    fputc('\n', out);
    put_wrapped(out, "  ", statement);
    put_lists(out, record);
    fputs("\nChecks\n", out);
    put_checks(out, json_object_get(record, "checks"));
    fputs(form, out);
}

/* --- files -------------------------------------------------------------------------- */

static int write_text(const struct qualification *all, const json_t *record,
                      struct error *error)
{
    char path[FOLDER_PATH], *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    int status = -1;

    if (!out)
        return error_set(error, "out of memory");
    put_record(out, record, all->quick);
    fclose(out);
    if (folder_path(path, all->folder, "qualification.txt", error) == 0)
        status = folder_write(path, text, size, error);
    free(text);
    return status;
}

int qualify_write(const struct qualification *all, struct error *error)
{
    char path[FOLDER_PATH], signature[FOLDER_PATH];
    json_t *record = record_json(all);
    char *text = record ? json_dumps(record, JSON_INDENT(2)) : NULL;
    int status = 0;

    if (!text)
        status = error_set(error, "out of memory for the record");
    else if (folder_path(path, all->folder, "qualification.json", error) < 0 ||
             folder_path(signature, all->folder, "qualification.json.p7s", error) < 0 ||
             folder_write(path, text, strlen(text), error) < 0 ||
             write_text(all, record, error) < 0 ||
             (all->key && signature_make(all->key, path, signature, error) < 0))
        status = -1;
    free(text);
    json_decref(record);
    return status;
}
