#include "criteria/trace.h"

#include <sqlite3.h>
#include <stdlib.h>

/* Name, as in JSON and CSV, and heading. The view has the same names. */
#define COLUMNS                                                          \
    COLUMN(THREAT, "threat", "Threat")                                   \
    COLUMN(THREAT_TITLE, "threat_title", "Threat, title")                \
    COLUMN(CONTROL, "control", "Control")                                \
    COLUMN(CONTROL_TITLE, "control_title", "Control, title")             \
    COLUMN(REQUIREMENT, "requirement", "Requirement")                    \
    COLUMN(REQUIREMENT_TITLE, "requirement_title", "Requirement, title") \
    COLUMN(INTERFACE, "interface", "Interface")                          \
    COLUMN(CASES, "cases", "Cases")                                      \
    COLUMN(SENT, "sent", "Cases sent")                                   \
    COLUMN(FOUND, "finding", "Finding")                                  \
    COLUMN(FINDING_TITLE, "finding_title", "Finding, title")             \
    COLUMN(COMPONENT, "component", "Component")                          \
    COLUMN(COMPONENT_NAME, "component_name", "Component, name")          \
    COLUMN(COMPONENT_VERSION, "component_version", "Version")            \
    COLUMN(END_OF_SUPPORT, "end_of_support", "End of support")           \
    COLUMN(COMPONENT_BY, "component_by", "Component known by")           \
    COLUMN(HAZARD, "hazard", "Hazard")                                   \
    COLUMN(HAZARD_TITLE, "hazard_title", "Hazard, title")                \
    COLUMN(HARM, "harm", "Harm")                                         \
    COLUMN(SEVERITY, "severity", "Severity")                             \
    COLUMN(DISPOSITION, "disposition", "Disposition")                    \
    COLUMN(APPROVER, "approver", "Approved by")                          \
    COLUMN(DATE, "date", "Date")                                         \
    COLUMN(RETEST, "retest", "Retest")

const char *const trace_names[TRACE_COLUMNS + 1] = {
#define COLUMN(id, name, heading) [TRACE_##id] = name,
    COLUMNS
#undef COLUMN
};
const char *const trace_headings[TRACE_COLUMNS + 1] = {
#define COLUMN(id, name, heading) [TRACE_##id] = heading,
    COLUMNS
#undef COLUMN
};

static const char matrix_sql[] =
    "SELECT threat, threat_title, control, control_title, requirement, requirement_title, "
    "interface, cases, sent, found, finding_title, component, component_name, "
    "CASE component_version WHEN '' THEN 'not stated' ELSE component_version END, "
    "CASE end_of_support WHEN '' THEN 'not stated' ELSE end_of_support END, component_by, "
    "hazard, hazard_title, harm, severity, disposition, approver, date, retest "
    "FROM trace_matrix";

struct trace {
    sqlite3 *database;
    sqlite3_stmt *row;
    int status;
};

static int refuse(sqlite3 *database, struct error *error)
{
    return error_set(error, "cannot read the trace: %s", sqlite3_errmsg(database));
}

struct trace *trace_open(struct store *store, struct error *error)
{
    struct trace *trace = calloc(1, sizeof *trace);

    if (!trace) {
        error_set(error, "out of memory");
        return NULL;
    }
    trace->database = store_database(store);
    trace->status = SQLITE_ROW;
    if (sqlite3_prepare_v2(trace->database, matrix_sql, -1, &trace->row, NULL) !=
        SQLITE_OK) {
        refuse(trace->database, error);
        free(trace);
        return NULL;
    }
    return trace;
}

static const char *column(sqlite3_stmt *row, int index)
{
    const char *text = (const char *)sqlite3_column_text(row, index);

    return text ? text : "";
}

bool trace_next(struct trace *trace, struct trace_row *row)
{
    if (trace->status == SQLITE_ROW)
        trace->status = sqlite3_step(trace->row);
    if (trace->status != SQLITE_ROW)
        return false;
    for (int i = 0; i < TRACE_COLUMNS; i++)
        row->text[i] = column(trace->row, i);
    return true;
}

int trace_close(struct trace *trace, struct error *error)
{
    int status = 0;

    if (!trace)
        return 0;
    if (trace->status != SQLITE_ROW && trace->status != SQLITE_DONE)
        status = refuse(trace->database, error);
    sqlite3_finalize(trace->row);
    free(trace);
    return status;
}

/* Each row of a query to `take`. */
static int each_row(struct store *store, const char *sql,
                    void (*take)(sqlite3_stmt *row, void *context), void *context,
                    struct error *error)
{
    sqlite3 *database = store_database(store);
    sqlite3_stmt *row = NULL;
    int status = sqlite3_prepare_v2(database, sql, -1, &row, NULL);

    if (status != SQLITE_OK)
        return refuse(database, error);
    while ((status = sqlite3_step(row)) == SQLITE_ROW)
        take(row, context);
    sqlite3_finalize(row);
    return status == SQLITE_DONE ? 0 : refuse(database, error);
}

struct orphan_taker {
    void (*take)(const struct trace_orphan *orphan, void *context);
    void *context;
};

static void take_orphan(sqlite3_stmt *row, void *context)
{
    const struct orphan_taker *taker = context;

    taker->take(&(struct trace_orphan){column(row, 0), column(row, 1), column(row, 2)},
                taker->context);
}

int trace_each_orphan(struct store *store,
                      void (*take)(const struct trace_orphan *orphan, void *context),
                      void *context, struct error *error)
{
    return each_row(
        store, "SELECT kind, item, lacks FROM trace_orphan ORDER BY kind, item, lacks",
        take_orphan, &(struct orphan_taker){take, context}, error);
}

struct component_taker {
    void (*take)(const struct trace_component *component, void *context);
    void *context;
};

static void take_component(sqlite3_stmt *row, void *context)
{
    const struct component_taker *taker = context;

    taker->take(&(struct trace_component){.ref = column(row, 0),
                                          .name = column(row, 1),
                                          .version = column(row, 2),
                                          .supplier = column(row, 3),
                                          .end_of_support = column(row, 4),
                                          .findings = sqlite3_column_int64(row, 5)},
                taker->context);
}

int trace_each_component(struct store *store,
                         void (*take)(const struct trace_component *component,
                                      void *context),
                         void *context, struct error *error)
{
    return each_row(store,
                    "SELECT ref, name, coalesce(nullif(version, ''), 'not stated'), "
                    "coalesce(nullif(supplier, ''), 'not stated'), "
                    "coalesce(nullif(end_of_support, ''), 'not stated'), findings "
                    "FROM trace_component ORDER BY name, ref",
                    take_component, &(struct component_taker){take, context}, error);
}
