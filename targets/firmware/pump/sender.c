/*
 * The service port as a sender of HL7 results: connects to a receiver and sends what the
 * pump does as ORU^R01, one message at a time, each of which has to be acknowledged. On
 * lwIP's raw interface.
 */
#include "block.h"
#include "board.h"
#include "bytes.h"
#include "console.h"
#include "device.h"
#include "hl7.h"
#include "lwip/tcp.h"
#include "network.h"
#include "port.h"

#define PORT 2575
#define ANSWER_MAX 1024
#define RESULT_MAX 512
#define CODE_MAX 16 /* of an error that the receiver names */
#define PAUSE_TICKS 1
#define ROUND_TICKS (BOARD_TICKS_PER_SECOND / 10)
#define UNANSWERED_TICKS (2 * BOARD_TICKS_PER_SECOND)

static void put_settings(struct hl7_writer *writer, const struct pump *pump);
static void put_delivery(struct hl7_writer *writer, const struct pump *pump);
static void put_battery(struct hl7_writer *writer, const struct pump *pump);

/* The results of one round. */
static void (*const results[])(struct hl7_writer *, const struct pump *) = {
    put_settings, put_delivery, put_battery};

#define RESULTS (sizeof results / sizeof results[0])

static struct {
    struct device *device;
    struct tcp_pcb *pcb; /* NULL: not connected, and not about to be */
    uint8_t answer[ANSWER_MAX];
    struct block block;
    uint32_t first;        /* control id of the round's first result */
    uint32_t at;           /* the result that waits for its answer; RESULTS: none */
    bool is_done[RESULTS]; /* acknowledged in this round */
    uint16_t ticks;        /* since the latest message, or the connection's end */
} sender;

/* ------------------------------------------------------------------------ the connection
 */
static void leave(void)
{
    struct tcp_pcb *pcb = sender.pcb;

    sender.pcb = 0;
    sender.ticks = 0;
    if (pcb != 0) {
        tcp_recv(pcb, 0);
        tcp_err(pcb, 0);
    }
}

/* Breaks the connection. Returns what a callback has to return. */
static err_t drop(void)
{
    struct tcp_pcb *pcb = sender.pcb;

    leave();
    tcp_abort(pcb);
    return ERR_ABRT;
}

/* ---------------------------------------------------------------------------- results */
static void put_tenths(struct hl7_writer *writer, uint32_t tenths)
{
    hl7_put_number(writer, tenths / 10);
    hl7_put_words(writer, ".");
    hl7_put_number(writer, tenths % 10);
}

static void put_settings(struct hl7_writer *writer, const struct pump *pump)
{
    hl7_put_words(writer, "OBX|1|NM|RATE^Rate^L||");
    put_tenths(writer, pump->holding[REGISTER_RATE]);
    hl7_put_words(writer, "|ml/h|||||F\rOBX|2|NM|VTBI^Volume to be infused^L||");
    hl7_put_number(writer, pump->holding[REGISTER_VTBI]);
    hl7_put_words(writer, "|ml|||||F\r");
}

static void put_delivery(struct hl7_writer *writer, const struct pump *pump)
{
    hl7_put_words(writer, "OBX|1|NM|DELIVERED^Delivered volume^L||");
    put_tenths(writer, pump->delivered_dml);
    hl7_put_words(writer, "|ml|||||F\rOBX|2|ST|STATE^State^L||");
    hl7_put_words(writer, pump_state_name(pump->state));
    hl7_put_words(writer, "||||||F\r");
}

static void put_battery(struct hl7_writer *writer, const struct pump *pump)
{
    hl7_put_words(writer, "OBX|1|NM|BATTERY^Battery^L||");
    hl7_put_number(writer, pump->battery_percent);
    hl7_put_words(writer, "|%|||||F\r");
}

static void send_result(void)
{
    static const struct hl7_text event = {(const uint8_t *)"R01", 3};
    const struct pump *pump = &sender.device->pump;
    uint8_t text[RESULT_MAX + BLOCK_AROUND];
    struct hl7_writer writer = {text + 1, 0, RESULT_MAX, hl7_recommended};

    hl7_put_header(&writer, "IP-50", "ORU", event, "^ORU_R01", "",
                   sender.first + sender.at);
    hl7_put_words(&writer, "OBR|1|||PUMP^Infusion pump^L\r");
    results[sender.at](&writer, pump);
    text[0] = BLOCK_START;
    writer.at[writer.length] = BLOCK_END_1;
    writer.at[writer.length + 1] = BLOCK_END_2;
    tcp_write(sender.pcb, text, (u16_t)(writer.length + BLOCK_AROUND),
              TCP_WRITE_FLAG_COPY);
    tcp_output(sender.pcb);
    sender.ticks = 0;
}

static void begin_round(void)
{
    sender.first += RESULTS;
    sender.at = 0;
    memset(sender.is_done, 0, sizeof sender.is_done);
    send_result();
}

/* ---------------------------------------------------------------------------- answers */
/* MSA-2 as a number. False when it is none of ours. */
static bool read_number(struct hl7_text text, uint32_t *number)
{
    *number = 0;
    for (uint32_t i = 0; i < text.length; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') {
            return false;
        }
        *number = 10 * *number + text.at[i] - '0';
    }
    return text.length > 0;
}

