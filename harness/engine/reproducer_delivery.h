/* Deliveries in the C program that a reproducer becomes. */
#ifndef PERCUSS_ENGINE_REPRODUCER_DELIVERY_H
#define PERCUSS_ENGINE_REPRODUCER_DELIVERY_H

#include "engine/sequence.h"
#include "engine/wire.h"

#include <stdio.h>

/* An enum of all ways. */
void reproducer_put_ways(FILE *out);
/* "way, unit, pause in microseconds" of one step. */
void reproducer_put_delivery(FILE *out, const struct campaign *campaign,
                             const struct sequence *sequence, size_t step);
/* `deliver` and what it needs; behind send_all and print_replies. */
extern const char reproducer_deliver[];

#endif
