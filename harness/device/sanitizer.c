#include "device/sanitizer.h"

#include "device/lines.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { FRAMES = 3, WORD = 64 };

struct report {
    char kind[80];
    char access[8];   /* READ, WRITE or empty */
    char place[WORD]; /* file:line of a short report */
    char frames[FRAMES][WORD];
    size_t frame_count;
    bool stack_begun, stack_over; /* only the first stack counts */
};

static const char *after(const char *text, const char *what)
{
    const char *found = strstr(text, what);

    return found ? found + strlen(what) : NULL;
}

/* "ERROR: AddressSanitizer: x" -> "x" */
static const char *report_text(const char *line)
{
    const char *name = after(line, "ERROR: ");
    size_t length;

    if (!name)
        name = after(line, "WARNING: ");
    if (!name)
        return NULL;
    length = strcspn(name, " :");
    if (length < 9 || strncmp(name + length - 9, "Sanitizer", 9) != 0 ||
        name[length] != ':' || name[length + 1] != ' ')
        return NULL;
    return name + length + 2;
}

enum sanitizer_line sanitizer_line(const char *line)
{
    if (report_text(line))
        return SANITIZER_REPORT;
    return strstr(line, ": runtime error: ") ? SANITIZER_NOTE : SANITIZER_OTHER;
}

/* The kind of a long report: up to what varies from run to run. */
static void read_report_kind(struct report *report, const char *text)
{
    static const char *const ends[] = {" on ", " (", ": ", " in ", " 0x", NULL};
    size_t length;

    if (strncmp(text, "attempting ", 11) == 0)
        text += 11;
    if (strncmp(text, "detected memory leaks", 21) == 0)
        text = "memory-leak";
    length = strlen(text);
    for (size_t i = 0; ends[i]; i++) {
        const char *end = strstr(text, ends[i]);

        if (end && (size_t)(end - text) < length)
            length = (size_t)(end - text);
    }
    while (length && strchr(" :", text[length - 1]))
        length--;
    snprintf(report->kind, sizeof report->kind, "%.*s", (int)length, text);
}

/* "dir/file.c:12:5: runtime error: signed integer overflow: 1 + 2 cannot ..." */
static void read_note(struct report *report, const char *line)
{
    const char *text = after(line, ": runtime error: ");
    const char *start = line;
    size_t used = 0, length = (size_t)(text - line) - strlen(": runtime error: ");
    unsigned colons = 0;

    for (size_t i = 0; i < length; i++) {
        if (line[i] == '/')
            start = line + i + 1;
    }
    length -= (size_t)(start - line);
    for (size_t i = 0; i < length; i++) { /* keep file:line, drop the column */
        colons += start[i] == ':';
        if (colons == 2)
            length = i;
    }
    snprintf(report->place, sizeof report->place, "%.*s", (int)length, start);
    /* Values vary with the input: every number becomes N. */
    for (size_t i = 0; text[i] && text[i] != ':' && used + 1 < sizeof report->kind; i++) {
        bool number = isdigit((unsigned char)text[i]) &&
                      (i == 0 || !isalnum((unsigned char)text[i - 1]));

        report->kind[used++] = number ? 'N' : text[i];
        if (number && text[i] == '0' && text[i + 1] == 'x')
            i++;
        while (number && isxdigit((unsigned char)text[i + 1]))
            i++;
    }
    report->kind[used] = '\0';
}

