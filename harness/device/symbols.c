#include "device/symbols.h"

#include "device/file.h"
#include "device/image.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

enum { SYMBOLS_MAXIMUM = 8 << 20 };

struct symbol {
    uint64_t address, size; /* size 0: up to the next one (assembler code) */
    const char *name;       /* into the file's bytes */
    bool is_function;
};

struct symbols {
    struct buffer file;
    struct image image;
    struct symbol *list; /* functions first, by address; then every other name */
    size_t count, functions;
};

static void read_symbol(const struct image *image, const struct image_section *table,
                        size_t index, struct symbols *symbols)
{
    struct image_symbol found = image_symbol(image, table, index);
    struct symbol symbol = {
        .address = image->machine == EM_ARM ? found.address & ~UINT64_C(1) /* Thumb */
                                            : found.address,
        .size = found.size,
        .name = found.name,
        .is_function = found.type == STT_FUNC && found.section != SHN_UNDEF,
    };

    if (symbol.name && (found.type == STT_FUNC || found.type == STT_NOTYPE))
        symbols->list[symbols->count++] = symbol;
}

static int by_address(const void *left, const void *right)
{
    const struct symbol *a = left, *b = right;

    if (a->is_function != b->is_function)
        return a->is_function ? -1 : 1;
    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return strcmp(a->name, b->name); /* aliases: the same one on every run */
}

static int read_tables(const struct image *image, struct symbols *symbols,
                       struct error *error)
{
    for (size_t i = 0; i < image->sections; i++) {
        struct image_section table = image_section(image, i);
        size_t entries = image_symbols(image, &table);
        struct symbol *longer;

        if (!entries)
            continue;
        if (symbols->count + entries > SYMBOLS_MAXIMUM)
            return error_set(error, "more than %d symbols", SYMBOLS_MAXIMUM);
        longer = realloc(symbols->list, (symbols->count + entries) * sizeof *longer);
        if (!longer)
            return error_set(error, "out of memory");
        symbols->list = longer;
        for (size_t k = 0; k < entries; k++)
            read_symbol(image, &table, k, symbols);
    }
    return 0;
}

/* Takes over `file`. */
static struct symbols *make(struct buffer file, struct error *error)
{
    struct symbols *symbols = calloc(1, sizeof *symbols);

    if (!symbols) {
        buffer_free(&file);
        error_set(error, "out of memory");
        return NULL;
    }
    symbols->file = file;
    if (image_open(&symbols->image, buffer_view(&symbols->file), error) < 0 ||
        read_tables(&symbols->image, symbols, error) < 0) {
        symbols_free(symbols);
        return NULL;
    }
    if (symbols->count)
        qsort(symbols->list, symbols->count, sizeof *symbols->list, by_address);
    while (symbols->functions < symbols->count &&
           symbols->list[symbols->functions].is_function)
        symbols->functions++;
    return symbols;
}

struct symbols *symbols_load(const char *path, struct error *error)
{
    struct buffer file;
    struct symbols *symbols;

    if (file_load(path, IMAGE_MAXIMUM, &file, error) < 0) {
        buffer_free(&file);
        return NULL;
    }
    symbols = make(file, error);
    if (!symbols)
        error_prefix(error, "'%s': ", path);
    return symbols;
}

struct symbols *symbols_parse(struct view file, struct error *error)
{
    struct buffer copy = buffer_make(file.length);

    if (buffer_append(&copy, file) < 0) {
        error_set(error, "out of memory");
        return NULL;
    }
    return make(copy, error);
}

const char *symbols_find(const struct symbols *symbols, uint64_t address,
                         uint64_t *offset)
{
    size_t low = 0, high = symbols ? symbols->functions : 0;
    const struct symbol *found;

    while (low < high) { /* the last one that starts at or below the address */
        size_t middle = low + (high - low) / 2;

        if (symbols->list[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    found = &symbols->list[low - 1];
    while (found > symbols->list && found[-1].address == found->address)
        found--;
    if (found->size ? address - found->address >= found->size
                    : low == symbols->functions && address - found->address > 4096)
        return NULL;
    if (offset)
        *offset = address - found->address;
    return found->name;
}

bool symbols_mention(const struct symbols *symbols, const char *const *names)
{
    for (size_t i = 0; symbols && i < symbols->count; i++)
        for (size_t k = 0; names[k]; k++)
            if (strcmp(symbols->list[i].name, names[k]) == 0)
                return true;
    return false;
}

static bool find_name(const struct symbols *symbols, size_t count, const char *name,
                      uint64_t *value)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(symbols->list[i].name, name) == 0) {
            *value = symbols->list[i].address;
            return true;
        }
    return false;
}

bool symbols_address(const struct symbols *symbols, const char *name, uint64_t *address)
{
    return symbols && find_name(symbols, symbols->functions, name, address);
}

bool symbols_label(const struct symbols *symbols, const char *name, uint64_t *value)
{
    return symbols && find_name(symbols, symbols->count, name, value);
}

struct view symbols_lowest(const struct symbols *symbols)
{
    return image_lowest(&symbols->image);
}

struct view symbols_file(const struct symbols *symbols)
{
    return buffer_view(&symbols->file);
}

void symbols_free(struct symbols *symbols)
{
    if (!symbols)
        return;
    free(symbols->list);
    buffer_free(&symbols->file);
    free(symbols);
}
