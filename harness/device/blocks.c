/* Functions of an image and their code. */
#include "device/blocks_parts.h"
#include "device/file.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

enum { SYMBOLS_MAXIMUM = 8 << 20, CODE_MAXIMUM = 16 << 20 };

/* --- symbols ------------------------------------------------------------------------ */

static bool is_mark(const struct code_machine *machine, const struct image_symbol *symbol)
{
    const char *name = symbol->name;

    return machine->code_mark && name && name[0] == '$' && name[1] &&
           (name[2] == '\0' || name[2] == '.');
}

static void take_symbol(struct blocks_reader *reader, const struct image_symbol *symbol)
{
    const struct code_machine *machine = reader->code.machine;
    uint64_t address = symbol->address & ~machine->marked;

    if (symbol->section == SHN_UNDEF || !symbol->name)
        return;
    if (is_mark(machine, symbol))
        reader->marks[reader->mark_count++] =
            (struct blocks_mark){symbol->address, symbol->name[1] == machine->code_mark};
    else if (symbol->type == STT_FUNC &&
             (symbol->address & machine->marked) == machine->marked)
        reader->functions[reader->function_count++] = (struct blocks_function){
            .address = address,
            .end = symbol->size && address + symbol->size > address
                       ? address + symbol->size
                       : 0,
            .name = symbol->name};
}

static int function_order(const void *left, const void *right)
{
    const struct blocks_function *a = left, *b = right;

    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return strcmp(a->name, b->name); /* aliases: the same one on every run */
}

static int mark_order(const void *left, const void *right)
{
    const struct blocks_mark *a = left, *b = right;

    return (a->address > b->address) - (a->address < b->address);
}

static int section_order(const void *left, const void *right)
{
    const struct image_section *a = left, *b = right;

    return (a->address > b->address) - (a->address < b->address);
}

/* One function an address. It ends where the next one begins, at the latest. */
static void trim_functions(struct blocks_reader *reader)
{
    struct blocks_function *list = reader->functions;
    size_t count = 0;

    for (size_t i = 0; i < reader->function_count; i++)
        if (count == 0 || list[count - 1].address != list[i].address)
            list[count++] = list[i];
    for (size_t i = 0; i + 1 < count; i++)
        if (list[i].end == 0 || list[i].end > list[i + 1].address)
            list[i].end = list[i + 1].address;
    reader->function_count = count;
}

static int read_symbols(struct blocks_reader *reader, struct error *error)
{
    const struct image *image = &reader->image;
    size_t total = 0;

    for (size_t i = 0; i < image->sections; i++) {
        struct image_section table = image_section(image, i);

        total += image_symbols(image, &table);
        if (total > SYMBOLS_MAXIMUM)
            return error_set(error, "more than %d symbols", SYMBOLS_MAXIMUM);
    }
    reader->functions = malloc((total + 1) * sizeof *reader->functions);
    reader->marks = malloc((total + 1) * sizeof *reader->marks);
    if (!reader->functions || !reader->marks)
        return error_set(error, "out of memory");
    for (size_t i = 0; i < image->sections; i++) {
        struct image_section table = image_section(image, i);

        for (size_t k = 0; k < image_symbols(image, &table); k++) {
            struct image_symbol symbol = image_symbol(image, &table, k);

            take_symbol(reader, &symbol);
        }
    }
    qsort(reader->functions, reader->function_count, sizeof *reader->functions,
          function_order);
    qsort(reader->marks, reader->mark_count, sizeof *reader->marks, mark_order);
    trim_functions(reader);
    if (!reader->function_count)
        return error_set(error,
                         "no function symbols of %s code: the image must not be "
                         "stripped",
                         reader->code.machine->name);
    if (reader->code.machine->code_mark && !reader->mark_count)
        return error_set(error,
                         "no mapping symbols ($%c, $%c), which tell code from data: "
                         "the image must not be stripped",
                         reader->code.machine->code_mark,
                         reader->code.machine->data_mark);
    return 0;
}

static int read_sections(struct blocks_reader *reader, struct error *error)
{
    reader->sections = malloc((reader->image.sections + 1) * sizeof *reader->sections);
    if (!reader->sections)
        return error_set(error, "out of memory");
    for (size_t i = 0; i < reader->image.sections; i++) {
        struct image_section section = image_section(&reader->image, i);

        if (section.type == SHT_PROGBITS && section.flags & SHF_EXECINSTR &&
            section.size && section.address + section.size > section.address)
            reader->sections[reader->section_count++] = section;
    }
    qsort(reader->sections, reader->section_count, sizeof *reader->sections,
          section_order);
    return 0;
}

/* --- code --------------------------------------------------------------------------- */

struct view blocks_bytes_at(const struct blocks_reader *reader, uint64_t address)
{
    size_t low = 0, high = reader->section_count;
    const struct image_section *section;

