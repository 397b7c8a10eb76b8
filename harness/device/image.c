#include "device/image.h"

#include <elf.h>
#include <string.h>

enum {
    NAME_MAXIMUM = 1 << 16
}; /* else a hostile file has each name searched to its end */

/* A field of the file: `at32` and `at64` are its offsets in the two classes. */
static uint64_t read_field(const struct image *image, uint64_t base, size_t at32,
                           size_t at64, size_t width32, size_t width64)
{
    uint64_t at = base + (image->wide ? at64 : at32);
    size_t width = image->wide ? width64 : width32;

    if (at < base || at > image->file.length || width > image->file.length - at)
        return 0;
    return image->big ? bytes_read_be(image->file.data + at, width)
                      : bytes_read_le(image->file.data + at, width);
}

#define FIELD(image, base, type, member)                                            \
    read_field(image, base, offsetof(Elf32_##type, member),                         \
               offsetof(Elf64_##type, member), sizeof(((Elf32_##type *)0)->member), \
               sizeof(((Elf64_##type *)0)->member))

int image_open(struct image *image, struct view file, struct error *error)
{
    if (file.length < sizeof(Elf32_Ehdr) || memcmp(file.data, ELFMAG, SELFMAG) != 0 ||
        (file.data[EI_CLASS] != ELFCLASS32 && file.data[EI_CLASS] != ELFCLASS64) ||
        (file.data[EI_DATA] != ELFDATA2LSB && file.data[EI_DATA] != ELFDATA2MSB))
        return error_set(error, "not an ELF file");
    *image = (struct image){.file = file,
                            .wide = file.data[EI_CLASS] == ELFCLASS64,
                            .big = file.data[EI_DATA] == ELFDATA2MSB};
    image->machine = (unsigned)FIELD(image, 0, Ehdr, e_machine);
    image->sections = FIELD(image, 0, Ehdr, e_shnum);
    image->segments = FIELD(image, 0, Ehdr, e_phnum);
    return 0;
}

struct image_section image_section(const struct image *image, size_t index)
{
    uint64_t base =
        FIELD(image, 0, Ehdr, e_shoff) + index * FIELD(image, 0, Ehdr, e_shentsize);
    struct image_section section = {
        .type = FIELD(image, base, Shdr, sh_type),
        .flags = FIELD(image, base, Shdr, sh_flags),
        .address = FIELD(image, base, Shdr, sh_addr),
        .offset = FIELD(image, base, Shdr, sh_offset),
        .size = FIELD(image, base, Shdr, sh_size),
        .link = FIELD(image, base, Shdr, sh_link),
        .entry_size = FIELD(image, base, Shdr, sh_entsize),
    };

    if (section.type != SHT_NOBITS &&
        (section.offset > image->file.length ||
         section.size > image->file.length - section.offset))
        section.size = 0;
    return section;
}

struct view image_bytes(const struct image *image, const struct image_section *section)
{
    return section->type == SHT_NOBITS
               ? (struct view){NULL, 0}
               : view_slice(image->file, section->offset, section->size);
}

bool image_segment(const struct image *image, size_t index, struct image_segment *segment)
{
    uint64_t base =
        FIELD(image, 0, Ehdr, e_phoff) + index * FIELD(image, 0, Ehdr, e_phentsize);
    uint64_t offset = FIELD(image, base, Phdr, p_offset);
    uint64_t size = FIELD(image, base, Phdr, p_filesz);

    if (FIELD(image, base, Phdr, p_type) != PT_LOAD || !size ||
        offset > image->file.length)
        return false;
    *segment = (struct image_segment){
        .address = FIELD(image, base, Phdr, p_vaddr),
        .physical = FIELD(image, base, Phdr, p_paddr),
        .is_writable = FIELD(image, base, Phdr, p_flags) & PF_W,
        .bytes = view_slice(image->file, offset, size),
    };
    return true;
}

struct view image_lowest(const struct image *image)
{
    struct image_segment lowest = {.physical = UINT64_MAX}, segment;

    for (size_t i = 0; i < image->segments; i++)
        if (image_segment(image, i, &segment) && segment.physical < lowest.physical)
            lowest = segment;
    return lowest.bytes;
}

size_t image_symbols(const struct image *image, const struct image_section *table)
{
    size_t least = image->wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);

    if ((table->type != SHT_SYMTAB && table->type != SHT_DYNSYM) ||
        table->entry_size < least)
        return 0;
    return table->size / table->entry_size;
}

/* A name in a string table, only when it ends inside the table. */
static const char *read_name(const struct image *image,
                             const struct image_section *strings, uint64_t at)
{
    const char *name;
    uint64_t rest;

    if (strings->type != SHT_STRTAB || at >= strings->size)
        return NULL;
    name = (const char *)image->file.data + strings->offset + at;
    rest = strings->size - at;
    return *name && memchr(name, '\0', rest < NAME_MAXIMUM ? rest : NAME_MAXIMUM) ? name
                                                                                  : NULL;
}

struct image_symbol image_symbol(const struct image *image,
                                 const struct image_section *table, size_t index)
{
    uint64_t base = table->offset + index * table->entry_size;
    struct image_section strings = image_section(image, table->link);

    return (struct image_symbol){
        .address = FIELD(image, base, Sym, st_value),
        .size = FIELD(image, base, Sym, st_size),
        .type = (unsigned)FIELD(image, base, Sym, st_info) & 0xf,
        .section = FIELD(image, base, Sym, st_shndx),
        .name = read_name(image, &strings, FIELD(image, base, Sym, st_name)),
    };
}
