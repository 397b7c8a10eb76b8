#include "core/csv.h"

#include "core/escape.h"
#include "core/suggest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct csv_row {
    unsigned line;
    size_t first; /* cell */
};

struct csv {
    char *name, *text;
    const struct csv_column *columns;
    size_t place[CSV_COLUMNS]; /* of columns[i]: 1 + which cell of a row; 0: not there */
    size_t width;              /* cells a row */
    char **cells;
    size_t cell_count, cell_capacity;
    struct csv_row *rows;
    size_t row_count, row_capacity;
};

struct reader {
    struct csv *csv;
    char *at, *end;
    unsigned line;
    struct error *error;
};

static int refuse(const struct reader *reader, unsigned line, const char *expected)
{
    return error_set(reader->error, "%s:%u: expected %s", reader->csv->name, line,
                     expected);
}

static bool grow(void **list, size_t count, size_t *capacity, size_t size)
{
    size_t wanted = *capacity ? 2 * *capacity : 64;
    void *grown = count < *capacity ? *list : realloc(*list, wanted * size);

    if (!grown)
        return false;
    *capacity = count < *capacity ? *capacity : wanted;
    *list = grown;
    return true;
}

/* --- one cell ----------------------------------------------------------------------- */

/* What ends a cell: a comma, a line break, the text's end. 0: nothing of these. */
static char at_end_of_cell(struct reader *reader)
{
    size_t left = (size_t)(reader->end - reader->at);

    if (left == 0)
        return 'e';
    if (*reader->at == ',' || *reader->at == '\n')
        return *reader->at;
    return left > 1 && reader->at[0] == '\r' && reader->at[1] == '\n' ? '\n' : 0;
}

/* In place: behind the opening quote stands the cell, two quotes in it for one. */
static char *read_quoted(struct reader *reader)
{
    char *start = ++reader->at, *out = start;
    unsigned first = reader->line;
    bool closed = false;

    while (!closed && reader->at < reader->end) {
        if (*reader->at == '"') {
            reader->at++;
            closed = reader->at == reader->end || *reader->at != '"';
        }
        if (closed)
            break;
        reader->line += *reader->at == '\n';
        *out++ = *reader->at++;
    }
    if (!closed) {
        refuse(reader, first, "a quote that closes the cell which begins with one here");
        return NULL;
    }
    if (!at_end_of_cell(reader)) {
        refuse(reader, reader->line,
               "a comma or the line's end behind the quote that closes a cell");
        return NULL;
    }
    *out = '\0';
    return start;
}

static char *read_plain(struct reader *reader)
{
    char *start = reader->at;

    while (!at_end_of_cell(reader)) {
        if (*reader->at == '"') {
            refuse(reader, reader->line, "a cell with a quote in it to begin with one");
            return NULL;
        }
        if (*reader->at == '\r') {
            refuse(reader, reader->line, "a line feed behind the carriage return");
            return NULL;
        }
        reader->at++;
    }
    return start;
}

static char *trim(char *cell)
{
    size_t length;

    cell += strspn(cell, " \t\r\n");
    length = strlen(cell);
    while (length && strchr(" \t\r\n", cell[length - 1]))
        cell[--length] = '\0';
    return cell;
}

/* Reads a cell and what ends it, which *end tells. */
static int read_cell(struct reader *reader, char *end)
{
    struct csv *csv = reader->csv;
    char *cell = reader->at < reader->end && *reader->at == '"' ? read_quoted(reader)
                                                                : read_plain(reader);

    if (!cell)
        return -1;
    *end = at_end_of_cell(reader);
    if (reader->at < reader->end) {
        bool pair = *reader->at == '\r';

        *reader->at = '\0';
        reader->at += pair ? 2 : 1;
    }
    reader->line += *end == '\n';
    if (!grow((void **)&csv->cells, csv->cell_count, &csv->cell_capacity,
              sizeof *csv->cells))
        return error_set(reader->error, "out of memory while reading %s", csv->name);
    csv->cells[csv->cell_count++] = trim(cell);
    return 0;
}

/* --- rows --------------------------------------------------------------------------- */

/* All cells up to the line's end; *count of them. */
static int read_line(struct reader *reader, size_t *count)
{
    char end = ',';

    for (*count = 0; end == ','; ++*count) {
        if (*count == CSV_COLUMNS)
            return refuse(reader, reader->line, "at most 64 columns");
        if (read_cell(reader, &end) < 0)
            return -1;
    }
    return 0;
}

static bool says_nothing(const struct csv *csv, size_t first)
{
    for (size_t i = first; i < csv->cell_count; i++)
        if (csv->cells[i][0])
            return false;
    return true;
}

static int check_row(struct csv *csv, struct error *error)
{
    for (size_t i = 0; csv->columns[i].name; i++)
        if (csv->columns[i].needed && !csv_cell(csv, csv->row_count - 1, i)[0])
            return csv_complain(csv, csv->row_count - 1, i, error,
                                "a text that says something");
    return 0;
}

static int read_row(struct reader *reader)
{
    struct csv *csv = reader->csv;
    unsigned line = reader->line;
    size_t first = csv->cell_count, count;

    if (read_line(reader, &count) < 0)
        return -1;
    if (says_nothing(csv, first)) {
        csv->cell_count = first;
        return 0;
    }
    if (count != csv->width)
        return error_set(reader->error,
                         "%s:%u: expected %zu cells as in the head, found "
                         "%zu",
                         csv->name, line, csv->width, count);
    if (csv->row_count == CSV_ROWS)
        return refuse(reader, line, "at most 100000 rows");
    if (!grow((void **)&csv->rows, csv->row_count, &csv->row_capacity, sizeof *csv->rows))
        return error_set(reader->error, "out of memory while reading %s", csv->name);
    csv->rows[csv->row_count++] = (struct csv_row){line, first};
    return check_row(csv, reader->error);
}

