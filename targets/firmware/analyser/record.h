/*
 * Records of ASTM E1394 (CLSI LIS2-A2): fields, components and escapes, by the delimiters
 * that the header record declares. Views borrow the record's text.
 */
#ifndef RECORD_H
#define RECORD_H

#include <stdbool.h>
#include <stdint.h>

#define RECORD_COMPONENTS 6

struct view {
    const uint8_t *at;
    uint16_t length;
};

struct delimiters {
    uint8_t field, repeat, component, escape;
};

extern const struct delimiters record_usual; /* | \ ^ & */

/* Four different printable characters, neither letters nor digits. */
bool record_are_delimiters(const struct delimiters *delimiters);

/* The nth field, from 1; empty if there is none. */
struct view record_field(struct view record, const struct delimiters *delimiters,
                         unsigned n);

/* Takes the part before `delimiter` off `rest`. False when nothing is left. */
bool record_take(struct view *rest, uint8_t delimiter, struct view *part);

/* Splits into components; those that are absent are empty. False when there are more than
 * RECORD_COMPONENTS. */
bool record_split(struct view field, const struct delimiters *delimiters,
                  struct view parts[RECORD_COMPONENTS]);

/* Undoes escapes into printable text ending with a zero. False when it is too long for
 * `size`, an escape is not closed, or a character is not printable. */
bool record_decode(struct view text, const struct delimiters *delimiters, char *to,
                   uint16_t size);

/* A decimal number without sign; -1 if it is none or above 9999. */
int record_number(struct view field);

bool record_is(struct view field, const char *text);

#endif
