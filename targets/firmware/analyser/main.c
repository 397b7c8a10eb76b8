/* The analyser: the link between the port and the messages, and words to the console. */
#include "answer.h"
#include "board.h"
#include "console.h"
#include "fault.h"
#include "link.h"
#include "loop.h"
#include "message.h"

#define VARIANT (ANALYSER_DEFECTIVE ? "defective" : "fixed")

_Static_assert(ANSWER_RECORD_MAX <= LINK_RECORD_MAX, "an answer's record fits the link");

static struct link link;
static struct message message;
static struct answer answer;
static enum link_state reported;

static void on_begin(void)
{
    message_begin(&message);
}

static void on_text(const uint8_t *bytes, uint16_t length, bool is_last)
{
    message_text(&message, bytes, length, is_last);
}

static bool on_end(void)
{
    if (!message_end(&message)) {
        return false;
    }
    answer_start(&answer, &message.query, &message.orders);
    return true;
}

static void on_abort(void)
{
    message_abort(&message);
}

static uint16_t on_next(uint8_t record[LINK_RECORD_MAX])
{
    return answer_next(&answer, record);
}

static const struct link_user user = {
    .begin = on_begin,
    .text = on_text,
    .end = on_end,
    .abort = on_abort,
    .next = on_next,
};

static void report_state(void)
{
    if (link.state == reported) {
        return;
    }
    console_text("state ");
    console_text(link_state_name(reported));
    console_text(" -> ");
    console_text(link_state_name(link.state));
    console_text("\n");
    reported = link.state;
}

static void on_byte(uint8_t byte)
{
    link_receive(&link, byte);
    report_state();
}

static void on_tick(void)
{
    link_tick(&link);
    report_state();
}

int main(void)
{
    enum reset_cause cause = fault_take_cause();

    link_start(&link, &user);
    message_begin(&message);
    board_start();
    console_text("analyser 1.0 ");
    console_text(VARIANT);
    console_text(" reset=");
    console_text(fault_cause_name(cause));
    console_text("\n");
    loop_run(on_byte, on_tick, 0);
}
