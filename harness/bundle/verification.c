#include "bundle/verification.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many lines of this result the check has said so far of the present part. */
static size_t lines_said(const struct verification *all, enum check_result result,
                         const char *check)
{
    size_t count = 0;

    for (size_t i = 0; i < all->count; i++)
        count += all->lines[i].result == result && all->lines[i].part == all->part &&
                 strcmp(all->lines[i].check, check) == 0;
    return count;
}

/* Names and values of evidence are anybody's: none of them steers a terminal. */
static void make_plain(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

void verification_about(struct verification *all, const char *subject)
{
    all->part++;
    snprintf(all->subject, sizeof all->subject, "%s", subject);
}

/* A line that cannot be kept for lack of memory still counts. */
void verification_add(struct verification *all, enum check_result result,
                      const char *check, const char *format, ...)
{
    char text[1200];
    size_t used = 0;
    va_list arguments;

    all->results[result]++;
    if (lines_said(all, result, check) >= VERIFICATION_LINES)
        return;
    if (all->count == all->capacity) {
        size_t capacity = all->capacity ? all->capacity * 2 : 32;
        void *grown = realloc(all->lines, capacity * sizeof *all->lines);

        if (!grown)
            return;
        all->lines = grown;
        all->capacity = capacity;
    }
    if (all->subject[0])
        used = (size_t)snprintf(text, sizeof text, "%s: ", all->subject);
    va_start(arguments, format);
    vsnprintf(text + used, sizeof text - used, format, arguments);
    va_end(arguments);
    make_plain(text);
    all->lines[all->count] = (struct check_line){result, check, all->part, strdup(text)};
    if (all->lines[all->count].text)
        all->count++;
}

const char *check_result_name(enum check_result result)
{
    static const char *const names[CHECK_RESULTS] = {[CHECK_GOOD] = "ok",
                                                     [CHECK_ALTERED] = "ALTERED",
                                                     [CHECK_UNKNOWN] = "unknown",
                                                     [CHECK_NOTE] = "note"};

    return names[result];
}

void verification_free(struct verification *all)
{
    for (size_t i = 0; i < all->count; i++)
        free(all->lines[i].text);
    free(all->lines);
    *all = (struct verification){0};
}
