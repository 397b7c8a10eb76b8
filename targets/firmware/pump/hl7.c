#include "hl7.h"

#include "bytes.h"

const struct hl7_separators hl7_recommended = {'|', '^', '~', '\\', '&'};

static uint32_t length_of(const char *words)
{
    uint32_t length = 0;

    while (words[length] != '\0') {
        length++;
    }
    return length;
}

bool hl7_is(struct hl7_text text, const char *word)
{
    return text.length == length_of(word) && memcmp(text.at, word, text.length) == 0;
}

/* ----------------------------------------------------------------------- taken apart */
static uint32_t find(struct hl7_text text, uint8_t byte)
{
    uint32_t at = 0;

    while (at < text.length && text.at[at] != byte) {
        at++;
    }
    return at;
}

static struct hl7_text behind(struct hl7_text text, uint32_t count)
{
    count = count < text.length ? count : text.length;
    return (struct hl7_text){text.at + count, text.length - count};
}

struct hl7_text hl7_part(struct hl7_text text, uint8_t separator, uint32_t number)
{
    for (; number > 0; number--) {
        text = behind(text, find(text, separator) + 1);
    }
    text.length = find(text, separator);
    return text;
}

struct hl7_text hl7_component(const struct hl7_separators *separators,
                              struct hl7_text segment, uint32_t field, uint32_t component)
{
    struct hl7_text value = hl7_part(segment, separators->field, field);

    value = hl7_part(value, separators->repetition, 0);
    return hl7_part(value, separators->component, component - 1);
}

bool hl7_next_segment(struct hl7_text *rest, struct hl7_text *segment)
{
    if (rest->length == 0) {
        return false;
    }
    *segment = hl7_part(*rest, '\r', 0);
    *rest = behind(*rest, segment->length + 1);
    return true;
}

static bool is_printable(uint8_t byte)
{
    return byte >= 0x20 && byte <= 0x7E;
}

/* Stands in what every message says: names, numbers, the version. */
static bool is_of_words(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || byte == '.' || byte == '-' ||
           ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');
}

static bool are_sound(const uint8_t separators[5])
{
    for (unsigned i = 0; i < 5; i++) {
        if (!is_printable(separators[i]) || separators[i] == ' ' ||
            is_of_words(separators[i])) {
            return false;
        }
        for (unsigned j = 0; j < i; j++) {
            if (separators[i] == separators[j]) {
                return false;
            }
        }
    }
    return true;
}

/* The last two of MSH-2 may be left out where nothing needs them (2.5.4). */
bool hl7_read_separators(struct hl7_text message, struct hl7_separators *separators)
{
    uint8_t all[5] = {'|', '^', '~', '\\', '&'};
    struct hl7_text declared;

    *separators = hl7_recommended;
    if (message.length < 4 || memcmp(message.at, "MSH", 3) != 0) {
        return false;
    }
    all[0] = message.at[3];
    declared = hl7_part(behind(hl7_part(message, '\r', 0), 4), all[0], 0);
    if (declared.length < 2 || declared.length > 5) {
        return false;
    }
    memcpy(all + 1, declared.at, declared.length < 4 ? declared.length : 4);
    if (!are_sound(all)) {
        return false;
    }
    *separators = (struct hl7_separators){all[0], all[1], all[2], all[3], all[4]};
    return true;
}

/* --------------------------------------------------------------------------- escapes */
struct output {
    uint8_t *to;
    uint32_t size, length;
    bool is_text;
};

static void store(struct output *output, uint8_t byte)
{
    output->is_text = output->is_text && is_printable(byte);
#if !PUMP_DEFECTIVE /* H03: only the plain characters are counted against the room */
    if (output->length >= output->size) {
        return;
    }
#endif
    output->to[output->length++] = byte;
}

