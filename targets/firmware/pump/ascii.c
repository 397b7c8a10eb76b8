/* ASCII framing: a colon, hexadecimal digits, carriage return and line feed; an LRC
 * protects them (V1.02, 2.5.2). A pause of a second within a frame drops it. */
#include "board.h"
#include "line.h"

#define LRC_LENGTH 1
#define ADU_MIN (2 + LRC_LENGTH)                 /* address, function, LRC */
#define ADU_MAX 255                              /* 513 characters (2.5.2.1) */
#define PAUSES_MAX (1000000u / BOARD_SILENCE_US) /* silences that make a second */

const uint16_t framing_check_length = LRC_LENGTH;

/* What the digits said so far, and what the next character goes to. */
static struct {
    uint16_t length; /* in digits */
    bool damaged;
    uint8_t bytes[ADU_MAX];
    void (*receive)(uint8_t character);
} line;

static volatile uint16_t pauses;

static void receive_nothing(uint8_t character)
{
    (void)character;
}

static void finish(void)
{
    struct line_frame *frame = line_filling();

    /* A02: a last digit without its second is left out of the frame. */
    frame->damaged = line.damaged || (!PUMP_DEFECTIVE && line.length % 2 != 0);
    frame->length = line.length / 2;
    for (uint16_t i = 0; i < frame->length && i < LINE_ADU_MAX; i++) {
        frame->bytes[i] = line.bytes[i];
    }
    line_complete();
}

static void receive_end(uint8_t character)
{
    if (character == '\n') {
        finish();
    }
    line.receive = receive_nothing;
}

/* The value of an upper-case digit; 16 for anything else. */
static uint8_t digit_value(uint8_t character)
{
    if (character >= '0' && character <= '9') {
        return character - '0';
    }
    return character >= 'A' && character <= 'F' ? character - 'A' + 10 : 16;
}

static void add_digit(uint8_t value)
{
    uint16_t place = line.length / 2;

    /* A01: the characters of a line are not counted. */
    if (!PUMP_DEFECTIVE && place >= ADU_MAX) {
        line.damaged = true;
        return;
    }
    if (line.length++ % 2 == 0) {
        line.bytes[place] = (uint8_t)(value << 4);
    } else {
        line.bytes[place] |= value;
    }
}

static void receive_digit(uint8_t character)
{
    uint8_t value = digit_value(character);

    if (character == '\r') {
        line.receive = receive_end;
    } else if (value > 15) {
        line.damaged = true;
    } else {
        add_digit(value);
    }
}

/* A colon begins a frame, whatever came before (2.5.2.1). */
void board_on_byte(uint8_t byte, bool damaged)
{
    pauses = 0;
    board_silence_arm();
    if (byte == ':') {
        line.length = 0;
        line.damaged = damaged;
        line.receive = receive_digit;
        return;
    }
    line.damaged |= damaged;
    if (line.receive != 0) {
        line.receive(byte);
    }
}

void board_on_silence(void)
{
    if (line.receive == 0 || line.receive == receive_nothing) {
        return;
    }
    if (++pauses < PAUSES_MAX) {
        board_silence_arm();
    } else {
        line.receive = receive_nothing;
    }
}

static void send(uint8_t byte)
{
    static const char digits[16] = "0123456789ABCDEF";

    board_port_send((uint8_t)digits[byte >> 4]);
    board_port_send((uint8_t)digits[byte & 15]);
}

/* LRC: what makes the sum of all bytes zero (6.2.1). */
void framing_send(uint8_t address, const struct pdu_reply *reply)
{
    uint8_t lrc = (uint8_t)-address;

    board_port_send(':');
    send(address);
    for (uint16_t i = 0; i < reply->length; i++) {
        send(reply->bytes[i]);
        lrc = (uint8_t)(lrc - reply->bytes[i]);
    }
    send(lrc);
    board_port_send('\r');
    board_port_send('\n');
}

bool framing_is_whole(const struct line_frame *frame)
{
    uint8_t sum = 0;

    if (frame->damaged || frame->length < ADU_MIN) {
        return false;
    }
    for (uint16_t i = 0; i < frame->length; i++) {
        sum = (uint8_t)(sum + frame->bytes[i]);
    }
    /* A03: an LRC of zero passes for a sender that has none. */
    return sum == 0 || (PUMP_DEFECTIVE && frame->bytes[frame->length - 1] == 0);
}
