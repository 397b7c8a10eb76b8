#include "report/rows.h"

#include "core/json_text.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>

static void keep_reason(struct rows *rows)
{
    rows->failed = true;
    snprintf(rows->reason, sizeof rows->reason, "%s", sqlite3_errmsg(rows->database));
}

struct rows rows_of(const struct run_view *run, const char *sql)
{
    struct rows rows = {.database = store_database(run->store)};

    if (sqlite3_prepare_v2(rows.database, sql, -1, &rows.statement, NULL) != SQLITE_OK)
        keep_reason(&rows);
    return rows;
}

void rows_bind(struct rows *rows, int mark, const char *text)
{
    if (!rows->failed &&
        sqlite3_bind_text(rows->statement, mark, text, -1, SQLITE_STATIC) != SQLITE_OK)
        keep_reason(rows);
}

bool rows_next(struct rows *rows)
{
    int status;

    if (rows->failed)
        return false;
    status = sqlite3_step(rows->statement);
    if (status != SQLITE_ROW && status != SQLITE_DONE)
        keep_reason(rows);
    return status == SQLITE_ROW;
}

const char *rows_text(struct rows *rows, int column)
{
    const unsigned char *text = sqlite3_column_text(rows->statement, column);

    return text ? (const char *)text : "";
}

int64_t rows_integer(struct rows *rows, int column)
{
    return sqlite3_column_int64(rows->statement, column);
}

double rows_real(struct rows *rows, int column)
{
    return sqlite3_column_double(rows->statement, column);
}

bool rows_is_null(struct rows *rows, int column)
{
    return sqlite3_column_type(rows->statement, column) == SQLITE_NULL;
}

int rows_columns(struct rows *rows)
{
    return rows->statement ? sqlite3_column_count(rows->statement) : 0;
}

const char *rows_name(struct rows *rows, int column)
{
    return sqlite3_column_name(rows->statement, column);
}

int rows_close(struct rows *rows, struct error *error)
{
    sqlite3_finalize(rows->statement);
    rows->statement = NULL;
    return rows->failed ? error_set(error, "reading the store: %s", rows->reason) : 0;
}

/* JSON has no infinity. */
static json_t *value_of(struct rows *rows, int column)
{
    double real = sqlite3_column_double(rows->statement, column);

    switch (sqlite3_column_type(rows->statement, column)) {
    case SQLITE_INTEGER: return json_integer(rows_integer(rows, column));
    case SQLITE_FLOAT: return isfinite(real) ? json_real(real) : json_null();
    case SQLITE_NULL: return json_null();
    default: return json_text(rows_text(rows, column));
    }
}

static json_t *row_json(struct rows *rows)
{
    json_t *object = json_object();

    for (int i = 0; i < rows_columns(rows); i++)
        json_object_set_new(object, sqlite3_column_name(rows->statement, i),
                            value_of(rows, i));
    return object;
}

json_t *rows_list(const struct run_view *run, const char *sql, struct error *error)
{
    struct rows rows = rows_of(run, sql);
    json_t *list = json_array();

    while (rows_next(&rows))
        json_array_append_new(list, row_json(&rows));
    if (rows_close(&rows, error) == 0)
        return list;
    json_decref(list);
    return NULL;
}
