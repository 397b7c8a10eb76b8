#include "core/escape.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Reads one character (RFC 3629: shortest form, no surrogates). Returns its length, 0
 * when the bytes are no UTF-8. The text ends with a zero byte, so no read passes its end.
 */
static size_t decode(const unsigned char *text, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length;

    if (text[0] < 0x80) {
        *code = text[0];
        return 1;
    }
    length = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : text[0] >= 0xc0 ? 2 : 0;
    if (length == 0 || text[0] > 0xf4)
        return 0;
    *code = text[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (text[i] & 0x3fu);
    }
    if (*code < least[length] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
        return 0;
    return length;
}

/* Would act instead of being shown: controls, line separators, marks of reading
 * direction, what has no width, and what XML does not allow. */
static bool is_active(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad ||
           code == 0x61c || (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
           code == 0xfeff || (code >= 0xfff9 && code <= 0xfffb) ||
           (code & 0xfffe) == 0xfffe || (code >= 0xe0000 && code <= 0xe007f);
}

static void write_markup(FILE *out, const unsigned char *text, size_t length)
{
    switch (text[0]) {
    case '&': fputs("&amp;", out); break;
    case '<': fputs("&lt;", out); break;
    case '>': fputs("&gt;", out); break;
    case '"': fputs("&quot;", out); break;
    case '\'': fputs("&#39;", out); break;
    default: fwrite(text, 1, length, out);
    }
}

static void write_active(FILE *out, uint32_t code, enum escape_for where)
{
    if (code == '\n' && where == ESCAPE_TERMINAL)
        fputs("\n      ", out);
    else if (code == '\n' || code == '\t')
        fputc((int)code, out);
    else if (code < 0x100)
        fprintf(out, "\\x%02x", (unsigned)code);
    else
        fprintf(out, "\\u{%x}", (unsigned)code);
}

void escape_write(FILE *out, const char *text, enum escape_for where)
{
    const unsigned char *at = (const unsigned char *)text;
    uint32_t code = 0;
    size_t length;

    for (; *at; at += length) {
        length = decode(at, &code);
        if (length == 0) {
            length = 1;
            if (where == ESCAPE_JSON)
                fputs("\xef\xbf\xbd", out);
            else
                fprintf(out, "\\x%02x", at[0]);
        } else if (where == ESCAPE_JSON) {
            fwrite(at, 1, length, out);
        } else if (is_active(code)) {
            write_active(out, code, where);
        } else if (where == ESCAPE_MARKUP) {
            write_markup(out, at, length);
        } else {
            fwrite(at, 1, length, out);
        }
    }
}

char *escape_copy(const char *text, enum escape_for where)
{
    char *copy = NULL;
    size_t size;
    FILE *out = open_memstream(&copy, &size);

    if (!out)
        return NULL;
    escape_write(out, text, where);
    if (fclose(out) == 0)
        return copy;
    free(copy);
    return NULL;
}

void escape_shell(FILE *out, const char *text)
{
    bool plain = *text != '\0';

    for (const char *at = text; *at; at++)
        plain = plain && (isalnum((unsigned char)*at) || strchr("/._-+,:=@%", *at));
    if (plain) {
        fputs(text, out);
        return;
    }
    fputc('\'', out);
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else
            fputc(*text, out);
    }
    fputc('\'', out);
}
