/* Typed readers over yaml.h's nodes, and the complaints they make. */
#include "core/suggest.h"
#include "core/yaml.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct yaml *yaml_get(const struct yaml *map, const char *key)
{
    if (!map || map->kind != YAML_MAP)
        return NULL;
    for (const struct yaml *child = map->child; child; child = child->next) {
        if (strcmp(child->key, key) == 0)
            return child;
    }
    return NULL;
}

static void describe_found(const struct yaml *node, char *text, size_t size)
{
    switch (node->kind) {
    case YAML_LIST: snprintf(text, size, "a list"); break;
    case YAML_MAP: snprintf(text, size, "a map"); break;
    case YAML_SCALAR: snprintf(text, size, "'%.80s'", node->text); break;
    }
}

int yaml_refuse(const struct yaml *node, struct error *error, const char *format, ...)
{
    char text[sizeof error->text];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return error_set(error, "%s:%u:%u: %s", node->file, node->line, node->column, text);
}

size_t text_characters(const char *text, size_t length)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

int yaml_locate(const struct yaml *node, size_t offset, struct error *error)
{
    unsigned line = node->kind == YAML_SCALAR ? node->value_line : node->line;
    unsigned column = node->kind == YAML_SCALAR ? node->value_column : node->column;

    if (node->exact && offset <= strlen(node->text))
        column += (unsigned)text_characters(node->text, offset);
    if (!node->key)
        return error_prefix(error, "%s:%u:%u: ", node->file, line, column);
    return error_prefix(error, "%s:%u:%u: key '%.80s': ", node->file, line, column,
                        node->key);
}

int yaml_complain(const struct yaml *node, struct error *error,
                  const char *expected_format, ...)
{
    char expected[300], found[96];
    va_list arguments;

    va_start(arguments, expected_format);
    vsnprintf(expected, sizeof expected, expected_format, arguments);
    va_end(arguments);
    if (!node)
        return error_set(error, "expected %s", expected);
    describe_found(node, found, sizeof found);
    error_set(error, "expected %s, found %s", expected, found);
    return yaml_locate(node, 0, error);
}

static bool is_known(const char *key, const char *const *known)
{
    for (; *known; known++) {
        if (strcmp(*known, key) == 0)
            return true;
    }
    return false;
}

static void join(const char *const *words, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (; *words; words++) {
        if (used + strlen(*words) + sizeof ", …" > size) {
            snprintf(text + used, size - used, "…");
            return;
        }
        used +=
            (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", *words);
    }
}

int yaml_check_keys(const struct yaml *map, const char *const *known, struct error *error)
{
    struct suggestion suggestion;
    char all[300];

    if (map->kind != YAML_MAP)
        return yaml_complain(map, error, "a map");
    for (const struct yaml *child = map->child; child; child = child->next) {
        if (is_known(child->key, known))
            continue;
        join(known, all, sizeof all);
        suggestion = suggest_for(child->key, strlen(child->key));
        suggest_offer_all(&suggestion, known);
        yaml_refuse(child, error, "key '%.80s' is not known here; expected one of: %s",
                    child->key, all);
        return suggest_append(&suggestion, error);
    }
    return 0;
}

int yaml_read_text(const struct yaml *map, const char *key, const char **value,
                   struct error *error)
{
    const struct yaml *node = yaml_get(map, key);

    if (!node)
        return 0;
    if (node->kind != YAML_SCALAR)
        return yaml_complain(node, error, "a text");
    *value = node->text;
    return 0;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

static int read_magnitude(const char *text, unsigned base, uint64_t *value)
{
    bool digit_before = false;

    *value = 0;
    for (; *text; text++) {
        unsigned digit = (unsigned)digit_value(*text);

        if (*text == '_' && digit_before && text[1]) {
            digit_before = false;
            continue;
        }
        if (digit >= base || *value > (UINT64_MAX - digit) / base)
            return -1;
        *value = *value * base + digit;
        digit_before = true;
    }
    return digit_before ? 0 : -1;
}

int text_to_integer(const char *text, int64_t *value)
{
    bool negative = *text == '-';
    unsigned base = 10;
    uint64_t magnitude;

    if (*text == '-' || *text == '+')
        text++;
    if (text[0] == '0' && strchr("xXbBoO", text[1] ? text[1] : '?')) {
        base = tolower((unsigned char)text[1]) == 'x'   ? 16
               : tolower((unsigned char)text[1]) == 'b' ? 2
                                                        : 8;
        text += 2;
    }
    if (read_magnitude(text, base, &magnitude) < 0)
        return -1;
    if (magnitude > (uint64_t)INT64_MAX + negative)
        return -1;
    *value = (int64_t)(negative ? 0 - magnitude : magnitude);
    return 0;
}

bool yaml_is_integer(const struct yaml *node, int64_t *value)
{
    return node && node->kind == YAML_SCALAR && !node->quoted &&
           text_to_integer(node->text, value) == 0;
}

int yaml_read_integer(const struct yaml *map, const char *key, int64_t minimum,
                      int64_t maximum, int64_t *value, struct error *error)
{
    const struct yaml *node = yaml_get(map, key);
    int64_t number;

    if (!node)
        return 0;
    if (!yaml_is_integer(node, &number) || number < minimum || number > maximum)
        return yaml_complain(node, error, "an integer from %lld to %lld",
                             (long long)minimum, (long long)maximum);
    *value = number;
    return 0;
}

int yaml_read_real(const struct yaml *map, const char *key, double minimum,
                   double maximum, double *value, struct error *error)
{
    const struct yaml *node = yaml_get(map, key);
    double number = 0;
    char *end = NULL;

    if (!node)
        return 0;
    if (node->kind == YAML_SCALAR && !node->quoted && !strpbrk(node->text, "xXpP"))
        number = strtod(node->text, &end);
    if (!end || end == node->text || *end || !isfinite(number) || number < minimum ||
        number > maximum)
        return yaml_complain(node, error, "a number from %g to %g", minimum, maximum);
    *value = number;
    return 0;
}

int yaml_read_bool(const struct yaml *map, const char *key, bool *value,
                   struct error *error)
{
    const struct yaml *node = yaml_get(map, key);

    if (!node)
        return 0;
    if (node->kind == YAML_SCALAR && !node->quoted && strcmp(node->text, "true") == 0)
        *value = true;
    else if (node->kind == YAML_SCALAR && !node->quoted &&
             strcmp(node->text, "false") == 0)
        *value = false;
    else
        return yaml_complain(node, error, "true or false");
    return 0;
}

int text_to_duration(const char *text, int64_t *value_ns)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {{"us", 1000},
                 {"ms", 1000000},
                 {"s", INT64_C(1000000000)},
                 {"m", INT64_C(60000000000)},
                 {"h", INT64_C(3600000000000)}};
    size_t digits = strspn(text, "0123456789");
    int64_t number = 0;

    if (digits == 0)
        return -1;
    for (size_t i = 0; i < digits; i++) {
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, text[i] - '0', &number))
            return -1;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(text + digits, units[i].name) == 0)
            return __builtin_mul_overflow(number, units[i].ns, value_ns) ? -1 : 0;
    }
    return -1;
}

