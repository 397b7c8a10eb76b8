/*
 * HL7 version 2.5 in the vertical bar encoding (chapter 2 of the standard): takes a
 * message apart where it lies, and writes one. Texts borrow from the message; nothing
 * here keeps anything.
 */
#ifndef PUMP_HL7_H
#define PUMP_HL7_H

#include <stdbool.h>
#include <stdint.h>

struct hl7_text {
    const uint8_t *at;
    uint32_t length;
};

/* MSH-1 and MSH-2 (2.5.4). */
struct hl7_separators {
    uint8_t field, component, repetition, escape, subcomponent;
};

extern const struct hl7_separators hl7_recommended;

/* What the message's MSH declares. False when it begins with no MSH or with separators
 * that cannot be told from each other or from text; `separators` are then the recommended
 * ones.
 */
bool hl7_read_separators(struct hl7_text message, struct hl7_separators *separators);

/* Takes the first segment off `rest`, without its carriage return. False when none is
 * left.
 */
bool hl7_next_segment(struct hl7_text *rest, struct hl7_text *segment);

/* The number-th part between separators, from 0; empty when there are fewer (2.6.1). Of a
 * segment part 0 is its name; of MSH part n is MSH-(n + 1). */
struct hl7_text hl7_part(struct hl7_text text, uint8_t separator, uint32_t number);

/* Of a segment's field, in its first repetition, a component; both from 1. */
struct hl7_text hl7_component(const struct hl7_separators *separators,
                              struct hl7_text segment, uint32_t field,
                              uint32_t component);

bool hl7_is(struct hl7_text text, const char *word);

/* Stores what a text with escape sequences (2.7) stands for, cut to `size` bytes. A
 * sequence of no known kind is kept as it is. Returns how many bytes were stored, -1 when
 * one is no printable ASCII. */
int32_t hl7_decode(const struct hl7_separators *separators, struct hl7_text text,
                   uint8_t *to, uint32_t size);

/* What is being written; `length` beyond `size` says that it did not fit. */
struct hl7_writer {
    uint8_t *at;
    uint32_t length, size;
    struct hl7_separators separators;
};

/* Writes a text as it is. */
void hl7_put(struct hl7_writer *writer, struct hl7_text text);

/* Writes words in which | and ^ stand for the separators of fields and components. */
void hl7_put_words(struct hl7_writer *writer, const char *words);

void hl7_put_number(struct hl7_writer *writer, uint32_t value);

/* Begins a message: MSH-1 to MSH-12 of version 2.5. The pump has no clock: MSH-7 is the
 * year of its version. A structure stands behind its separator; MSH-10 is the prefix and
 * the number. */
void hl7_put_header(struct hl7_writer *writer, const char *application, const char *code,
                    struct hl7_text event, const char *structure, const char *prefix,
                    uint32_t control_number);

#endif
