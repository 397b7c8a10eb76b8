/* A night for people and for programs, and its files. */
#include "core/escape.h"
#include "core/json_text.h"
#include "core/path.h"
#include "report/compare_parts.h"
#include "report/identity.h"
#include "report/night_parts.h"
#include "report/part.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char *const standings[] = {[NIGHT_PASSES] = "pass",
                                        [NIGHT_EXPLAINED] = "known",
                                        [NIGHT_LACKS_CASES] = "too few cases",
                                        [NIGHT_OPEN] = "inconclusive",
                                        [NIGHT_FAILS] = "fail",
                                        [NIGHT_NOT_ASKED] = "not applicable"};
static const char *const verdicts[] = {
    [0] = "nothing new", [1] = "something new", [3] = "too little is shown"};

/* --- text --------------------------------------------------------------------------- */

static void put(FILE *out, const char *text)
{
    escape_write(out, text, ESCAPE_TERMINAL);
}

static void put_findings(const struct night *night, FILE *out)
{
    const struct comparison *comparison = &night->comparison;

    for (size_t i = 0; i < comparison->count; i++)
        compare_put_finding(out, &comparison->findings[i]);
    fputs("Findings: ", out);
    for (int i = 0; i < COMPARE_STATUSES; i++)
        fprintf(out, "%s%zu %s", i ? ", " : "", comparison->by_status[i],
                compare_status_name((enum compare_status)i));
    fprintf(out, "; %lld of %lld known ones were replayed\n",
            (long long)night->facts.replayed, (long long)night->facts.known);
}

void night_text(const struct night *night, FILE *out)
{
    fprintf(out, "\nAgainst %lld earlier night%s in ", (long long)night->nights,
            night->nights == 1 ? "" : "s");
    put(out, night->history_folder);
    fputs("\n- ", out);
    put(out, night->facts.how);
    fputc('\n', out);
    if (night->left_out) {
        fprintf(out, "- %lld cannot be read and count for nothing: ",
                (long long)night->left_out);
        put(out, night->why_left_out);
        fputc('\n', out);
    }
    put_findings(night, out);
    for (size_t i = 0; i < night->judged_count; i++) {
        const struct night_judged *judged = &night->judged[i];

        if (judged->standing == NIGHT_PASSES || judged->standing == NIGHT_NOT_ASKED)
            continue;
        fprintf(out, "%s %s: ", judged->criterion->id, standings[judged->standing]);
        put(out, judged->explanation);
        fputc('\n', out);
    }
    fprintf(out, "Night: %s (exit code %d): ", verdicts[night->exit], night->exit);
    put(out, night->why);
    fputc('\n', out);
}

/* --- JSON --------------------------------------------------------------------------- */

static json_t *criteria_json(const struct night *night)
{
    json_t *list = json_array();

    for (size_t i = 0; i < night->judged_count; i++) {
        const struct night_judged *judged = &night->judged[i];

        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:o}", "id", judged->criterion->id,
                                        "standing", standings[judged->standing],
                                        "explanation", json_text(judged->explanation)));
    }
    return list;
}

/* As seen from the run's folder: it may become evidence, which says nothing of folders
 * above both. */
static const char *baseline_of(const struct night *night, char path[PATH_MAX])
{
    char from[PATH_MAX], to[PATH_MAX];

    return realpath(night->facts.folder, from) && realpath(night->history_folder, to) &&
                   path_relative(from, to, path, PATH_MAX) == 0
               ? path
               : "";
}

json_t *night_json(const struct night *night)
{
    const struct comparison *comparison = &night->comparison;
    json_t *findings = json_array(), *totals = json_object();
    char path[PATH_MAX];

    for (size_t i = 0; i < comparison->count; i++)
        json_array_append_new(findings, compare_finding_json(&comparison->findings[i]));
    for (int i = 0; i < COMPARE_STATUSES; i++)
        json_object_set_new(totals, compare_status_name((enum compare_status)i),
                            json_integer((json_int_t)comparison->by_status[i]));
    return json_pack(
        "{s:o, s:I, s:I, s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:s, s:o, s:i}", "baseline",
        json_text(baseline_of(night, path)), "nights", (json_int_t)night->nights,
        "left_out", (json_int_t)night->left_out, "how", json_text(night->facts.how),
        "known", (json_int_t)night->facts.known, "replayed",
        (json_int_t)night->facts.replayed, "not_guarded",
        (json_int_t)night->facts.not_guarded, "findings", findings, "totals", totals,
        "criteria", criteria_json(night), "verdict", verdicts[night->exit], "why",
        json_text(night->why), "exit", night->exit);
}

static int write_json(const struct night *night, FILE *out, struct error *error)
{
    return identity_write(night_json(night), out, error);
}

/* --- files -------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int (*write)(const struct night *night, FILE *out, struct error *error);
} files[] = {{"night.json", write_json},
             {"night.junit.xml", night_junit},
             {"night.sarif", night_sarif}};

static int write_file(const struct night *night, size_t index, struct error *error)
{
    char path[PATH_MAX];
    struct part part;

    snprintf(path, sizeof path, "%s/%s", night->facts.folder, files[index].name);
    return part_open(&part, path, error) < 0
               ? -1
               : part_close(&part, files[index].write(night, part.out, error), error);
}

int night_write_files(const struct night *night, struct error *error)
{
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (write_file(night, i, error) < 0)
            return -1;
    return 0;
}
