#include "link.h"

#include "bytes.h"
#include "frame.h"
#include "loop.h"

void link_start(struct link *link, const struct link_user *user)
{
    *link = (struct link){.user = user};
}

const char *link_state_name(enum link_state state)
{
    static const char *const names[] = {
        [LINK_IDLE] = "idle",
        [LINK_RECEIVING] = "receiving",
        [LINK_PROCESSING] = "processing",
        [LINK_SENDING] = "sending",
    };

    return names[state];
}

static void send_byte(uint8_t byte)
{
    loop_send(&byte, 1);
}

static void go_idle(struct link *link)
{
    link->state = LINK_IDLE;
    link->wait_ticks = 0;
}

/* --- receiving -------------------------------------------------------------------------
 */

static void open_session(struct link *link)
{
    link->state = LINK_RECEIVING;
    link->wait_ticks = LINK_RECEIVE_TICKS;
    link->number = 1;
    link->accepted = false;
    link->in_frame = false;
    link->user->begin();
    send_byte(FRAME_ACK);
}

static void accept(struct link *link)
{
    uint16_t text = (uint16_t)(link->length - 6);

    link->number = (uint8_t)((link->number + 1) % 8);
    link->accepted = true;
    link->user->text(link->frame + 1, text, link->frame[1 + text] == FRAME_ETX);
}

/* E1381-02 6.3.2: the number tells a new frame from one that was sent again because its
 * acknowledgement was lost. */
static bool take_frame(struct link *link)
{
    uint8_t number = (uint8_t)(link->frame[0] - '0');

    if ((!ANALYSER_DEFECTIVE && link->length > LINK_FRAME_MAX) || /* A01 */
        !frame_is_sound(link->frame, link->length)) {
        return false;
    }
    if (!ANALYSER_DEFECTIVE) { /* A03 */
        if (link->accepted && number == (link->number + 7) % 8) {
            return true;
        }
        if (number != link->number) {
            return false;
        }
    }
    accept(link);
    return true;
}

/* LF ends a frame whatever it holds: it may not occur in the text. */
static void receive_frame(struct link *link, uint8_t byte)
{
    if (ANALYSER_DEFECTIVE || link->length < LINK_FRAME_MAX) { /* A01 */
        link->frame[link->length++] = byte;
    } else {
        link->length = LINK_FRAME_MAX + 1;
    }
    if (byte == '\n') {
        link->in_frame = false;
        link->wait_ticks = LINK_RECEIVE_TICKS;
        send_byte(take_frame(link) ? FRAME_ACK : FRAME_NAK);
    }
}

static void close_session(struct link *link)
{
    go_idle(link);
    if (link->user->end()) {
        link->state = LINK_PROCESSING;
        link->wait_ticks = LINK_PROCESSING_TICKS;
        link->tries = 0;
    }
}

static void receive(struct link *link, uint8_t byte)
{
    if (byte == FRAME_EOT) {
        close_session(link);
    } else if (byte == FRAME_STX) {
        link->in_frame = true;
        link->length = 0;
    } else if (link->in_frame) {
        receive_frame(link, byte);
    }
}

/* --- sending ---------------------------------------------------------------------------
 */

static void stop(struct link *link)
{
    send_byte(FRAME_EOT);
    go_idle(link);
}

static void call(struct link *link)
{
    link->state = LINK_SENDING;
    link->phase = LINK_CALLING;
    link->number = 1;
    link->record_length = link->record_at = 0;
    link->wait_ticks = ANALYSER_DEFECTIVE ? 0 : LINK_REPLY_TICKS; /* A06 */
    send_byte(FRAME_ENQ);
}

static void pause(struct link *link, uint32_t ticks)
{
    if (++link->tries >= LINK_TRIES) {
        stop(link);
        return;
    }
    link->phase = LINK_PAUSING;
    link->wait_ticks = ticks;
}

static uint16_t piece_length(const struct link *link)
{
    uint16_t left = (uint16_t)(link->record_length - link->record_at);

    return left > LINK_TEXT_MAX ? LINK_TEXT_MAX : left;
}

static void send_frame(struct link *link)
{
    uint16_t text = piece_length(link);
    bool is_last = link->record_at + text == link->record_length;
    uint8_t *frame = link->frame;

    frame[0] = (uint8_t)('0' + link->number);
    memcpy(frame + 1, link->record + link->record_at, text);
    frame[1 + text] = is_last ? FRAME_ETX : FRAME_ETB;
    frame_put_sum(frame + 2 + text, frame_sum(frame, (uint16_t)(text + 2)));
    frame[4 + text] = '\r';
    frame[5 + text] = '\n';
    send_byte(FRAME_STX);
    loop_send(frame, (uint16_t)(text + 6));
    link->phase = LINK_FRAME;
    link->wait_ticks = LINK_REPLY_TICKS;
}

static void send_next(struct link *link)
{
    if (link->record_at == link->record_length) {
        link->record_at = 0;
        link->record_length = link->user->next(link->record);
    }
    link->tries = 0;
    if (link->record_length == 0) {
        stop(link);
    } else {
        send_frame(link);
    }
}

/* E1381-02 6.2.1: the instrument goes first after a collision. */
static void hear_while_calling(struct link *link, uint8_t byte)
{
    switch (byte) {
    case FRAME_ACK: send_next(link); break;
    case FRAME_NAK: pause(link, LINK_BUSY_TICKS); break;
    case FRAME_ENQ: pause(link, LINK_CONTENTION_TICKS); break;
    case FRAME_EOT: stop(link); break;
    default: break;
    }
}

/* E1381-02 6.3.4: whatever is neither ACK nor EOT counts as NAK. */
static void hear_frame_reply(struct link *link, uint8_t byte)
{
    if (byte == FRAME_EOT) {
        stop(link);
    } else if (byte == FRAME_ACK) {
        link->record_at = (uint16_t)(link->record_at + piece_length(link));
        link->number = (uint8_t)((link->number + 1) % 8);
        send_next(link);
    } else if (++link->tries >= LINK_TRIES) {
        stop(link);
    } else {
        send_frame(link);
    }
}

/* Between two calls, and before the first. */
static void hear_while_waiting(struct link *link, uint8_t byte)
{
    if (byte == FRAME_ENQ) {
        send_byte(FRAME_NAK);
    } else if (byte == FRAME_EOT) {
        go_idle(link);
    }
}

static void hear_while_sending(struct link *link, uint8_t byte)
{
    switch (link->phase) {
    case LINK_CALLING: hear_while_calling(link, byte); break;
    case LINK_PAUSING: hear_while_waiting(link, byte); break;
    case LINK_FRAME: hear_frame_reply(link, byte); break;
    }
}

/* --- both ------------------------------------------------------------------------------
 */

void link_receive(struct link *link, uint8_t byte)
{
    switch (link->state) {
    case LINK_IDLE:
        if (byte == FRAME_ENQ) {
            open_session(link);
        }
        break;
    case LINK_RECEIVING: receive(link, byte); break;
    case LINK_PROCESSING: hear_while_waiting(link, byte); break;
    case LINK_SENDING: hear_while_sending(link, byte); break;
    }
}

void link_tick(struct link *link)
{
    if (link->wait_ticks == 0 || --link->wait_ticks > 0) {
        return;
    }
    if (link->state == LINK_RECEIVING) {
        link->user->abort();
        go_idle(link);
    } else if (link->state == LINK_PROCESSING || link->phase == LINK_PAUSING) {
        call(link);
    } else {
        stop(link);
    }
}
