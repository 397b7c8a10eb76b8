/* What the campaign looks for on the device's console. */
#include "engine/console.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* --- the campaign's key ------------------------------------------------------------- */

static int read_suspect(struct console *console, const struct yaml *map,
                        struct error *error)
{
    static const char *const keys[] = {"id", "pattern", "example", NULL};
    struct console_suspect *suspect = &console->suspects[console->suspect_count];

    if (console->suspect_count == CONSOLE_SUSPECTS)
        return yaml_complain(map, error, "at most %d patterns", CONSOLE_SUSPECTS);
    if (yaml_check_keys(map, keys, error) < 0 ||
        !yaml_need(map, "id", YAML_SCALAR, error) ||
        !yaml_need(map, "pattern", YAML_SCALAR, error) ||
        !yaml_need(map, "example", YAML_SCALAR, error) ||
        yaml_read_text(map, "id", &suspect->id, error) < 0 ||
        yaml_read_text(map, "example", &suspect->example, error) < 0 ||
        pattern_read(&suspect->pattern, map, "pattern", error) < 0)
        return -1;
    console->suspect_count++;
    if (strchr(suspect->example, '\n') ||
        !pattern_match(&suspect->pattern, suspect->example, NULL, 0))
        return yaml_complain(yaml_get(map, "example"), error,
                             "a line that the pattern matches");
    return 0;
}

int console_read(struct console *console, const struct yaml *root, struct error *error)
{
    static const char *const keys[] = {"suspect", "banner", NULL};
    const struct yaml *map = yaml_get(root, "console"), *list;

    if (!map)
        return 0;
    if (yaml_check_keys(map, keys, error) < 0 ||
        pattern_read(&console->banner, map, "banner", error) < 0)
        return -1;
    list = yaml_get(map, "suspect");
    if (list && list->kind != YAML_LIST)
        return yaml_complain(list, error, "a list of {id, pattern, example}");
    for (const struct yaml *item = list ? list->child : NULL; item; item = item->next)
        if (read_suspect(console, item, error) < 0)
            return -1;
    return 0;
}

void console_free(struct console *console)
{
    for (size_t i = 0; i < console->suspect_count; i++)
        pattern_free(&console->suspects[i].pattern);
    pattern_free(&console->banner);
}

/* --- looking ------------------------------------------------------------------------ */

/* What the pattern found, with each word that has a digit in it as '#': places and values
 * differ from run to run. */
static void generalise(const char *from, size_t length, char *to, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < length && used + 1 < size;) {
        size_t end = i;
        bool digit = false;

        for (; end < length && isalnum((unsigned char)from[end]); end++)
            digit |= isdigit((unsigned char)from[end]) != 0;
        if (digit)
            to[used++] = '#';
        else if (end == i)
            to[used++] = from[end++];
        else
            used += (size_t)snprintf(to + used, size - used, "%.*s", (int)(end - i),
                                     from + i);
        i = end;
        used = used < size ? used : size - 1;
    }
    to[used] = '\0';
}

/* `from`: where the console's words of this observation begin. */
static void add_fault(struct observation *observation, enum fault_kind kind, size_t from,
                      const char *what, const char *line, const regmatch_t *found)
{
    struct fault fault = {.kind = kind,
                          .detail_offset = from,
                          .detail_length = observation->text.length - from};
    char general[100];

    generalise(line + found->rm_so, (size_t)(found->rm_eo - found->rm_so), general,
               sizeof general);
    snprintf(fault.cause, sizeof fault.cause, "%.40s: %s", what, general);
    snprintf(fault.title, sizeof fault.title, "%.40s: %.100s", what, line);
    observation_add(observation, &fault);
}

static bool matches(const struct pattern *pattern, const char *line, regmatch_t *found)
{
    return pattern->set && regexec(&pattern->regex, line, 1, found, 0) == 0;
}

static void look_at(const struct console *console, size_t from, const char *line,
                    struct observation *observation)
{
    regmatch_t found;

    for (size_t i = 0; i < console->suspect_count; i++)
        if (matches(&console->suspects[i].pattern, line, &found))
            add_fault(observation, FAULT_CONSOLE, from, console->suspects[i].id, line,
                      &found);
    if (matches(&console->banner, line, &found))
        add_fault(observation, FAULT_BANNER, from, "banner", line, &found);
}

void console_scan(const struct console *console, struct lines *lines, size_t from,
                  struct observation *observation)
{
    struct view text = buffer_view(&observation->text);
    const char *line;

    if (!console->suspect_count && !console->banner.set)
        return;
    text = view_slice(text, from, text.length);
    while ((line = lines_next(lines, &text)))
        look_at(console, from, line, observation);
}
