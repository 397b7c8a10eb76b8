/* Bytes changed without any grammar: what stacked cases and mutated inputs have besides.
 */
#ifndef PERCUSS_GENERATE_RAW_H
#define PERCUSS_GENERATE_RAW_H

#include "core/bytes.h"
#include "core/random.h"

/* One to three small changes; what is left is never empty. */
void raw_change(struct buffer *bytes, struct random *random);

#endif
