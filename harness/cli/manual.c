#include "cli/manual.h"

#include <ctype.h>
#include <string.h>

enum { DETAILS_SIZE = 8192 };

/* --- roff --------------------------------------------------------------------------- */

/* What a typesetter would make quotes, dashes or accents of, or take as its own. */
static const struct {
    char letter;
    const char *written;
} escapes[] = {{'\\', "\\e"},  {'-', "\\-"},   {'\'', "\\(aq"},
               {'`', "\\(ga"}, {'^', "\\(ha"}, {'~', "\\(ti"}};

static void put_letter(char letter, FILE *out)
{
    for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++)
        if (escapes[i].letter == letter) {
            fputs(escapes[i].written, out);
            return;
        }
    putc(letter, out);
}

/* At the beginning of a line a dot would be a request. */
static void put_words(const char *text, size_t length, FILE *out)
{
    if (length && text[0] == '.')
        fputs("\\&", out);
    for (size_t i = 0; i < length; i++)
        put_letter(text[i], out);
}

static void put(const char *text, FILE *out)
{
    put_words(text, strlen(text), out);
}

static void put_upper(const char *text, FILE *out)
{
    for (; *text; text++)
        put_letter((char)toupper((unsigned char)*text), out);
}

/* --- parts -------------------------------------------------------------------------- */

void manual_begin(const char *name, const char *summary, FILE *out)
{
    fputs(".TH ", out);
    put_upper(name, out);
    fputs(" 1 \"\" \"percuss " PERCUSS_VERSION "\" \"percuss\"\n.SH NAME\n", out);
    put(name, out);
    fputs(" \\- ", out);
    put(summary, out);
    putc('\n', out);
}

void manual_section(const char *title, FILE *out)
{
    fprintf(out, ".SH %s\n", title);
}

/* Up to the empty line, or the end. */
static size_t paragraph_length(const char *text)
{
    const char *end = strstr(text, "\n\n");

    return end ? (size_t)(end - text) + 1 : strlen(text);
}

static bool has_indented_line(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] == ' ' && (i == 0 || text[i - 1] == '\n'))
            return true;
    return false;
}

void manual_text(const char *text, FILE *out)
{
    const char *first = text + strspn(text, "\n");

    for (text = first; *text; text += strspn(text, "\n")) {
        size_t length = paragraph_length(text);
        bool kept = has_indented_line(text, length);
        const char *end = text + length;

        if (text != first)
            fputs(".PP\n", out);
        if (kept)
            fputs(".nf\n", out);
        while (text < end) {
            size_t line = strcspn(text, "\n");

            put_words(text, line, out);
            putc('\n', out);
            text += line + (text[line] == '\n');
        }
        if (kept)
            fputs(".fi\n", out);
    }
}

void manual_entry(const char *term, const char *more, const char *text, FILE *out)
{
    fputs(".TP\n\\fB", out);
    put(term, out);
    fputs("\\fR", out);
    if (more) {
        fputs(" \\fI", out);
        put(more, out);
        fputs("\\fR", out);
    }
    putc('\n', out);
    put(text, out);
    putc('\n', out);
}

/* --- a command ---------------------------------------------------------------------- */

static void put_synopsis(const struct command *command, FILE *out)
{
    bool any = command->arguments && *command->arguments;

    manual_section("SYNOPSIS", out);
    fputs("\\fB", out);
    put(command->alone ? "" : "percuss ", out);
    put(command->name, out);
    fputs("\\fR", out);
    if (any) {
        fputs(" \\fI", out);
        put(command->arguments, out);
        fputs("\\fR", out);
    }
    fputs(" [options]\n", out);
}

static void put_options(const struct command *command, FILE *out)
{
    char name[80];

    manual_section("OPTIONS", out);
    for (const struct cli_option *option = command->options; option && option->name;
         option++) {
        snprintf(name, sizeof name, "--%s", option->name);
        manual_entry(name, option->argument, option->help, out);
    }
    manual_entry("--help", NULL, "show this, shorter", out);
}

/* Its last lines say what the exit codes mean. */
static void put_details(const char *details, FILE *out)
{
    const char *exits = details ? strstr(details, "Exit: ") : NULL;
    size_t length = exits ? (size_t)(exits - details) : details ? strlen(details) : 0;
    char text[DETAILS_SIZE];

    snprintf(text, sizeof text, "%.*s", (int)length, details ? details : "");
    if (text[0]) {
        manual_section("DESCRIPTION", out);
        manual_text(text, out);
    }
    if (exits) {
        manual_section("EXIT STATUS", out);
        manual_text(exits + strlen("Exit: "), out);
    }
}

void manual_command(const struct command *command, FILE *out)
{
    char name[80];

    snprintf(name, sizeof name, "%s%s", command->alone ? "" : "percuss-", command->name);
    manual_begin(name, command->summary, out);
    put_synopsis(command, out);
    put_details(command->details, out);
    put_options(command, out);
    manual_section("SEE ALSO", out);
    fputs(".BR percuss (1)\n", out);
}
