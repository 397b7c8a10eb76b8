#include "device/symbols.h"

#include "device/file.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAXIMUM = 256 << 20, SYMBOLS_MAXIMUM = 8 << 20 };

struct symbol {
    uint64_t address, size; /* size 0: up to the next one (assembler code) */
    const char *name;       /* into the file's bytes */
    bool is_function;
};

struct elf {
    struct view file;
    bool wide, big, thumb;
};

struct symbols {
    struct buffer file;
    struct elf elf;
    struct symbol *list; /* functions first, by address; then every other name */
    size_t count, functions;
};

struct section {
    uint64_t type, offset, size, link, entry_size;
};

/* A field of the file: `at32` and `at64` are its offsets in the two classes. Out of
 * bounds reads as 0. */
static uint64_t read_field(const struct elf *elf, uint64_t base, size_t at32, size_t at64,
                           size_t width32, size_t width64)
{
    uint64_t at = base + (elf->wide ? at64 : at32);
    size_t width = elf->wide ? width64 : width32;

    if (at < base || at > elf->file.length || width > elf->file.length - at)
        return 0;
    return elf->big ? bytes_read_be(elf->file.data + at, width)
                    : bytes_read_le(elf->file.data + at, width);
}

#define FIELD(elf, base, type, member)                                              \
    read_field(elf, base, offsetof(Elf32_##type, member),                           \
               offsetof(Elf64_##type, member), sizeof(((Elf32_##type *)0)->member), \
               sizeof(((Elf64_##type *)0)->member))

static int elf_open(struct elf *elf, struct view file, struct error *error)
{
    if (file.length < sizeof(Elf32_Ehdr) || memcmp(file.data, ELFMAG, SELFMAG) != 0 ||
        (file.data[EI_CLASS] != ELFCLASS32 && file.data[EI_CLASS] != ELFCLASS64) ||
        (file.data[EI_DATA] != ELFDATA2LSB && file.data[EI_DATA] != ELFDATA2MSB))
        return error_set(error, "not an ELF file");
    *elf = (struct elf){.file = file,
                        .wide = file.data[EI_CLASS] == ELFCLASS64,
                        .big = file.data[EI_DATA] == ELFDATA2MSB};
    elf->thumb = FIELD(elf, 0, Ehdr, e_machine) == EM_ARM;
    return 0;
}

static struct section read_section(const struct elf *elf, uint64_t index)
{
    uint64_t base =
        FIELD(elf, 0, Ehdr, e_shoff) + index * FIELD(elf, 0, Ehdr, e_shentsize);
    struct section section = {
        .type = FIELD(elf, base, Shdr, sh_type),
        .offset = FIELD(elf, base, Shdr, sh_offset),
        .size = FIELD(elf, base, Shdr, sh_size),
        .link = FIELD(elf, base, Shdr, sh_link),
        .entry_size = FIELD(elf, base, Shdr, sh_entsize),
    };

    if (section.offset > elf->file.length ||
        section.size > elf->file.length - section.offset)
        section.size = 0;
    return section;
}

/* A name in a string table, only when it ends inside the table. */
static const char *read_name(const struct elf *elf, const struct section *strings,
                             uint64_t at)
{
    const char *name;

    if (strings->type != SHT_STRTAB || at >= strings->size)
        return NULL;
    name = (const char *)elf->file.data + strings->offset + at;
    return memchr(name, '\0', strings->size - at) && *name ? name : NULL;
}

static void read_symbol(const struct elf *elf, uint64_t base,
                        const struct section *strings, struct symbols *symbols)
{
    uint64_t type = FIELD(elf, base, Sym, st_info) & 0xf;
    struct symbol symbol = {
        .address = FIELD(elf, base, Sym, st_value),
        .size = FIELD(elf, base, Sym, st_size),
        .name = read_name(elf, strings, FIELD(elf, base, Sym, st_name)),
        .is_function = type == STT_FUNC && FIELD(elf, base, Sym, st_shndx) != SHN_UNDEF,
    };

    if (elf->thumb)
        symbol.address &= ~UINT64_C(1);
    if (symbol.name && (symbol.is_function || type == STT_FUNC || type == STT_NOTYPE))
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

static int read_tables(const struct elf *elf, struct symbols *symbols,
                       struct error *error)
{
    uint64_t sections = FIELD(elf, 0, Ehdr, e_shnum);

    for (uint64_t i = 0; i < sections; i++) {
        struct section table = read_section(elf, i), strings;
        uint64_t entries =
            table.entry_size >= (elf->wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym))
                ? table.size / table.entry_size
                : 0;
        struct symbol *longer;

        if ((table.type != SHT_SYMTAB && table.type != SHT_DYNSYM) || !entries)
            continue;
        if (symbols->count + entries > SYMBOLS_MAXIMUM)
            return error_set(error, "more than %d symbols", SYMBOLS_MAXIMUM);
        longer = realloc(symbols->list, (symbols->count + entries) * sizeof *longer);
        if (!longer)
            return error_set(error, "out of memory");
        symbols->list = longer;
        strings = read_section(elf, table.link);
        for (uint64_t k = 0; k < entries; k++)
            read_symbol(elf, table.offset + k * table.entry_size, &strings, symbols);
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
    if (elf_open(&symbols->elf, buffer_view(&symbols->file), error) < 0 ||
        read_tables(&symbols->elf, symbols, error) < 0) {
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

    if (file_load(path, FILE_MAXIMUM, &file, error) < 0) {
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

bool symbols_address(const struct symbols *symbols, const char *name, uint64_t *address)
{
    for (size_t i = 0; symbols && i < symbols->functions; i++)
        if (strcmp(symbols->list[i].name, name) == 0) {
            *address = symbols->list[i].address;
            return true;
        }
    return false;
}

struct view symbols_lowest(const struct symbols *symbols)
{
    const struct elf *elf = &symbols->elf;
    uint64_t headers = FIELD(elf, 0, Ehdr, e_phnum), least = UINT64_MAX;
    struct view bytes = {NULL, 0};

    for (uint64_t i = 0; i < headers; i++) {
        uint64_t base =
            FIELD(elf, 0, Ehdr, e_phoff) + i * FIELD(elf, 0, Ehdr, e_phentsize);
        uint64_t address = FIELD(elf, base, Phdr, p_paddr);
        uint64_t offset = FIELD(elf, base, Phdr, p_offset);
        uint64_t size = FIELD(elf, base, Phdr, p_filesz);

        if (FIELD(elf, base, Phdr, p_type) != PT_LOAD || !size || address >= least ||
            offset > elf->file.length)
            continue;
        least = address;
        bytes = view_slice(elf->file, offset, size);
    }
    return bytes;
}

void symbols_free(struct symbols *symbols)
{
    if (!symbols)
        return;
    free(symbols->list);
    buffer_free(&symbols->file);
    free(symbols);
}