    while (low < high) { /* the last one that starts at or below the address */
        size_t middle = low + (high - low) / 2;

        if (reader->sections[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return (struct view){NULL, 0};
    section = &reader->sections[low - 1];
    return view_slice(image_bytes(&reader->image, section), address - section->address,
                      section->size);
}

/* How many marks are at or below the address. */
static size_t marks_below(const struct blocks_reader *reader, uint64_t address)
{
    size_t low = 0, high = reader->mark_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (reader->marks[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_code_at(const struct blocks_reader *reader, uint64_t address)
{
    size_t below = marks_below(reader, address);

    return !reader->code.machine->code_mark ||
           (below && reader->marks[below - 1].is_code);
}

uint64_t blocks_next_mark(const struct blocks_reader *reader, uint64_t address,
                          uint64_t otherwise)
{
    size_t below = marks_below(reader, address);

    return below < reader->mark_count && reader->marks[below].address < otherwise
               ? reader->marks[below].address
               : otherwise;
}

static int read_function(struct blocks_reader *reader, struct blocks_function *function,
                         struct error *error)
{
    struct view bytes = blocks_bytes_at(reader, function->address);
    uint64_t at = function->address, end = at + bytes.length;
    size_t before = reader->code.step_count;

    if (function->end && function->end < end)
        end = function->end;
    function->end = end;
    function->first_step = before;
    while (at < end) {
        uint64_t next = blocks_next_mark(reader, at, end);

        if (is_code_at(reader, at) &&
            code_read(&reader->code, view_slice(bytes, at - function->address, next - at),
                      at, error) < 0)
            return -1;
        at = next;
    }
    if (reader->code.step_count > before &&
        reader->code.steps[before].address != function->address)
        reader->code.step_count = before; /* it begins with data: not a function */
    function->step_count = reader->code.step_count - before;
    if (reader->code.step_count > CODE_MAXIMUM / 2)
        return error_set(error, "more than %d MiB of code", CODE_MAXIMUM >> 20);
    return 0;
}

/* --- the whole ---------------------------------------------------------------------- */

static int read_image(struct blocks_reader *reader, struct error *error)
{
    struct image *image = &reader->image;

    if (image_open(image, buffer_view(&reader->blocks->file), error) < 0)
        return -1;
    reader->code.machine = code_machine(image->machine);
    if (!reader->code.machine || image->big)
        return error_set(error,
                         "code of this processor (ELF machine %u%s) cannot be read",
                         image->machine, image->big ? ", big endian" : "");
    reader->blocks->machine = reader->code.machine;
    if (read_symbols(reader, error) < 0 || read_sections(reader, error) < 0)
        return -1;
    for (size_t i = 0; i < reader->function_count; i++)
        if (read_function(reader, &reader->functions[i], error) < 0)
            return -1;
    return blocks_connect(reader, error);
}

/* Takes over `file`. */
static struct blocks *make(struct buffer file, struct error *error)
{
    struct blocks_reader reader = {.blocks = calloc(1, sizeof *reader.blocks)};

    if (!reader.blocks) {
        buffer_free(&file);
        error_set(error, "out of memory");
        return NULL;
    }
    reader.blocks->file = file;
    if (read_image(&reader, error) < 0) {
        blocks_free(reader.blocks);
        reader.blocks = NULL;
    }
    free(reader.sections);
    free(reader.functions);
    free(reader.marks);
    code_free(&reader.code);
    return reader.blocks;
}

struct blocks *blocks_load(const char *path, struct error *error)
{
    struct buffer file;
    struct blocks *blocks;

    if (file_load(path, IMAGE_MAXIMUM, &file, error) < 0) {
        buffer_free(&file);
        return NULL;
    }
    blocks = make(file, error);
    if (!blocks)
        error_prefix(error, "'%s': ", path);
    return blocks;
}

struct blocks *blocks_parse(struct view file, struct error *error)
{
    struct buffer copy = buffer_make(file.length);

    if (buffer_append(&copy, file) < 0) {
        error_set(error, "out of memory");
        return NULL;
    }
    return make(copy, error);
}

void blocks_free(struct blocks *blocks)
{
    if (!blocks)
        return;
    free(blocks->list);
    free(blocks->functions);
    free(blocks->edges);
    buffer_free(&blocks->file);
    free(blocks);
}

uint32_t blocks_from(const struct blocks *blocks, uint64_t address)
{
    uint32_t low = 0, high = blocks->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (blocks->list[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t blocks_at(const struct blocks *blocks, uint64_t address)
{
    uint32_t found = blocks_from(blocks, address);

    return found < blocks->count && blocks->list[found].address == address ? found
                                                                           : BLOCK_NONE;
}

uint32_t blocks_find(const struct blocks *blocks, uint64_t address)
{
    uint32_t found = blocks_at(blocks, address), before;

    if (found != BLOCK_NONE)
        return found;
    before = blocks_from(blocks, address);
    return before > 0 && address - blocks->list[before - 1].address <
                             blocks->list[before - 1].length_bytes
               ? before - 1
               : BLOCK_NONE;
}
