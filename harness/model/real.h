/* f4 and f8: IEEE 754 numbers, kept in a tree as their bits. Pure. */
#ifndef PERCUSS_MODEL_REAL_H
#define PERCUSS_MODEL_REAL_H

#include <stddef.h>
#include <stdint.h>

/* `width` in bits: 32 or 64. */
double real_from_bits(unsigned width, uint64_t bits);
uint64_t real_to_bits(unsigned width, double value); /* rounded to nearest */
/* "1.5", "-2e10", "inf", "nan": -1 when it is no number, or too large for the width. */
int real_parse(unsigned width, const char *text, uint64_t *bits);
/* The shortest decimal that says the same number. Returns text. */
const char *real_text(unsigned width, uint64_t bits, char *text, size_t size);
/* Bits of the numbers that programs stumble over: zeros, infinities, NaNs, the largest,
 * the smallest, denormals. */
const int64_t *real_choices(unsigned width, size_t *count);

#endif
