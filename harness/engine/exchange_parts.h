/* What exchange.c and exchange_probe.c share: readiness, replies, exemplars. */
#ifndef PERCUSS_ENGINE_EXCHANGE_PARTS_H
#define PERCUSS_ENGINE_EXCHANGE_PARTS_H

#include "engine/runner.h"

enum answer { ANSWER_NONE, ANSWER_WRONG, ANSWER_RIGHT, ANSWER_UNASKED };

const struct framing *exchange_framing(const struct runner *runner);
bool exchange_has_datagrams(const struct runner *runner);
/* No connection tells late replies from others. */
bool exchange_is_line(const struct runner *runner);
/* Opens the link. Where nothing tells a late answer from the next one, because no
 * connection keeps them apart, what came late is dropped; that may show that the device's
 * port was closed meanwhile. */
int exchange_ready(struct runner *runner, struct error *error);
/* On a line, and with datagrams, nothing below repeats what got lost, as TCP does: a
 * message that should be answered and is not is sent a second time, as a master on a bus
 * does. Counted, case by case. */
bool exchange_repeats(const struct runner *runner);
int64_t exchange_deadline(const struct runner *runner);
/* runner_carry.c: the bytes of an exemplar with what the greeting of this connection told
 * filled in; and where it is learnt, of what is in wire.reply. */
struct view exchange_fill_exemplar(struct runner *runner, unsigned message,
                                   struct view bytes);
void exchange_learn_greeting(struct runner *runner);
/* Waits for one reply, or for the last of several. Returns the wire's status. */
enum wire_status exchange_await_reply(struct runner *runner, int64_t sent_ns,
                                      int64_t deadline_ns, struct exchange_result *result,
                                      struct error *error);
/* Sends exemplar `message`; its parsed form is in runner->probe_request. */
int exchange_send_exemplar(struct runner *runner, unsigned message, struct error *error);
/* Waits for the answer to the exemplar just sent. Frames that answer something else are
 * the case's, when there is one (`result`), else late and dropped. */
enum answer exchange_await_exemplar(struct runner *runner, int64_t sent_ns,
                                    struct exchange_result *result, int64_t deadline_ns,
                                    struct error *error);

#endif
