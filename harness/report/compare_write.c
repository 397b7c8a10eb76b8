/* A comparison for people, and for programs. */
#include "core/escape.h"
#include "core/json_text.h"
#include "report/compare_parts.h"

#include <string.h>

enum { NAME = 16, FIGURE = 14 };

static void put(FILE *out, const char *text)
{
    escape_write(out, text, ESCAPE_TERMINAL);
}

/* --- figures ------------------------------------------------------------------------ */

static void put_figure(FILE *out, const char *name, const struct figures figures[2],
                       size_t offset)
{
    fprintf(out, "  %-*s", NAME, name);
    for (int i = 0; i < 2; i++) {
        int64_t value;

        memcpy(&value, (const char *)&figures[i] + offset, sizeof value);
        fprintf(out, " %*lld", FIGURE, (long long)value);
    }
    fputc('\n', out);
}

static const struct {
    const char *name;
    size_t offset;
} counts[] = {{"cases", offsetof(struct figures, cases)},
              {"skipped", offsetof(struct figures, skipped)},
              {"excluded", offsetof(struct figures, excluded)},
              {"findings", offsetof(struct figures, findings)},
              {"suspicions", offsetof(struct figures, suspicions)},
              {"unconfirmed", offsetof(struct figures, unconfirmed)}};

static void put_real(FILE *out, bool known, double value)
{
    if (known)
        fprintf(out, " %*.1f", FIGURE, value);
    else
        fprintf(out, " %*s", FIGURE, "not known");
}

static void put_figures(FILE *out, const struct figures figures[2])
{
    char text[48];

    fprintf(out, "\nFigures\n  %-*s %*s %*s\n", NAME, "", FIGURE, "old", FIGURE, "new");
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        put_figure(out, counts[i].name, figures, counts[i].offset);
    fprintf(out, "  %-*s", NAME, "active seconds");
    for (int i = 0; i < 2; i++)
        put_real(out, figures[i].active_known, figures[i].active_s);
    fprintf(out, "\n  %-*s", NAME, "cases/s");
    for (int i = 0; i < 2; i++)
        put_real(out, figures[i].rate_known, figures[i].rate_per_s);
    fputc('\n', out);
    for (size_t i = 0; i < FIGURES_COVERED; i++) {
        fprintf(out, "  %-*s", NAME, figures[0].covered[i].kind);
        for (int run = 0; run < 2; run++) {
            snprintf(text, sizeof text, "%lld of %lld",
                     (long long)figures[run].covered[i].sent,
                     (long long)figures[run].covered[i].planned);
            fprintf(out, " %*s", FIGURE, text);
        }
        fputc('\n', out);
    }
}

/* --- text --------------------------------------------------------------------------- */

void compare_put_finding(FILE *out, const struct compared_finding *finding)
{
    const json_t *side = finding->after ? finding->after : finding->before;

    fprintf(out, "  %-14s %-6s %-6s ", compare_status_name(finding->status),
            finding->before ? json_text_at(finding->before, "id") : "-",
            finding->after ? json_text_at(finding->after, "id") : "-");
    put(out, json_text_at(side, "title"));
    fputc('\n', out);
    if (finding->why[0]) {
        fprintf(out, "  %-14s %-13s ", "", "");
        put(out, finding->why);
        fputc('\n', out);
    }
}

static void put_criteria(FILE *out, const json_t *criteria)
{
    size_t index;
    const json_t *row;

    if (json_array_size(criteria))
        fputs("\nCriteria with another verdict\n", out);
    json_array_foreach(criteria, index, row)
    {
        fputs("  ", out);
        put(out, json_text_at(row, "id"));
        fprintf(out, " %s -> %s: ", json_text_at(row, "before"),
                json_text_at(row, "after"));
        put(out, json_text_at(row, "explanation"));
        fputc('\n', out);
    }
}

static void put_counts(FILE *out, const struct comparison *comparison)
{
    fputs("\nFindings: ", out);
    for (int i = 0; i < COMPARE_STATUSES; i++)
        fprintf(out, "%s%zu %s", i ? ", " : "", comparison->by_status[i],
                compare_status_name((enum compare_status)i));
    fputc('\n', out);
}

static const char *verdict(const struct comparison *comparison)
{
    static const char *const texts[] = {
        [0] = "nothing new", [1] = "something new", [3] = "nothing can be said"};

    return texts[compare_exit(comparison)];
}

