#include "record.h"

const struct delimiters record_usual = {'|', '\\', '^', '&'};

static bool is_alphanumeric(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_printable(uint8_t c)
{
    return c >= 0x20 && c <= 0x7E;
}

bool record_are_delimiters(const struct delimiters *delimiters)
{
    const uint8_t all[] = {delimiters->field, delimiters->repeat, delimiters->component,
                           delimiters->escape};

    for (unsigned i = 0; i < 4; i++) {
        if (all[i] == ' ' || !is_printable(all[i]) || is_alphanumeric(all[i])) {
            return false;
        }
        for (unsigned k = 0; k < i; k++) {
            if (all[k] == all[i]) {
                return false;
            }
        }
    }
    return true;
}

bool record_take(struct view *rest, uint8_t delimiter, struct view *part)
{
    uint16_t n = 0;

    if (rest->at == 0) {
        return false;
    }
    while (n < rest->length && rest->at[n] != delimiter) {
        n++;
    }
    *part = (struct view){rest->at, n};
    if (n == rest->length) {
        *rest = (struct view){0, 0};
    } else {
        *rest = (struct view){rest->at + n + 1, (uint16_t)(rest->length - n - 1)};
    }
    return true;
}

struct view record_field(struct view record, const struct delimiters *delimiters,
                         unsigned n)
{
    struct view field = {0, 0};

    while (n-- > 0) {
        if (!record_take(&record, delimiters->field, &field)) {
            return (struct view){0, 0};
        }
    }
    return field;
}

static unsigned count(struct view field, uint8_t delimiter)
{
    unsigned found = 0;

    for (uint16_t i = 0; i < field.length; i++) {
        found += field.at[i] == delimiter;
    }
    return found;
}

bool record_split(struct view field, const struct delimiters *delimiters,
                  struct view parts[RECORD_COMPONENTS])
{
    uint8_t counted =
        ANALYSER_DEFECTIVE ? record_usual.component : delimiters->component; /* A04 */
    unsigned n = 0;

    if (count(field, counted) >= RECORD_COMPONENTS) {
        return false;
    }
    while (record_take(&field, delimiters->component, &parts[n])) {
        n++;
    }
    for (; n < RECORD_COMPONENTS; n++) {
        parts[n] = (struct view){0, 0};
    }
    return true;
}

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* What an escape's inside stands for: 0 nothing, -1 not allowed. */
static int escaped(struct view inside, const struct delimiters *delimiters)
{
    int value;

    switch (inside.length > 0 ? inside.at[0] : 0) {
    case 'F': return delimiters->field;
    case 'S': return delimiters->component;
    case 'R': return delimiters->repeat;
    case 'E': return delimiters->escape;
    case 'X':
        if (inside.length != 3 || hex_digit(inside.at[1]) < 0 ||
            hex_digit(inside.at[2]) < 0) {
            return -1;
        }
        value = hex_digit(inside.at[1]) << 4 | hex_digit(inside.at[2]);
        return value > 0 ? value : -1;
    default: return 0;
    }
}

/* Takes an escape that begins `rest`, whose first character is the escape delimiter. */
static int take_escape(struct view *rest, const struct delimiters *delimiters)
{
    struct view inside, after = {rest->at + 1, (uint16_t)(rest->length - 1)};
    int c;

    if (count(after, delimiters->escape) == 0) {
        return -1;
    }
    record_take(&after, delimiters->escape, &inside);
    c = escaped(inside, delimiters);
    if (!ANALYSER_DEFECTIVE || c != 0) { /* A10 */
        *rest = after;
    }
    return c;
}

bool record_decode(struct view text, const struct delimiters *delimiters, char *to,
                   uint16_t size)
{
    uint16_t n = 0;

    while (text.length > 0) {
        bool is_escape = text.at[0] == delimiters->escape;
        int c = is_escape ? take_escape(&text, delimiters) : text.at[0];

        if (!is_escape) {
            text = (struct view){text.at + 1, (uint16_t)(text.length - 1)};
        } else if (c == 0) {
            continue;
        }
        if (c < 0 || !is_printable((uint8_t)c) || n + 1 >= size) {
            return false;
        }
        to[n++] = (char)c;
    }
    to[n] = '\0';
    return true;
}

int record_number(struct view field)
{
    int value = 0;

    if (field.length == 0 || field.length > 4) {
        return -1;
    }
    for (uint16_t i = 0; i < field.length; i++) {
        if (field.at[i] < '0' || field.at[i] > '9') {
            return -1;
        }
        value = 10 * value + field.at[i] - '0';
    }
    return value;
}

bool record_is(struct view field, const char *text)
{
    uint16_t n = 0;

    while (n < field.length && text[n] != '\0' && field.at[n] == (uint8_t)text[n]) {
        n++;
    }
    return n == field.length && text[n] == '\0';
}
