#include "core/csv.h"

#include <string.h>

void csv_put(struct csv_out *out, const char *text)
{
    bool formula = text && text[0] && strchr("=+-@\t\r", text[0]);

    if (out->begun)
        fputc(',', out->file);
    out->begun = true;
    if (!text || (!formula && !text[strcspn(text, "\",\r\n")])) {
        fputs(text ? text : "", out->file);
        return;
    }
    fputs(formula ? "\"'" : "\"", out->file);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out->file);
        fputc(*text, out->file);
    }
    fputc('"', out->file);
}

void csv_end(struct csv_out *out)
{
    fputs("\r\n", out->file);
    out->begun = false;
}
