/* What the anomalies of delivery share: what a message has room for, and the functions of
 * one whose cases are a delivery each. */
#ifndef PERCUSS_GENERATE_ANOMALY_DELIVERED_H
#define PERCUSS_GENERATE_ANOMALY_DELIVERED_H

#include "generate/anomaly.h"

#define MS INT64_C(1000000)

static inline bool whole_message(const struct site *site)
{
    return site->node == 0;
}

static inline size_t message_length(const struct site *site)
{
    return site->session->messages[site->message].bytes.length;
}

static inline const struct framing *framing_of(const struct site *site)
{
    return model_framing(site->session->model);
}

/* A message whose end is not where the sender pauses. */
static inline bool may_pause(const struct site *site)
{
    return framing_is_self_delimiting(framing_of(site));
}

/* Four bytes have an inside: a beginning, a middle and an end that are apart. */
static inline bool has_inside(const struct site *site)
{
    return whole_message(site) && message_length(site) >= 4;
}

static inline uint32_t middle(const struct site *site)
{
    return (uint32_t)(message_length(site) / 2);
}

/* The cases of an anomaly that is a delivery of the message alone are named by it. */
#define DELIVERED(anomaly)                                                       \
    static void anomaly##_arrange(const struct site *site, uint64_t k,           \
                                  struct arrangement *arrangement)               \
    {                                                                            \
        arrangement->delivery = anomaly##_delivery(site, k);                     \
    }                                                                            \
    static void anomaly##_label(const struct site *site, uint64_t k, char *text, \
                                size_t size)                                     \
    {                                                                            \
        struct delivery delivery = anomaly##_delivery(site, k);                  \
                                                                                 \
        delivery_text(&delivery, text, size);                                    \
    }

#endif
