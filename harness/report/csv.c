/* Findings as a table (RFC 4180), one row each, for spreadsheets and trackers: of one run
 * or of all runs of an assessment. */
#include "core/csv.h"

#include "core/escape.h"
#include "report/identity.h"
#include "report/rows.h"

#include <stdlib.h>

/* The columns and where they come from; an empty cell: nobody said. */
#define COLUMNS                                                                        \
    "SELECT id AS finding, title, kind, oracle, grade, bucket_now AS bucket, clause, " \
    "first_case AS \"first-case\", case_name AS \"case-name\", hits, replays, "        \
    "replay_failures AS \"replay-failures\", control_replays AS \"control-replays\", " \
    "control_failures AS \"control-failures\", p_value AS \"p-value\", place, "        \
    "disposition, harm, severity, multi_patient AS \"multi-patient\", cvss, cwe, "     \
    "root_cause AS \"root-cause\", hazard, component, release, due, interim, "         \
    "approved_by AS \"approved-by\", cause FROM finding_now ORDER BY id"

/* What a device sent moves no cursor, and no formula is left in it. */
static int put(struct csv_out *csv, const char *text, struct error *error)
{
    char *shown = escape_copy(text, ESCAPE_TERMINAL);

    if (!shown)
        return error_set(error, "out of memory");
    csv_put(csv, shown);
    free(shown);
    return 0;
}

static int put_run(struct csv_out *csv, const struct run_view *run, bool head,
                   struct error *error)
{
    char name[HASH_TEXT] = "", interface[1000] = "";
    struct rows rows = rows_of(run, COLUMNS);
    int status = 0;

    if (head) {
        csv_put(csv, "run");
        csv_put(csv, "interface");
        for (int i = 0; i < rows_columns(&rows); i++)
            csv_put(csv, rows_name(&rows, i));
        csv_end(csv);
    }
    store_get(run->store, "interface", interface, sizeof interface);
    while (status == 0 && rows_next(&rows)) {
        status = name[0] ? 0 : identity_run(run, name, error);
        if (status == 0)
            status = put(csv, name, error) || put(csv, interface, error) ? -1 : 0;
        for (int i = 0; status == 0 && i < rows_columns(&rows); i++)
            status = put(csv, rows_text(&rows, i), error);
        csv_end(csv);
    }
    if (rows_close(&rows, status == 0 ? error : &(struct error){0}) < 0)
        return -1;
    return status;
}

static int write(const struct report_subject *subject,
                 const struct report_options *options, FILE *out, struct error *error)
{
    struct csv_out csv = {.file = out};

    (void)options;
    for (size_t i = 0; i < subject->run_count; i++)
        if (put_run(&csv, &subject->runs[i], i == 0, error))
            return -1;
    return 0;
}

const struct report_ops report_csv = {
    .name = "csv",
    .summary = "findings as a table, one row each (RFC 4180)",
    .can = REPORT_OF_RUN | REPORT_OF_ASSESSMENT,
    .write = write,
};