void compare_text(const struct comparison *comparison, FILE *out)
{
    static const char *const names[] = {"old", "new"};

    for (int i = 0; i < 2; i++) {
        char device[600];

        fprintf(out, "%s  ", names[i]);
        put(out, comparison->runs[i].directory);
        fputs("\n     device: ", out);
        put(out, figures_fact(&comparison->runs[i], "device", device, sizeof device));
        fputc('\n', out);
    }
    if (comparison->why_not[0]) {
        fprintf(out, "\nNot comparable: %s\n", comparison->why_not);
        return;
    }
    for (size_t i = 0; i < comparison->note_count; i++)
        fprintf(out, "- %s\n", comparison->notes[i]);
    if (comparison->count)
        fprintf(out, "\n  %-14s %-6s %-6s\n", "finding", "old", "new");
    for (size_t i = 0; i < comparison->count; i++)
        compare_put_finding(out, &comparison->findings[i]);
    put_figures(out, comparison->figures);
    put_criteria(out, comparison->criteria);
    put_counts(out, comparison);
    fprintf(out, "Verdict: %s (exit code %d)\n", verdict(comparison),
            compare_exit(comparison));
}

/* --- JSON --------------------------------------------------------------------------- */

static json_t *side_json(const struct run_view *run, const struct figures *figures)
{
    static const char *const facts[] = {"campaign_name", "plan_hash",    "seed",
                                        "engine",        "tool_version", "device",
                                        "selection"};
    json_t *object = json_object();
    char text[1200];

    json_object_set_new(object, "directory", json_text(run->directory));
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        json_object_set_new(object, facts[i],
                            store_get(run->store, facts[i], text, sizeof text) == 0
                                ? json_text(text)
                                : json_null());
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        int64_t value;

        memcpy(&value, (const char *)figures + counts[i].offset, sizeof value);
        json_object_set_new(object, counts[i].name, json_integer(value));
    }
    json_object_set_new(object, "active_seconds",
                        figures->active_known ? json_real(figures->active_s)
                                              : json_null());
    json_object_set_new(object, "rate_per_s",
                        figures->rate_known ? json_real(figures->rate_per_s)
                                            : json_null());
    for (size_t i = 0; i < FIGURES_COVERED; i++)
        json_object_set_new(object, figures->covered[i].kind,
                            json_pack("{s:I, s:I}", "sent",
                                      (json_int_t)figures->covered[i].sent, "planned",
                                      (json_int_t)figures->covered[i].planned));
    return object;
}

static json_t *or_null(const json_t *side)
{
    return side ? json_deep_copy(side) : json_null();
}

json_t *compare_finding_json(const struct compared_finding *finding)
{
    return json_pack("{s:s, s:b, s:o, s:o, s:o}", "status",
                     compare_status_name(finding->status), "alarms", (int)finding->alarms,
                     "why", json_text(finding->why), "old", or_null(finding->before),
                     "new", or_null(finding->after));
}

json_t *compare_json(const struct comparison *comparison)
{
    static const char *const names[] = {"old", "new"};
    json_t *root = json_object(), *notes = json_array(), *findings = json_array();
    json_t *totals = json_object();

    for (int i = 0; i < 2; i++)
        json_object_set_new(root, names[i],
                            side_json(&comparison->runs[i], &comparison->figures[i]));
    json_object_set_new(root, "comparable", json_boolean(!comparison->why_not[0]));
    json_object_set_new(root, "why_not", json_text(comparison->why_not));
    for (size_t i = 0; i < comparison->note_count; i++)
        json_array_append_new(notes, json_text(comparison->notes[i]));
    for (size_t i = 0; i < comparison->count; i++)
        json_array_append_new(findings, compare_finding_json(&comparison->findings[i]));
    for (int i = 0; i < COMPARE_STATUSES; i++)
        json_object_set_new(totals, compare_status_name((enum compare_status)i),
                            json_integer((json_int_t)comparison->by_status[i]));
    json_object_set_new(root, "notes", notes);
    json_object_set_new(root, "findings", findings);
    json_object_set_new(root, "totals", totals);
    json_object_set_new(root, "criteria",
                        comparison->criteria ? json_incref(comparison->criteria)
                                             : json_array());
    json_object_set_new(root, "verdict", json_string(verdict(comparison)));
    json_object_set_new(root, "exit", json_integer(compare_exit(comparison)));
    return root;
}
