/*
 * The gate: a lock with a key of four digits, and a port that asks for it in lines of
 * text. Owned by the main loop.
 */
#ifndef GATE_H
#define GATE_H

#include <stdbool.h>
#include <stdint.h>

#define GATE_BYTES_MAX 16

struct gate {
    bool reading;  /* behind a colon */
    bool ending;   /* behind the carriage return */
    bool broken;   /* what came since is no request */
    bool high;     /* the next digit is the second of a byte */
    uint8_t count; /* bytes so far */
    uint8_t bytes[GATE_BYTES_MAX];
};

void gate_receive(struct gate *gate, uint8_t character);

#endif
