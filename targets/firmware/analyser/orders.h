/*
 * The analyser's worklist: the latest orders, whose results are there at once. Owned by
 * the main loop.
 */
#ifndef ORDERS_H
#define ORDERS_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"

#define ORDERS_MAX 16
#define ORDERS_TESTS 8 /* in one order */
#define ORDERS_ID 20   /* characters of a specimen's or patient's identifier */
#define ORDERS_NAME 32
#define ORDERS_COMMENT 300
#define ORDERS_ALL 0xFF /* any test */

struct patient {
    char id[ORDERS_ID + 1];
    char last[ORDERS_NAME + 1], first[ORDERS_NAME + 1];
};

struct order {
    struct patient patient;
    char specimen[ORDERS_ID + 1];
    char comment[ORDERS_COMMENT + 1];
    char priority;
    uint8_t test_count;
    uint8_t tests[ORDERS_TESTS]; /* index into orders_tests */
};

struct test {
    const char *code, *unit;
    uint16_t low, high; /* reference range, in tenths of the unit */
};

#define ORDERS_TEST_KINDS 8
extern const struct test orders_tests[ORDERS_TEST_KINDS];

/* The oldest order makes room when there is none left. */
struct orders {
    uint8_t count;
    struct order list[ORDERS_MAX];
};

void orders_add(struct orders *orders, const struct order *order);
void orders_cancel(struct orders *orders, const char *specimen);
bool orders_is_same(const char *a, const char *b);

/* The test with this code; -1 if there is none. */
int orders_find_test(struct view code);

/* In tenths of the unit: the same for the same specimen and test. */
uint16_t orders_result(const struct order *order, uint8_t test);

#endif