/* Whether the answer is to the result that waits for one. */
static bool is_expected(struct hl7_text control_id)
{
    uint32_t number, place;

    if (!read_number(control_id, &number)) {
        return false;
    }
    place = number - sender.first;
#if !PUMP_DEFECTIVE /* S02: a result that is not of this round has no place */
    if (control_id.length > 10 || place != sender.at) {
        return false;
    }
#endif
    sender.is_done[place] = true;
    return place == sender.at;
}

/* Says which error the receiver names (ERR-3). */
static void report_refusal(struct hl7_text code)
{
    uint8_t text[CODE_MAX];

#if !PUMP_DEFECTIVE /* S01: as long as the receiver says */
    code.length = code.length < CODE_MAX ? code.length : CODE_MAX;
#endif
    memcpy(text, code.at, code.length);
    console_text("result refused ");
    for (uint32_t i = 0; i < code.length && i < CODE_MAX; i++) {
        board_console_send(text[i] >= 0x20 && text[i] <= 0x7E ? text[i] : '?');
    }
    console_text("\n");
}

/* An acknowledgment of the result that waits: AA, AE or AR. What else comes ends the
 * connection. */
static bool take_answer(struct hl7_text message)
{
    struct hl7_separators separators;
    struct hl7_text segment, code, error = {0, 0};

    if (sender.at == RESULTS || !hl7_read_separators(message, &separators) ||
        !hl7_next_segment(&message, &segment) ||
        !hl7_is(hl7_component(&separators, segment, 8, 1), "ACK") ||
        !hl7_next_segment(&message, &segment) ||
        !hl7_is(hl7_part(segment, separators.field, 0), "MSA")) {
        return false;
    }
    code = hl7_part(segment, separators.field, 1);
    if ((!hl7_is(code, "AA") && !hl7_is(code, "AE") && !hl7_is(code, "AR")) ||
        !is_expected(hl7_part(segment, separators.field, 2))) {
        return false;
    }
    if (!hl7_is(code, "AA")) {
        if (hl7_next_segment(&message, &segment) &&
            hl7_is(hl7_part(segment, separators.field, 0), "ERR")) {
            error = hl7_component(&separators, segment, 3, 1);
        }
        report_refusal(error);
    }
    return true;
}

static bool take(uint8_t byte)
{
    enum block_state state = block_take(&sender.block, byte);

    if (state != BLOCK_IS_WHOLE) {
        return state == BLOCK_GOES_ON;
    }
    if (!take_answer((struct hl7_text){sender.answer, sender.block.filled})) {
        return false;
    }
    if (++sender.at < RESULTS) {
        send_result();
    }
    return true;
}

/* --------------------------------------------------------------------- what lwIP calls
 */
static err_t on_receive(void *context, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
    bool goes_on = p != 0;

    (void)context;
    (void)error;
    for (const struct pbuf *piece = p; piece != 0 && goes_on; piece = piece->next) {
        const uint8_t *bytes = piece->payload;

        for (uint16_t i = 0; i < piece->len && goes_on; i++) {
            goes_on = take(bytes[i]);
        }
    }
    if (p != 0) {
        tcp_recved(pcb, p->tot_len);
        pbuf_free(p);
    }
    return goes_on ? ERR_OK : drop();
}

/* lwIP has freed the control block already. */
static void on_error(void *context, err_t error)
{
    (void)context;
    (void)error;
    sender.pcb = 0;
    leave();
}

static err_t on_connected(void *context, struct tcp_pcb *pcb, err_t error)
{
    (void)context;
    (void)error;
    tcp_nagle_disable(pcb);
    sender.block = (struct block){sender.answer, ANSWER_MAX, 0, false};
    begin_round();
    return ERR_OK;
}

static void reach(void)
{
    ip4_addr_t receiver;

    IP4_ADDR(&receiver, 10, 0, 2, 100);
    sender.pcb = tcp_new();
    tcp_recv(sender.pcb, on_receive);
    tcp_err(sender.pcb, on_error);
    sender.at = RESULTS;
    sender.ticks = 0;
    if (tcp_connect(sender.pcb, &receiver, PORT, on_connected) != ERR_OK) {
        drop();
    }
}

/* -------------------------------------------------------------------------- the port */
void port_start(struct device *device)
{
    sender.device = device;
    sender.first = 1;
    network_start();
}

/* What the ticks since the latest message, or since the connection's end, make due. */
static void wake(void)
{
    if (sender.pcb == 0) {
        if (sender.ticks >= PAUSE_TICKS) {
            reach();
        }
    } else if (sender.at < RESULTS || sender.pcb->state != ESTABLISHED) {
        if (sender.ticks >= UNANSWERED_TICKS) {
            drop();
        }
    } else if (sender.ticks >= ROUND_TICKS) {
        begin_round();
    }
}

void port_tick(void)
{
    network_tick();
    sender.ticks++;
    wake();
}

void port_serve(struct device *device)
{
    (void)device;
    network_serve();
}

bool port_is_waiting(void)
{
    return network_is_waiting();
}

uint16_t port_dropped(void)
{
    return 0;
}

/* The serial port has no user. */
void board_on_byte(uint8_t byte, bool damaged)
{
    (void)byte;
    (void)damaged;
}

void board_on_silence(void)
{
}
