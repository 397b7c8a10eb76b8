#include "core/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *error, const char *format, ...)
{
    va_list arguments;

    if (!error)
        return -1;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return -1;
}

int error_prefix(struct error *error, const char *format, ...)
{
    struct error whole;
    va_list arguments;
    int length;

    if (!error)
        return -1;
    va_start(arguments, format);
    length = vsnprintf(whole.text, sizeof whole.text, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof whole.text)
        return -1;
    snprintf(whole.text + length, sizeof whole.text - (size_t)length, "%s", error->text);
    *error = whole;
    return -1;
}
