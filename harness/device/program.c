#include "device/program.h"

#include "device/code.h"
#include "device/image.h"

#include <stdio.h>
#include <string.h>

void program_free(struct program *program)
{
    blocks_free(program->blocks);
    source_lines_free(program->lines);
    *program = (struct program){.symbols = program->symbols, .path = program->path};
}

bool program_function(const struct program *program, uint64_t address,
                      char name[PROGRAM_NAME])
{
    const char *function = symbols_find(program->symbols, address, NULL);

    if (function)
        snprintf(name, PROGRAM_NAME, "%.*s", (int)strcspn(function, "."), function);
    return function != NULL;
}

/* --- source lines ------------------------------------------------------------------- */

static void read_lines(struct program *program)
{
    struct error ignored; /* an image without -g has functions only */

    if (program->tried || !program->path)
        return;
    program->tried = true;
    program->blocks = blocks_load(program->path, &ignored);
    if (program->blocks)
        program->lines = source_lines_load(program->path, program->blocks, &ignored);
}

static const struct source_line *find_line(const struct source_lines *lines,
                                           uint64_t address)
{
    size_t low = 0, high = lines ? lines->count : 0;

    while (low < high) { /* the last one that starts at or below the address */
        size_t middle = low + (high - low) / 2;

        if (lines->list[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low && address - lines->list[low - 1].address <
                       lines->list[low - 1].length_bytes
               ? &lines->list[low - 1]
               : NULL;
}

const char *program_place(struct program *program, uint64_t address,
                          char text[PROGRAM_TEXT])
{
    const struct source_line *line;
    const char *file, *slash;
    char name[PROGRAM_NAME];

    if (!program_function(program, address, name)) {
        snprintf(text, PROGRAM_TEXT, "0x%08llx", (unsigned long long)address);
        return text;
    }
    read_lines(program);
    line = find_line(program->lines, address & ~UINT64_C(1)); /* Thumb */
    file = line ? program->lines->files[line->file] : "";
    slash = strrchr(file, '/');
    snprintf(text, PROGRAM_TEXT, line ? "%s (%.60s:%u)" : "%s", name,
             slash ? slash + 1 : file, line ? (unsigned)line->line : 0);
    return text;
}

/* --- the image's bytes -------------------------------------------------------------- */

bool program_vector(const struct program *program, unsigned number,
                    char name[PROGRAM_NAME], uint64_t *address)
{
    struct view vectors = {NULL, 0};
    struct view entry;

    if (program->symbols)
        vectors = symbols_lowest(program->symbols);
    entry = view_slice(vectors, 4 * (size_t)number, 4);
    if (entry.length < 4)
        return false;
    *address = bytes_read_le(entry.data, 4);
    return program_function(program, *address, name);
}

const char *program_access(const struct program *program, uint64_t address)
{
    const struct code_machine *machine;
    struct image_segment segment;
    struct image image;

    if (!program->symbols ||
        image_open(&image, symbols_file(program->symbols), NULL) < 0 ||
        !(machine = code_machine(image.machine)))
        return "";
    address &= ~machine->marked;
    for (size_t i = 0; i < image.segments; i++)
        if (image_segment(&image, i, &segment) && address >= segment.address &&
            address - segment.address < segment.bytes.length)
            return code_access(machine,
                               view_slice(segment.bytes, address - segment.address, 4));
    return "";
}