/* --- the head ----------------------------------------------------------------------- */

static void normalise(char *name)
{
    for (; *name; name++) {
        if (*name >= 'A' && *name <= 'Z')
            *name = (char)(*name - 'A' + 'a');
        if (*name == ' ' || *name == '_')
            *name = '-';
    }
}

static int refuse_column(const struct reader *reader, const char *name, unsigned line)
{
    const struct csv_column *columns = reader->csv->columns;
    struct suggestion suggestion = suggest_for(name, strlen(name));
    char known[400] = "";

    for (size_t i = 0; columns[i].name; i++) {
        size_t used = strlen(known);

        suggest_offer(&suggestion, columns[i].name);
        snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                 columns[i].name);
    }
    error_set(reader->error, "%s:%u: expected columns of: %s, x-…; found '%.60s'",
              reader->csv->name, line, known, name);
    if (strchr(name, ';'))
        return error_prefix(reader->error, "the cells are to be parted by commas: ");
    suggest_append(&suggestion, reader->error);
    return -1;
}

static int take_column(struct reader *reader, char *name, size_t place, unsigned line)
{
    struct csv *csv = reader->csv;

    normalise(name);
    if (strncmp(name, "x-", 2) == 0)
        return 0;
    for (size_t i = 0; csv->columns[i].name; i++) {
        if (strcmp(csv->columns[i].name, name) != 0)
            continue;
        if (csv->place[i])
            return error_set(reader->error,
                             "%s:%u: expected each column once, found "
                             "'%s' twice",
                             csv->name, line, name);
        csv->place[i] = place + 1;
        return 0;
    }
    return refuse_column(reader, name, line);
}

static int read_head(struct reader *reader)
{
    struct csv *csv = reader->csv;
    unsigned line = reader->line;

    if (reader->at == reader->end)
        return refuse(reader, line, "a head that names the columns");
    if (read_line(reader, &csv->width) < 0)
        return -1;
    for (size_t i = 0; i < csv->width; i++)
        if (take_column(reader, csv->cells[i], i, line) < 0)
            return -1;
    for (size_t i = 0; csv->columns[i].name; i++)
        if (csv->columns[i].needed && !csv->place[i])
            return error_set(reader->error, "%s:%u: expected a column '%s'", csv->name,
                             line, csv->columns[i].name);
    return 0;
}

/* --- the whole ---------------------------------------------------------------------- */

/* No zero byte, and UTF-8 throughout. */
static int check_text(const struct csv *csv, size_t length, struct error *error)
{
    char *clean = escape_copy(csv->text, ESCAPE_JSON);
    unsigned line = 1;
    size_t i = 0;

    if (!clean)
        return error_set(error, "out of memory while reading %s", csv->name);
    for (; i < length && csv->text[i] && csv->text[i] == clean[i]; i++)
        line += csv->text[i] == '\n';
    free(clean);
    return i == length
               ? 0
               : error_set(error, "%s:%u: expected text in UTF-8", csv->name, line);
}

static int read_all(struct csv *csv, size_t length, struct error *error)
{
    static const char mark[] = "\xef\xbb\xbf";
    struct reader reader = {csv, csv->text, csv->text + length, 1, error};

    if (check_text(csv, length, error) < 0)
        return -1;
    if (length >= 3 && memcmp(csv->text, mark, 3) == 0)
        reader.at += 3;
    if (read_head(&reader) < 0)
        return -1;
    while (reader.at < reader.end)
        if (read_row(&reader) < 0)
            return -1;
    return 0;
}

struct csv *csv_parse(const char *name, struct view text,
                      const struct csv_column *columns, struct error *error)
{
    struct csv *csv = calloc(1, sizeof *csv);

    if (csv) {
        csv->columns = columns;
        csv->name = strdup(name);
        csv->text = malloc(text.length + 1);
    }
    if (!csv || !csv->name || !csv->text) {
        error_set(error, "out of memory while reading %s", name);
        csv_close(csv);
        return NULL;
    }
    if (text.length)
        memcpy(csv->text, text.data, text.length);
    csv->text[text.length] = '\0';
    if (read_all(csv, text.length, error) < 0) {
        csv_close(csv);
        return NULL;
    }
    return csv;
}

size_t csv_rows(const struct csv *csv)
{
    return csv->row_count;
}

const char *csv_cell(const struct csv *csv, size_t row, size_t column)
{
    return csv->place[column] ? csv->cells[csv->rows[row].first + csv->place[column] - 1]
                              : "";
}

unsigned csv_line(const struct csv *csv, size_t row)
{
    return csv->rows[row].line;
}

int csv_complain(const struct csv *csv, size_t row, size_t column, struct error *error,
                 const char *expected_format, ...)
{
    char expected[300];
    va_list arguments;

    va_start(arguments, expected_format);
    vsnprintf(expected, sizeof expected, expected_format, arguments);
    va_end(arguments);
    return error_set(error, "%s:%u: column '%s': expected %s, found '%.80s'", csv->name,
                     csv_line(csv, row), csv->columns[column].name, expected,
                     csv_cell(csv, row, column));
}

void csv_close(struct csv *csv)
{
    if (!csv)
        return;
    free(csv->rows);
    free(csv->cells);
    free(csv->text);
    free(csv->name);
    free(csv);
}
