/* The report for a terminal: what was run, what came out, how to repeat it, what it
 * leaves open. */
#include "core/escape.h"
#include "report/figures.h"
#include "report/rows.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_WIDTH = 18 };

static void put(FILE *out, const char *text)
{
    escape_write(out, text, ESCAPE_TERMINAL);
}

static void line(FILE *out, const char *name, const char *text)
{
    fprintf(out, "  %-*s ", NAME_WIDTH, name);
    put(out, text);
    fputc('\n', out);
}

static void write_facts(const struct run_view *run, FILE *out)
{
    static const char *const facts[][2] = {{"campaign", "campaign_name"},
                                           {"device", "device"},
                                           {"link", "link"},
                                           {"link carries", "link_carries"},
                                           {"interface", "interface"},
                                           {"model", "model_id"},
                                           {"plan", "plan_hash"},
                                           {"engine", "engine"},
                                           {"seed", "seed"},
                                           {"selected", "selection"},
                                           {"tool version", "tool_version"},
                                           {"authorised by", "authorised_by"},
                                           {"scope", "scope"}};
    char text[2000];

    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        line(out, facts[i][0], figures_fact(run, facts[i][1], text, sizeof text));
    if (store_get(run->store, "deviations", text, sizeof text) == 0)
        line(out, "known deviations", text);
    if (store_get(run->store, "shards", text, sizeof text) == 0) {
        strncat(text, " shards; times are added up", sizeof text - strlen(text) - 1);
        line(out, "merged of", text);
    }
    figures_fact(run, "started_ns", text, sizeof text);
    line(out, "started", figures_time(strtoll(text, NULL, 10), text, sizeof text));
}

static void write_figures(const struct figures *figures, FILE *out)
{
    fprintf(out, "  %-*s %lld sent", NAME_WIDTH, "cases", (long long)figures->cases);
    if (figures->sendings != figures->cases)
        fprintf(out, ", %lld with repeated epochs", (long long)figures->sendings);
    fprintf(out, ", %lld skipped, %lld excluded, %lld interrupted\n",
            (long long)figures->skipped, (long long)figures->excluded,
            (long long)figures->interrupted);
    if (figures->resent)
        fprintf(out, "  %-*s %lld messages, having got no answer\n", NAME_WIDTH,
                "sent twice", (long long)figures->resent);
    if (figures->rate_known)
        fprintf(out, "  %-*s %.1f cases/s over %.1f s\n", NAME_WIDTH, "rate",
                figures->rate_per_s, figures->active_s);
    else
        fprintf(out, "  %-*s not known: the active time was not recorded\n", NAME_WIDTH,
                "rate");
    fprintf(
        out,
        "  %-*s %lld: %lld became findings, %lld were further hits of one, %lld did not "
        "confirm\n",
        NAME_WIDTH, "suspicions", (long long)figures->suspicions,
        (long long)figures->confirmed, (long long)figures->duplicates,
        (long long)figures->unconfirmed);
    fprintf(out, "  %-*s %.4g for the campaign, %.4g spent on %lld measurements\n",
            NAME_WIDTH, "alpha", figures->alpha, figures->spent,
            (long long)figures->tests);
}

/* The first of those that were not sent. */
static int write_unsent(const struct run_view *run, FILE *out,
                        const struct covered *covered, struct error *error)
{
    enum { NAMED = 5 };
    char sql[200];
    struct rows rows;

    snprintf(sql, sizeof sql,
             "SELECT name FROM coverage WHERE kind = '%s' AND planned > 0 AND sent <= 0 "
             "ORDER BY name LIMIT %d",
             covered->kind, NAMED);
    rows = rows_of(run, sql);
    while (rows_next(&rows)) {
        fprintf(out, "  %-*s not sent: ", NAME_WIDTH, "");
        put(out, rows_text(&rows, 0));
        fputc('\n', out);
    }
    if (covered->planned - covered->sent > NAMED)
        fprintf(out, "  %-*s and %lld more\n", NAME_WIDTH, "",
                (long long)(covered->planned - covered->sent - NAMED));
    return rows_close(&rows, error);
}

static int write_reached(const struct run_view *run, FILE *out, struct error *error)
{
    struct rows rows = rows_of(run, figures_reached);

    while (rows_next(&rows)) {
        fprintf(out, "  %-*s ", NAME_WIDTH, rows_text(&rows, 0));
        put(out, rows_text(&rows, 1));
        fputc('\n', out);
    }
    return rows_close(&rows, error);
}