int yaml_read_duration(const struct yaml *map, const char *key, int64_t *value_ns,
                       struct error *error)
{
    const struct yaml *node = yaml_get(map, key);
    int64_t ns;

    if (!node)
        return 0;
    if (node->kind != YAML_SCALAR || text_to_duration(node->text, &ns) < 0)
        return yaml_complain(node, error,
                             "a duration such as 500us, 250ms, 30s, 10m or 8h");
    *value_ns = ns;
    return 0;
}

int yaml_read_choice(const struct yaml *map, const char *key, const char *const *choices,
                     int *value, struct error *error)
{
    const struct yaml *node = yaml_get(map, key);
    struct suggestion suggestion;
    char all[300];

    if (!node)
        return 0;
    for (int i = 0; node->kind == YAML_SCALAR && choices[i]; i++) {
        if (strcmp(node->text, choices[i]) == 0) {
            *value = i;
            return 0;
        }
    }
    join(choices, all, sizeof all);
    yaml_complain(node, error, "one of: %s", all);
    if (node->kind != YAML_SCALAR)
        return -1;
    suggestion = suggest_for(node->text, strlen(node->text));
    suggest_offer_all(&suggestion, choices);
    return suggest_append(&suggestion, error);
}

const struct yaml *yaml_need(const struct yaml *map, const char *key, enum yaml_kind kind,
                             struct error *error)
{
    static const char *const names[] = {
        [YAML_SCALAR] = "a text or number", [YAML_LIST] = "a list", [YAML_MAP] = "a map"};
    const struct yaml *node = yaml_get(map, key);

    if (map->kind != YAML_MAP) {
        yaml_complain(map, error, "a map with key '%s'", key);
        return NULL;
    }
    if (!node) {
        yaml_refuse(map, error, "key '%s' is missing: expected %s", key, names[kind]);
        return NULL;
    }
    if (node->kind != kind) {
        yaml_complain(node, error, "%s", names[kind]);
        return NULL;
    }
    return node;
}

int yaml_need_text(const struct yaml *map, const char *key, const char **text,
                   struct error *error)
{
    const struct yaml *node = yaml_need(map, key, YAML_SCALAR, error);

    if (!node)
        return -1;
    if (node->text[strspn(node->text, " \t\r\n")] == '\0')
        return yaml_complain(node, error, "a text");
    *text = node->text;
    return 0;
}
