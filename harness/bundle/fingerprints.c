#include "bundle/fingerprints.h"

#include "core/hash.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL = 16, LARGE = 1024, LARGE_TABLE = 4096 };

static int fail(sqlite3 *database, const char *doing, struct error *error)
{
    return error_set(error, "campaign.db: %s: %s", doing, sqlite3_errmsg(database));
}

/* Numbers by their bits: their texts hang on who writes them. */
static void add_column(struct hash_state *state, sqlite3_stmt *row, int column)
{
    int type = sqlite3_column_type(row, column);
    const void *bytes = NULL;
    double real;
    uint64_t bits = 0;

    hash_add_integer(state, (uint64_t)type);
    if (type == SQLITE_INTEGER) {
        bits = (uint64_t)sqlite3_column_int64(row, column);
    } else if (type == SQLITE_FLOAT) {
        real = sqlite3_column_double(row, column);
        memcpy(&bits, &real, sizeof bits);
    } else if (type != SQLITE_NULL) {
        bytes = sqlite3_column_blob(row, column);
        bits = (uint64_t)sqlite3_column_bytes(row, column);
    }
    hash_add_integer(state, bits);
    if (bytes)
        hash_add(state, (struct view){bytes, (size_t)bits});
}

static void add_row(struct hash_state *state, sqlite3_stmt *row)
{
    for (int i = 0; i < sqlite3_column_count(row); i++)
        add_column(state, row, i);
}

static void print_piece(FILE *out, struct hash_state *state, const char *table,
                        int64_t first, int64_t last)
{
    struct hash hash = hash_end(state);
    char text[HASH_TEXT];

    hash_to_text(&hash, text);
    fprintf(out, "%s %s %lld-%lld\n", text, table, (long long)first, (long long)last);
}

static int write_rows(sqlite3 *database, sqlite3_stmt *rows, const char *table,
                      int64_t piece, FILE *out, struct error *error)
{
    struct hash_state *state = NULL;
    int64_t count = 0, first = 1;
    int step;

    while ((step = sqlite3_step(rows)) == SQLITE_ROW) {
        if (!state && !(state = hash_begin()))
            return error_set(error, "out of memory");
        add_row(state, rows);
        if (++count % piece)
            continue;
        print_piece(out, state, table, first, count);
        state = NULL;
        first = count + 1;
    }
    if (state)
        print_piece(out, state, table, first, count);
    return step == SQLITE_DONE ? 0 : fail(database, table, error);
}

/* Rows come in the order of the primary key: of the row's number where the table has one.
 */
static int write_table(struct store *store, const char *table, FILE *out,
                       struct error *error)
{
    sqlite3 *database = store_database(store);
    sqlite3_stmt *rows = NULL;
    char sql[256], count[256];
    int64_t piece;
    int status;

    sqlite3_snprintf(sizeof sql, sql, "SELECT * FROM \"%w\" ORDER BY rowid", table);
    if (sqlite3_prepare_v2(database, sql, -1, &rows, NULL) != SQLITE_OK) {
        sqlite3_snprintf(sizeof sql, sql, "SELECT * FROM \"%w\"", table);
        if (sqlite3_prepare_v2(database, sql, -1, &rows, NULL) != SQLITE_OK)
            return fail(database, table, error);
    }
    sqlite3_snprintf(sizeof count, count, "SELECT count(*) FROM \"%w\"", table);
    piece = store_integer(store, 0, count, "") > LARGE_TABLE ? LARGE : SMALL;
    status = write_rows(database, rows, table, piece, out, error);
    sqlite3_finalize(rows);
    return status;
}

static int write_schema(sqlite3 *database, FILE *out, struct error *error)
{
    sqlite3_stmt *rows = NULL;
    int status;

    if (sqlite3_prepare_v2(database,
                           "SELECT type, name, tbl_name, sql FROM sqlite_master "
                           "ORDER BY type, name",
                           -1, &rows, NULL) != SQLITE_OK)
        return fail(database, "its schema", error);
    status = write_rows(database, rows, "schema", LARGE, out, error);
    sqlite3_finalize(rows);
    return status;
}

static int write_all(struct store *store, FILE *out, struct error *error)
{
    sqlite3 *database = store_database(store);
    sqlite3_stmt *tables = NULL;
    int status = write_schema(database, out, error);

    if (status == 0 && sqlite3_prepare_v2(database,
                                          "SELECT name FROM sqlite_master WHERE type = "
                                          "'table' AND name NOT LIKE 'sqlite_%' ORDER BY "
                                          "name",
                                          -1, &tables, NULL) != SQLITE_OK)
        status = fail(database, "its tables", error);
    while (status == 0 && sqlite3_step(tables) == SQLITE_ROW)
        status =
            write_table(store, (const char *)sqlite3_column_text(tables, 0), out, error);
    sqlite3_finalize(tables);
    return status;
}

char *fingerprints_text(struct store *store, struct error *error)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    int status = out ? write_all(store, out, error)
                     : error_set(error, "out of memory for the fingerprints of rows");

    if (out)
        fclose(out);
    if (status == 0)
        return text;
    free(text);
    return NULL;
}

/* --- comparing ---------------------------------------------------------------------- */

/* "TABLE FIRST-LAST" of a line. */
static const char *place(const char *line)
{
    const char *space = strchr(line, ' ');

    return space ? space + 1 : line;
}

static bool same_table(const char *a, const char *b)
{
    size_t length = strcspn(a, " \n");

    return length == strcspn(b, " \n") && strncmp(a, b, length) == 0;
}

static void name_piece(struct verification *all, const char *name, const char *line,
                       const char *how)
{
    verification_add(all, CHECK_ALTERED, "rows", "%s: table %.*s: %s", name,
                     (int)strcspn(place(line), "\n"), place(line), how);
}

/* Both lists are in one order; what is only in one of them was added or removed. */
size_t fingerprints_compare(const char *then, const char *now, const char *name,
                            struct verification *all)
{
    size_t pieces = 0;

    for (; *then || *now; pieces++) {
        size_t was = strcspn(then, "\n"), is = strcspn(now, "\n");

        if (*then && *now && was == is && strncmp(then, now, was) == 0) {
            then += was + (then[was] != '\0');
            now += is + (now[is] != '\0');
            continue;
        }
        if (*then && *now && same_table(place(then), place(now))) {
            name_piece(all, name, then, "rows are not as they were");
            then += was + (then[was] != '\0');
            now += is + (now[is] != '\0');
        } else if (*then && (!*now || strcmp(place(then), place(now)) < 0)) {
            name_piece(all, name, then, "rows are missing");
            then += was + (then[was] != '\0');
        } else {
            name_piece(all, name, now, "rows were added");
            now += is + (now[is] != '\0');
        }
    }
    return pieces;
}