static int write_coverage(const struct run_view *run, const struct figures *figures,
                          FILE *out, struct error *error)
{
    fputs("\nCoverage\n", out);
    if (figures_is_guided(run)) /* which sends no case of the plan */
        return write_reached(run, out, error);
    for (size_t i = 0; i < FIGURES_COVERED; i++) {
        const struct covered *covered = &figures->covered[i];

        fprintf(out, "  %-*s %lld of %lld", NAME_WIDTH, covered->kind,
                (long long)covered->sent, (long long)covered->planned);
        if (covered->impossible)
            fprintf(out, " (%lld more that no case can touch)",
                    (long long)covered->impossible);
        fputc('\n', out);
        if (write_unsent(run, out, covered, error))
            return -1;
    }
    return 0;
}

static int write_criteria(const struct run_view *run, FILE *out, struct error *error)
{
    struct rows rows = rows_of(
        run,
        "SELECT id, verdict, title || CASE phase WHEN 'run' THEN '' ELSE ' (phase ' || "
        "phase || ')' END, explanation, rationale FROM "
        "criterion ORDER BY id");
    bool any = false;

    fputs("\nCriteria\n", out);
    for (; rows_next(&rows); any = true) {
        fputs("  ", out);
        put(out, rows_text(&rows, 1));
        fprintf(out, "%*s ", (int)(14 - strlen(rows_text(&rows, 1)) % 15), "");
        put(out, rows_text(&rows, 0));
        fputs("  ", out);
        put(out, rows_text(&rows, 2));
        fputs("\n      ", out);
        put(out, rows_text(&rows, 3));
        fputc('\n', out);
        if (rows_text(&rows, 4)[0]) {
            fputs("      rationale: ", out);
            put(out, rows_text(&rows, 4));
            fputc('\n', out);
        }
    }
    if (!any)
        fputs("  none was judged\n", out);
    return rows_close(&rows, error);
}

static void write_finding(const struct run_view *run, FILE *out, struct rows *rows)
{
    char *command = figures_replay_command(run, rows_text(rows, 13));

    fputs("  ", out);
    put(out, rows_text(rows, 0));
    fputs("  ", out);
    put(out, rows_text(rows, 1));
    fputs("\n      ", out);
    put(out, rows_text(rows, 2));
    fputs(", ", out);
    put(out, rows_text(rows, 3));
    fputs(", seen by ", out);
    put(out, rows_text(rows, 4));
    fprintf(out, ", %lld hits, after %.1f s\n      bucket ",
            (long long)rows_integer(rows, 5), rows_real(rows, 6));
    put(out, rows_text(rows, 16));
    fputs(", ", out);
    put(out, rows_text(rows, 17));
    fputc('\n', out);
    fprintf(out, "      fails in %lld of %lld replays", (long long)rows_integer(rows, 8),
            (long long)rows_integer(rows, 7));
    if (rows_integer(rows, 9))
        fprintf(out, ", in %lld of %lld controls, p = %.2g",
                (long long)rows_integer(rows, 10), (long long)rows_integer(rows, 9),
                rows_real(rows, 11));
    fputc('\n', out);
    fprintf(out, "      case %lld ", (long long)rows_integer(rows, 12));
    put(out, rows_text(rows, 14));
    if (rows_text(rows, 15)[0]) {
        fputs("\n      clause: ", out);
        put(out, rows_text(rows, 15));
    }
    fputs("\n      ", out);
    put(out, command ? command : "");
    fputc('\n', out);
    free(command);
}

static int write_findings(const struct run_view *run, FILE *out, struct error *error)
{
    struct rows rows = rows_of(
        run, "SELECT id, title, grade, kind, oracle, hits, found_after_s, replays, "
             "replay_failures, control_replays, control_failures, p_value, first_case, "
             "reproducer, case_name, clause, bucket_now, disposition FROM finding_now "
             "ORDER BY id");
    long long count = 0;

    fputs("\nFindings\n", out);
    for (; rows_next(&rows); count++)
        write_finding(run, out, &rows);
    if (count)
        fprintf(
            out, "  %lld in %lld buckets: percuss triage shows and merges them\n", count,
            (long long)store_integer(
                run->store, 0, "SELECT count(DISTINCT bucket_now) FROM finding_now", ""));
    else
        fputs("  none\n", out);
    return rows_close(&rows, error);
}

enum { CAUSES = 20 };

