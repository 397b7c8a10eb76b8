#include "criteria/query.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

/* A query that counts without end must not hold up the end of a run: after this many
 * steps of SQLite's machine (minutes) it is stopped. */
enum { STEPS_PER_CHECK = 1000000, CHECKS = 20000 };

static int count_down(void *context)
{
    int *left = context;

    return --*left <= 0;
}

/* sqlite3_stmt_readonly alone would let ATTACH and PRAGMA through. */
static int allow_reading(void *context, int action, const char *first, const char *second,
                         const char *database, const char *trigger)
{
    (void)context;
    (void)first;
    (void)database;
    (void)trigger;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_FUNCTION:
        return second && strcmp(second, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
    default: return SQLITE_DENY;
    }
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n;")] == '\0';
}

static int check_shape(sqlite3_stmt *statement, const char *tail, struct error *error)
{
    const char *name;

    if (!statement)
        return error_set(error, "the query is empty");
    if (!is_blank(tail))
        return error_set(error, "more than one statement, from '%.40s'", tail);
    if (!sqlite3_stmt_readonly(statement))
        return error_set(error, "the query does not only read");
    if (sqlite3_column_count(statement) != 1)
        return error_set(error, "the query has %d columns, one is expected",
                         sqlite3_column_count(statement));
    for (int i = 1; i <= sqlite3_bind_parameter_count(statement); i++) {
        name = sqlite3_bind_parameter_name(statement, i);
        if (!name || strcmp(name, ":limit") != 0)
            return error_set(error, "parameter '%s' is not known; the only one is :limit",
                             name ? name : "?");
    }
    return 0;
}

static sqlite3_stmt *prepare(sqlite3 *database, const char *sql, struct error *error)
{
    sqlite3_stmt *statement = NULL;
    const char *tail = "";
    int status;

    sqlite3_set_authorizer(database, allow_reading, NULL);
    status = sqlite3_prepare_v2(database, sql, -1, &statement, &tail);
    sqlite3_set_authorizer(database, NULL, NULL);
    if (status == SQLITE_AUTH) {
        error_set(error, "the query does not only read (%s)", sqlite3_errmsg(database));
        return NULL;
    }
    if (status != SQLITE_OK) {
        error_set(error, "%s", sqlite3_errmsg(database));
        return NULL;
    }
    if (check_shape(statement, tail, error)) {
        sqlite3_finalize(statement);
        return NULL;
    }
    return statement;
}

int query_check(struct sqlite3 *database, const char *sql, struct error *error)
{
    sqlite3_stmt *statement = prepare(database, sql, error);

    sqlite3_finalize(statement);
    return statement ? 0 : -1;
}

/* 1: a row, 0: none, -1: failed. */
static int first_row(sqlite3 *database, sqlite3_stmt *statement, double limit,
                     struct error *error)
{
    int left = CHECKS;
    int status, place = sqlite3_bind_parameter_index(statement, ":limit");

    if (place > 0)
        sqlite3_bind_double(statement, place, limit);
    sqlite3_progress_handler(database, STEPS_PER_CHECK, count_down, &left);
    status = sqlite3_step(statement);
    sqlite3_progress_handler(database, 0, NULL, NULL);
    if (status == SQLITE_INTERRUPT)
        return error_set(error, "the query does not end");
    if (status != SQLITE_ROW && status != SQLITE_DONE)
        return error_set(error, "%s", sqlite3_errmsg(database));
    return status == SQLITE_ROW;
}

int query_number(struct sqlite3 *database, const char *sql, double limit, double *value,
                 bool *known, struct error *error)
{
    sqlite3_stmt *statement = prepare(database, sql, error);
    int status, type;

    *known = false;
    if (!statement)
        return -1;
    status = first_row(database, statement, limit, error);
    if (status == 1) {
        type = sqlite3_column_type(statement, 0);
        *known = type == SQLITE_INTEGER || type == SQLITE_FLOAT;
        *value = sqlite3_column_double(statement, 0);
    }
    sqlite3_finalize(statement);
    return status < 0 ? -1 : 0;
}

int query_text(struct sqlite3 *database, const char *sql, double limit, char *text,
               size_t size, struct error *error)
{
    sqlite3_stmt *statement = prepare(database, sql, error);
    const unsigned char *value;
    int status;

    snprintf(text, size, "%s", "");
    if (!statement)
        return -1;
    status = first_row(database, statement, limit, error);
    if (status == 1) {
        value = sqlite3_column_text(statement, 0);
        snprintf(text, size, "%s", value ? (const char *)value : "");
    }
    sqlite3_finalize(statement);
    return status < 0 ? -1 : 0;
}
