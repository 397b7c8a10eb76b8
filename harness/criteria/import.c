#include "criteria/import.h"

#include "device/file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAXIMUM = 16 << 20, ID_MAXIMUM = 100 };

int import_load(const struct import_source *source, struct buffer *text,
                struct error *error)
{
    if (file_load(source->path, FILE_MAXIMUM, text, error) < 0)
        return -1;
    text->maximum = FILE_MAXIMUM + 1;
    if (buffer_append_byte(text, 0) < 0)
        return error_set(error, "out of memory while reading %s", source->path);
    text->length--;
    return 0;
}

int import_rows(const struct import_source *source, const struct csv_column *columns,
                import_row *const *passes, struct error *error)
{
    struct buffer text = {0};
    struct csv *csv = import_load(source, &text, error) < 0
                          ? NULL
                          : csv_parse(source->path, buffer_view(&text), columns, error);
    int status = csv ? 0 : -1;

    for (; *passes; passes++) {
        for (size_t row = 0; status == 0 && row < csv_rows(csv); row++)
            status = (*passes)(source, csv, row, error);
    }
    csv_close(csv);
    buffer_free(&text);
    return status;
}

bool import_is_json(struct view text)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t i = text.length >= 3 && memcmp(text.data, mark, 3) == 0 ? 3 : 0;

    while (i < text.length && text.data[i] && strchr(" \t\r\n", text.data[i]))
        i++;
    return i < text.length && text.data[i] == '{';
}

json_t *import_object(const struct import_source *source, struct view text,
                      struct error *error)
{
    size_t skip = text.length && text.data[0] == 0xef ? 3 : 0; /* a byte order mark */
    json_error_t wrong;
    json_t *root = json_loadb((const char *)text.data + skip, text.length - skip,
                              JSON_REJECT_DUPLICATES, &wrong);

    if (!root)
        error_set(error, "%s:%d: expected JSON: %s", source->path, wrong.line,
                  wrong.text);
    return root;
}

int import_refuse(const struct import_source *source, const char *spot,
                  struct error *error, const char *format, ...)
{
    char text[400];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return error_set(error, "%s:%s: %s", source->path, spot, text);
}

void import_origin(const struct import_source *source, const char *spot, char *text,
                   size_t size)
{
    snprintf(text, size, "%s:%s", source->name, spot);
}

int import_check_id(const struct import_source *source, const char *spot, const char *id,
                    struct error *error)
{
    if (!id[0] || strlen(id) > ID_MAXIMUM || id[strcspn(id, " \t\r\n,;")])
        return import_refuse(source, spot, error,
                             "expected an identifier without blanks, commas and "
                             "semicolons, found '%.60s'",
                             id);
    if (store_integer(
            source->store, 0,
            "SELECT 1 FROM threat WHERE id = ?1 UNION SELECT 1 FROM requirement "
            "WHERE id = ?1 UNION SELECT 1 FROM hazard WHERE id = ?1",
            "t", id))
        return import_refuse(source, spot, error,
                             "expected each identifier once, found '%s' again", id);
    return 0;
}

bool import_next_word(const char **list, char *word, size_t size)
{
    static const char parting[] = " \t\r\n,;";
    size_t length;

    *list += strspn(*list, parting);
    length = strcspn(*list, parting);
    snprintf(word, size, "%.*s", (int)(length < size ? length : size - 1), *list);
    *list += length;
    return length > 0;
}

int import_links(const struct import_source *source, const char *spot, const char *list,
                 const char *target, const char *known, const char *expected,
                 struct error *error)
{
    char word[2 * ID_MAXIMUM];

    while (import_next_word(&list, word, sizeof word)) {
        if (!store_integer(source->store, 0, known, "t", word))
            return import_refuse(source, spot, error, "expected %s, found '%s'", expected,
                                 word);
        if (store_write(source->store, error,
                        "INSERT OR IGNORE INTO trace_link VALUES (?,?)", "tt", word,
                        target) < 0)
            return -1;
    }
    return 0;
}
