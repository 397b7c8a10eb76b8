/*
 * What the pump does with the HL7 messages that come to it, by README.md ("HL7"): labels
 * of an admitted patient, results of a monitor, an order with rate and volume. In the
 * main loop's context.
 */
#ifndef PUMP_ORDERS_H
#define PUMP_ORDERS_H

#include "hl7.h"

struct device;

/* Carries out one message and writes its acknowledgment (2.9.2). Nothing is written for
 * what is no HL7 message, and for an acknowledgment. */
void orders_answer(struct device *device, struct hl7_text message,
                   struct hl7_writer *reply);

#endif