static int hex_digit(uint8_t byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static bool is_hex(struct hl7_text digits)
{
    for (uint32_t i = 0; i < digits.length; i++) {
        if (hex_digit(digits.at[i]) < 0) {
            return false;
        }
    }
    return digits.length % 2 == 0;
}

/* 2.7.1: what stands between two escape characters. */
static void store_sequence(const struct hl7_separators *separators,
                           struct hl7_text sequence, struct output *output)
{
    const struct {
        const char *name;
        uint8_t byte;
    } names[] = {{"F", separators->field},
                 {"S", separators->component},
                 {"T", separators->subcomponent},
                 {"R", separators->repetition},
                 {"E", separators->escape}};
    struct hl7_text digits = behind(sequence, 1);

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (hl7_is(sequence, names[i].name)) {
            store(output, names[i].byte);
            return;
        }
    }
    if (sequence.length > 0 && sequence.at[0] == 'X' && is_hex(digits)) {
        for (uint32_t i = 0; i < digits.length; i += 2) {
            store(output,
                  (uint8_t)(hex_digit(digits.at[i]) << 4 | hex_digit(digits.at[i + 1])));
        }
        return;
    }
    store(output, separators->escape);
    for (uint32_t i = 0; i < sequence.length; i++) {
        store(output, sequence.at[i]);
    }
    store(output, separators->escape);
}

int32_t hl7_decode(const struct hl7_separators *separators, struct hl7_text text,
                   uint8_t *to, uint32_t size)
{
    struct output output = {to, size, 0, true};
    bool has_sequence = true; /* until one is not ended: none behind it is */

    while (text.length > 0) {
        if (text.at[0] == separators->escape && has_sequence) {
            struct hl7_text sequence = hl7_part(behind(text, 1), separators->escape, 0);

            has_sequence = sequence.length + 1 < text.length;
            if (has_sequence) {
                store_sequence(separators, sequence, &output);
                text = behind(text, sequence.length + 2);
                continue;
            }
        }
        if (output.length < output.size) {
            store(&output, text.at[0]);
        }
        text = behind(text, 1);
    }
    return output.is_text ? (int32_t)output.length : -1;
}

/* --------------------------------------------------------------------------- written */
static void put_byte(struct hl7_writer *writer, uint8_t byte)
{
    if (writer->length < writer->size) {
        writer->at[writer->length] = byte;
    }
    writer->length++;
}

void hl7_put(struct hl7_writer *writer, struct hl7_text text)
{
    for (uint32_t i = 0; i < text.length; i++) {
        put_byte(writer, text.at[i]);
    }
}

void hl7_put_words(struct hl7_writer *writer, const char *words)
{
    for (; *words != '\0'; words++) {
        put_byte(writer, *words == '|'   ? writer->separators.field
                         : *words == '^' ? writer->separators.component
                                         : (uint8_t)*words);
    }
}

void hl7_put_number(struct hl7_writer *writer, uint32_t value)
{
    if (value >= 10) {
        hl7_put_number(writer, value / 10);
    }
    put_byte(writer, (uint8_t)('0' + value % 10));
}

void hl7_put_header(struct hl7_writer *writer, const char *application, const char *code,
                    struct hl7_text event, const char *structure, const char *prefix,
                    uint32_t control_number)
{
    const struct hl7_separators *separators = &writer->separators;

    hl7_put_words(writer, "MSH|^");
    put_byte(writer, separators->repetition);
    put_byte(writer, separators->escape);
    put_byte(writer, separators->subcomponent);
    hl7_put_words(writer, "|");
    hl7_put_words(writer, application);
    hl7_put_words(writer, "||||2026||");
    hl7_put_words(writer, code);
    hl7_put_words(writer, "^");
    hl7_put(writer, event);
    hl7_put_words(writer, structure);
    hl7_put_words(writer, "|");
    hl7_put_words(writer, prefix);
    hl7_put_number(writer, control_number);
    hl7_put_words(writer, "|P|2.5\r");
}
