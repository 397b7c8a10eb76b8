/* The answer to a query, record by record. Owned by the main loop. */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdint.h>

#include "message.h"

#define ANSWER_RECORD_MAX 1200

enum answer_step {
    ANSWER_HEADER,
    ANSWER_PATIENT,
    ANSWER_ORDER,
    ANSWER_COMMENT,
    ANSWER_RESULT,
    ANSWER_TERMINATOR,
    ANSWER_DONE,
};

struct answer {
    const struct query *query;
    const struct orders *orders;
    enum answer_step step;
    uint8_t order, test; /* to be told next */
    uint8_t patients, results;
};

void answer_start(struct answer *answer, const struct query *query,
                  const struct orders *orders);

/* Writes the next record, CR included, and returns its length; 0 after the last. */
uint16_t answer_next(struct answer *answer, uint8_t record[ANSWER_RECORD_MAX]);

#endif
