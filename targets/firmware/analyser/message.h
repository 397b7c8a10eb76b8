/*
 * Messages from the host: records out of frame texts, each record's rules, and what a
 * whole message does (ASTM E1394, CLSI LIS2-A2). A message takes effect when its
 * terminator record comes, or not at all. Owned by the main loop.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "orders.h"
#include "record.h"

#define MESSAGE_RECORD_MAX 1024
#define MESSAGE_ORDERS 4

enum message_stage { MESSAGE_OUTSIDE, MESSAGE_HEADER, MESSAGE_PATIENT, MESSAGE_ORDER };

struct query {
    bool is_set;
    char specimen[ORDERS_ID + 1]; /* or ALL */
    uint8_t test;                 /* or ORDERS_ALL */
};

struct message {
    enum message_stage stage;
    const char *reason; /* why it is refused; 0 if it is not */
    uint8_t pending_count;
    struct query query;  /* asked for in a message that is complete */
    struct query asking; /* in the current one */
    struct delimiters declared;
    uint16_t length;
    uint8_t record[MESSAGE_RECORD_MAX];
    const struct delimiters *delimiters;
    struct patient patient;
    struct order pending[MESSAGE_ORDERS];
    bool is_cancel[MESSAGE_ORDERS];
    struct orders orders;
};

void message_begin(struct message *message);
void message_text(struct message *message, const uint8_t *bytes, uint16_t length,
                  bool is_last);

/* The session ended with EOT: true if a query waits for its answer. */
bool message_end(struct message *message);

/* The session ended without EOT. */
void message_abort(struct message *message);

#endif