static int write_unconfirmed(const struct run_view *run, FILE *out, struct error *error)
{
    struct rows rows = rows_of(run, figures_unconfirmed);
    size_t causes = 0;

    fputs("\nDid not confirm\n", out);
    for (; rows_next(&rows); causes++) {
        if (causes >= CAUSES)
            continue;
        fprintf(out, "  %lld times ", (long long)rows_integer(&rows, 0));
        put(out, rows_text(&rows, 1));
        fputs(": ", out);
        put(out, rows_text(&rows, 2));
        fprintf(out, " (%lld measured, first case %lld)\n",
                (long long)rows_integer(&rows, 3), (long long)rows_integer(&rows, 4));
    }
    if (causes == 0)
        fputs("  every suspicion confirmed, or there was none\n", out);
    if (causes > CAUSES)
        fprintf(out, "  and %zu causes more: summary.json\n", causes - CAUSES);
    return rows_close(&rows, error);
}

static int write_skipped(const struct run_view *run, FILE *out, struct error *error)
{
    struct rows rows = rows_of(run, figures_skipped);
    bool any = false;

    fputs("\nSkipped, as they would hit a finding again\n", out);
    for (; rows_next(&rows); any = true) {
        fputs("  ", out);
        put(out, rows_text(&rows, 0));
        fprintf(out, ": %lld cases of ", (long long)rows_integer(&rows, 1));
        put(out, rows_text(&rows, 2));
        fputc(' ', out);
        put(out, rows_text(&rows, 3));
        fprintf(out, ", which hit it %lld times, from case %lld on\n",
                (long long)rows_integer(&rows, 4), (long long)rows_integer(&rows, 5));
    }
    if (!any)
        fputs("  none\n", out);
    return rows_close(&rows, error);
}

static int write_list(const struct run_view *run, FILE *out, const char *heading,
                      const char *sql, const char *when_empty, struct error *error)
{
    struct rows rows = rows_of(run, sql);
    bool any = false;

    fprintf(out, "\n%s\n", heading);
    for (; rows_next(&rows); any = true) {
        fputs("  ", out);
        put(out, rows_text(&rows, 0));
        fputc('\n', out);
    }
    if (!any)
        fprintf(out, "  %s\n", when_empty);
    return rows_close(&rows, error);
}

static int write_lists(const struct run_view *run, FILE *out, struct error *error)
{
    static const struct {
        const char *heading, *sql, *when_empty;
    } lists[] = {
        {"Oracles",
         "SELECT name || ': ' || proof || CASE proof_text WHEN '' THEN '' ELSE ' (' || "
         "proof_text || ')' END || '; does not see ' || blind_to FROM oracle "
         "ORDER BY proof <> 'blind', name",
         "not recorded"},
        {"Captures",
         "SELECT CASE packets WHEN 0 THEN kind || ': none' ELSE kind || ': ' || file || ', ' || "
         "packets || ' packets, ' || dropped || ' dropped' END || CASE note WHEN '' THEN '' "
         "ELSE ' (' || note || ')' END FROM capture ORDER BY kind DESC, file",
         "none"},
        {"Kept off the wire",
         "SELECT cases || ' cases by ' || rule || ': ' || rationale FROM excluded ORDER BY rule",
         "nothing was excluded"},
    };

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (write_list(run, out, lists[i].heading, lists[i].sql, lists[i].when_empty,
                       error))
            return -1;
    }
    return 0;
}

static void write_limits(FILE *out)
{
    fputs(
        "\nLimits\n"
        "  This is no penetration test. No finding means that these cases, watched by these\n"
        "  oracles, showed none; it does not mean that there is none.\n",
        out);
}

static int write(const struct report_subject *subject,
                 const struct report_options *options, FILE *out, struct error *error)
{
    const struct run_view *run = subject->runs;
    struct figures figures;

    (void)options;
    if (figures_read(run, &figures, error))
        return -1;
    fputs("percuss report: ", out);
    put(out, run->directory);
    fputc('\n', out);
    write_facts(run, out);
    write_figures(&figures, out);
    if (write_coverage(run, &figures, out, error) || write_criteria(run, out, error) ||
        write_findings(run, out, error) || write_unconfirmed(run, out, error) ||
        write_skipped(run, out, error) || write_lists(run, out, error))
        return -1;
    write_limits(out);
    fprintf(out, "\nVerdict: %s (exit code %d)\n", figures.verdict, figures.exit);
    return 0;
}

const struct report_ops report_text = {
    .name = "text",
    .summary = "for a terminal",
    .can = REPORT_OF_RUN,
    .write = write,
};
