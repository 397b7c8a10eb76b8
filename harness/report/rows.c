#include "report/rows.h"

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

int rows_close(struct rows *rows, struct error *error)
{
    sqlite3_finalize(rows->statement);
    rows->statement = NULL;
    return rows->failed ? error_set(error, "reading the store: %s", rows->reason) : 0;
}
