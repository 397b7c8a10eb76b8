#include "device/source_lines.h"

#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINES_MAXIMUM = 16 << 20, ROWS_AHEAD = 256 /* with one address */ };

struct reader {
    const struct blocks *blocks;
    struct source_lines *lines;
    size_t line_room;
    uint32_t file_room;
    struct error *error;
};

/* "./targets/x.c" is "targets/x.c". */
static const char *plain_name(const char *name)
{
    while (name[0] == '.' && name[1] == '/')
        name += 2 + strspn(name + 2, "/");
    return name;
}

/* The file's place, in order of coming; the last ones are asked for most. */
static int find_file(struct reader *reader, const char *name, uint32_t *place)
{
    struct source_lines *lines = reader->lines;
    char *copy, **longer;

    for (uint32_t i = lines->file_count; i-- > 0;)
        if (strcmp(lines->files[i], name) == 0) {
            *place = i;
            return 0;
        }
    if (lines->file_count == reader->file_room) {
        reader->file_room = reader->file_room ? 2 * reader->file_room : 64;
        longer = realloc(lines->files, reader->file_room * sizeof *longer);
        if (!longer)
            return error_set(reader->error, "out of memory");
        lines->files = longer;
    }
    copy = strdup(name);
    if (!copy)
        return error_set(reader->error, "out of memory");
    lines->files[lines->file_count] = copy;
    *place = lines->file_count++;
    return 0;
}

static int add_line(struct reader *reader, const struct source_line *line)
{
    struct source_lines *lines = reader->lines;

    if (lines->count == reader->line_room) {
        size_t room = reader->line_room ? 2 * reader->line_room : 1024;
        struct source_line *longer =
            room <= LINES_MAXIMUM ? realloc(lines->list, room * sizeof *longer) : NULL;

        if (!longer)
            return error_set(reader->error, "out of memory");
        lines->list = longer;
        reader->line_room = room;
    }
    lines->list[lines->count++] = *line;
    return 0;
}

/* Is the address in one of the unit's ranges that begin with code? A dropped function's
 * range begins at 0, where a Cortex-M has its vectors. */
static bool is_in_unit(const struct reader *reader, Dwarf_Die *unit, Dwarf_Addr address)
{
    Dwarf_Addr base, start, end;
    ptrdiff_t offset = 0;

    while ((offset = dwarf_ranges(unit, offset, &base, &start, &end)) > 0)
        if (address >= start && address < end &&
            blocks_find(reader->blocks, start) != BLOCK_NONE)
            return true;
    return false;
}

/* One row of the unit's table: what lies from it up to the next one. */
static int read_row(struct reader *reader, Dwarf_Die *unit, Dwarf_Lines *rows,
                    size_t index, size_t count)
{
    Dwarf_Line *row = dwarf_onesrcline(rows, index);
    Dwarf_Addr address = 0, next = 0;
    struct source_line line;
    const char *name;
    int number = 0;
    bool ends = true;

    if (!row || dwarf_lineaddr(row, &address) || dwarf_lineno(row, &number) ||
        dwarf_lineendsequence(row, &ends) || ends || number <= 0)
        return 0;
    for (size_t i = index + 1; i < count && i <= index + ROWS_AHEAD && next <= address;
         i++)
        if (dwarf_lineaddr(dwarf_onesrcline(rows, i), &next))
            return 0;
    name = dwarf_linesrc(row, NULL, NULL);
    if (!name || next <= address || next - address > UINT32_MAX ||
        blocks_find(reader->blocks, address) == BLOCK_NONE ||
        !is_in_unit(reader, unit, address))
        return 0;
    line = (struct source_line){.address = address,
                                .length_bytes = (uint32_t)(next - address),
                                .line = (uint32_t)number};
    if (find_file(reader, plain_name(name), &line.file) < 0)
        return -1;
    return add_line(reader, &line);
}

static int read_unit(struct reader *reader, Dwarf_Die *unit)
{
    Dwarf_Lines *rows;
    size_t count;

    if (dwarf_getsrclines(unit, &rows, &count))
        return 0; /* a unit without lines */
    for (size_t i = 0; i < count; i++)
        if (read_row(reader, unit, rows, i, count) < 0)
            return -1;
    return 0;
}

static int read_units(struct reader *reader, Dwarf *dwarf)
{
    Dwarf_CU *unit = NULL;
    Dwarf_Die die;

    while (dwarf_get_units(dwarf, unit, &unit, NULL, NULL, &die, NULL) == 0)
        if (read_unit(reader, &die) < 0)
            return -1;
    return reader->lines->count
               ? 0
               : error_set(reader->error, "no source lines: build the image with -g");
}

/* --- order -------------------------------------------------------------------------- */

static int name_order(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static int line_order(const void *left, const void *right)
{
    const struct source_line *a = left, *b = right;

    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    if (a->file != b->file)
        return a->file < b->file ? -1 : 1;
    return (a->line > b->line) - (a->line < b->line);
}

/* Files by name, and the lines' numbers for them with it. */
static int sort(struct source_lines *lines, struct error *error)
{
    uint32_t *places = malloc((lines->file_count + 1) * sizeof *places);
    char **before = malloc((lines->file_count + 1) * sizeof *before);

    if (!places || !before) {
        free(places);
        free(before);
        return error_set(error, "out of memory");
    }
    memcpy(before, lines->files, lines->file_count * sizeof *before);
    qsort(lines->files, lines->file_count, sizeof *lines->files, name_order);
    for (uint32_t i = 0; i < lines->file_count; i++)
        places[i] =
            (uint32_t)((char **)bsearch(&before[i], lines->files, lines->file_count,
                                        sizeof *before, name_order) -
                       lines->files);
    for (size_t i = 0; i < lines->count; i++)
        lines->list[i].file = places[lines->list[i].file];
    qsort(lines->list, lines->count, sizeof *lines->list, line_order);
    free(places);
    free(before);
    return 0;
}

/* --- the whole ---------------------------------------------------------------------- */

static int read_image(struct reader *reader, const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC), status = -1;
    Dwarf *dwarf;

    if (file < 0)
        return error_set(reader->error, "%s", strerror(errno));
    dwarf = dwarf_begin(file, DWARF_C_READ);
    if (dwarf)
        status = read_units(reader, dwarf);
    else
        error_set(reader->error, "no debug information (%s): build the image with -g",
                  dwarf_errmsg(-1));
    dwarf_end(dwarf);
    close(file);
    return status < 0 ? -1 : sort(reader->lines, reader->error);
}

struct source_lines *source_lines_load(const char *path, const struct blocks *blocks,
                                       struct error *error)
{
    struct reader reader = {
        .blocks = blocks, .lines = calloc(1, sizeof *reader.lines), .error = error};

    if (!reader.lines) {
        error_set(error, "out of memory");
        return NULL;
    }
    if (read_image(&reader, path) == 0)
        return reader.lines;
    error_prefix(error, "'%s': ", path);
    source_lines_free(reader.lines);
    return NULL;
}

void source_lines_free(struct source_lines *lines)
{
    if (!lines)
        return;
    for (uint32_t i = 0; i < lines->file_count; i++)
        free(lines->files[i]);
    free(lines->files);
    free(lines->list);
    free(lines);
}