static bool starts_with_any(const char *text, const char *const *prefixes)
{
    for (size_t i = 0; prefixes[i]; i++)
        if (strncmp(text, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

/* Frames of the sanitizer, the C library and the start-up code say nothing about where
 * the defect is. */
static bool is_foreign(const char *function, const char *where)
{
    static const char *const prefixes[] = {
        "__interceptor_", "___interceptor_", "__asan",      "__ubsan", "__msan",
        "__tsan",         "__lsan",          "__sanitizer", "__libc_", "__GI_",
        "_start",         "operator ",       "_IO_",        NULL};
    static const char *const names[] = {
        "memcpy", "memmove", "memset",   "memcmp",   "memchr",    "strlen",  "strnlen",
        "strcpy", "strncpy", "strcat",   "strncat",  "strcmp",    "strncmp", "strdup",
        "strchr", "strstr",  "sprintf",  "printf",   "malloc",    "calloc",  "realloc",
        "free",   "read",    "write",    "recv",     "send",      "abort",   "raise",
        "bcmp",   "bcopy",   "vsprintf", "snprintf", "vsnprintf", NULL};
    static const char *const places[] = {"libsanitizer", "compiler-rt", "/libasan.so",
                                         "/libubsan.so", "/libtsan.so", "/liblsan.so",
                                         "/libc.so",     "/sysdeps/",   "/csu/",
                                         " libio/",      " ./libio/",   " nptl/",
                                         " ./nptl/",     NULL};

    if (starts_with_any(function, prefixes))
        return true;
    for (size_t i = 0; names[i]; i++)
        if (strcmp(function, names[i]) == 0)
            return true;
    for (size_t i = 0; places[i]; i++)
        if (strstr(where, places[i]))
            return true;
    return false;
}

/* "    #1 0x4f1d2c in modbus_reply /src/modbus.c:812" or, without symbols,
 * "    #1 0x7f06  (/usr/lib/libx.so.1+0x1234)": the library and the offset in it. */
static void read_frame(struct report *report, const char *line)
{
    const char *text = line + strspn(line, " \t");
    const char *function = after(text, " in ");
    char name[WORD];

    if (report->stack_over)
        return;
    if (text[0] != '#' || !isdigit((unsigned char)text[1])) {
        report->stack_over = report->stack_begun && !*text;
        return;
    }
    report->stack_begun = true;
    if (report->frame_count == FRAMES)
        return;
    if (!function) { /* ThreadSanitizer: "    #0 count /src/a.c:5 (a+0x1)" */
        function = text + strcspn(text, " ");
        function += strspn(function, " ");
        if (strncmp(function, "0x", 2) == 0)
            function = NULL;
    }
    if (function) {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(function, " ("), function);
    } else {
        const char *module = strrchr(text, '/');

        if (!module)
            return;
        snprintf(name, sizeof name, "%.*s", (int)strcspn(module + 1, ") "), module + 1);
    }
    if (!is_foreign(name, text))
        memcpy(report->frames[report->frame_count++], name, sizeof name);
}

static void read_access(struct report *report, const char *line)
{
    const char *caused = after(line, "The signal is caused by a ");
    const char *text = caused ? caused : line;

    if (report->access[0] || report->stack_over)
        return;
    if (strncmp(text, "READ ", 5) == 0 || strncmp(text, "Read of size", 12) == 0)
        snprintf(report->access, sizeof report->access, "READ");
    else if (strncmp(text, "WRITE ", 6) == 0 || strncmp(text, "Write of size", 13) == 0)
        snprintf(report->access, sizeof report->access, "WRITE");
}

static void conclude(const struct report *report, struct fault *fault)
{
    const char *in = report->frame_count ? report->frames[0] : report->place;
    int used;

    fault->kind = FAULT_SANITIZER;
    snprintf(fault->title, sizeof fault->title, "%s%s%s%s%s", report->kind,
             report->access[0] ? " " : "", report->access, in[0] ? " in " : "", in);
    snprintf(fault->place, sizeof fault->place, "%s", in);
    used = snprintf(fault->cause, sizeof fault->cause, "%s%s%s", report->kind,
                    report->access[0] ? " " : "", report->access);
    if (report->place[0])
        used += snprintf(fault->cause + used, sizeof fault->cause - (size_t)used, " %s",
                         report->place);
    for (size_t i = 0; i < report->frame_count && (size_t)used < sizeof fault->cause; i++)
        used += snprintf(fault->cause + used, sizeof fault->cause - (size_t)used, " %s",
                         report->frames[i]);
}

bool sanitizer_next(struct view text, size_t *offset, struct fault *fault)
{
    struct view left = view_slice(text, *offset, text.length);
    struct report report = {.stack_begun = false};
    struct lines lines = {.length = 0};
    size_t start = text.length, here;
    bool begun = false;

    while (left.length) {
        const char *line;
        enum sanitizer_line kind;

        here = text.length - left.length;
        line = lines_next(&lines, &left);
        if (!line) { /* the last line, cut short */
            lines.text[lines.length] = '\0';
            line = lines.text;
        }
        kind = sanitizer_line(line);
        if (kind != SANITIZER_OTHER && begun) {
            text.length = here; /* the next report begins: leave it for the next call */
            break;
        }
        if (kind == SANITIZER_REPORT)
            read_report_kind(&report, report_text(line));
        else if (kind == SANITIZER_NOTE)
            read_note(&report, line);
        if (kind != SANITIZER_OTHER) {
            begun = true;
            start = here;
        } else if (begun) {
            read_access(&report, line + strspn(line, " \t"));
            read_frame(&report, line);
        }
    }
    *offset = text.length;
    if (!begun)
        return false;
    *fault = (struct fault){.detail_offset = start, .detail_length = text.length - start};
    conclude(&report, fault);
    return true;
}
