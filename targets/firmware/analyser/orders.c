#include "orders.h"

#include "bytes.h"

const struct test orders_tests[ORDERS_TEST_KINDS] = {
    {"GLU", "mg/dL", 700, 1050}, {"CREA", "mg/dL", 6, 12},
    {"UREA", "mg/dL", 170, 430}, {"NA", "mmol/L", 1350, 1450},
    {"K", "mmol/L", 35, 51},     {"ALT", "U/L", 70, 560},
    {"AST", "U/L", 100, 400},    {"CHOL", "mg/dL", 1250, 2000},
};

void orders_add(struct orders *orders, const struct order *order)
{
    if (orders->count == ORDERS_MAX) {
        memmove(orders->list, orders->list + 1,
                sizeof orders->list - sizeof *orders->list);
        orders->count--;
    }
    orders->list[orders->count++] = *order;
}

bool orders_is_same(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

void orders_cancel(struct orders *orders, const char *specimen)
{
    uint8_t kept = 0;

    for (uint8_t i = 0; i < orders->count; i++) {
        if (!orders_is_same(orders->list[i].specimen, specimen)) {
            orders->list[kept++] = orders->list[i];
        }
    }
    orders->count = kept;
}

int orders_find_test(struct view code)
{
    for (int i = 0; i < ORDERS_TEST_KINDS; i++) {
        if (record_is(code, orders_tests[i].code)) {
            return i;
        }
    }
    return -1;
}

uint16_t orders_result(const struct order *order, uint8_t test)
{
    const struct test *kind = &orders_tests[test];
    uint32_t mixed = 2166136261u + test;

    for (const char *c = order->specimen; *c != '\0'; c++) {
        mixed = (mixed ^ (uint8_t)*c) * 16777619u;
    }
    return (uint16_t)(kind->low + (mixed >> 8) % (uint32_t)(kind->high - kind->low + 1));
}
