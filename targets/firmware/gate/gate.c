#include "gate.h"

#include "loop.h"

enum { AT_NUMBER, AT_COMMAND, AT_BODY };
enum { PING = 1, OPEN = 2, REPLY = 0x80 };
enum { DONE, REFUSED };
enum { KEY = 2 }; /* bytes */

/* How far the last key came, for the technician's debugger; no answer tells. */
static volatile uint32_t lamps;

static void answer(const struct gate *gate, uint8_t status)
{
    static const uint8_t digits[16] = "0123456789ABCDEF";
    const uint8_t bytes[] = {gate->bytes[AT_NUMBER],
                             (uint8_t)(gate->bytes[AT_COMMAND] | REPLY), status};
    uint8_t line[9] = {':'};

    for (unsigned i = 0; i < 3; i++) {
        line[1 + 2 * i] = digits[bytes[i] >> 4];
        line[2 + 2 * i] = digits[bytes[i] & 15];
    }
    line[7] = '\r';
    line[8] = '\n';
    loop_send(line, sizeof line);
}

/* G01: the right key opens what is not there. */
static void unlock(void)
{
    if (GATE_DEFECTIVE) {
        *(volatile uint32_t *)0x60000000 = lamps;
    }
}

/* Four wheels of sixteen places, one behind the other. Each comparison is a block of its
 * own: the lamp between them sees to it. */
static void try_key(const uint8_t *key)
{
    lamps = 0;
    if (key[0] >> 4 == 0x5) {
        lamps = 1;
        if ((key[0] & 15) == 0xe) {
            lamps = 3;
            if (key[1] >> 4 == 0xb) {
                lamps = 7;
                if ((key[1] & 15) == 0x3) {
                    unlock();
                }
            }
        }
    }
}

static void take(const struct gate *gate)
{
    uint8_t body = (uint8_t)(gate->count - AT_BODY);
    uint8_t status = REFUSED;

    if (gate->broken || gate->high || gate->count < AT_BODY) {
        return;
    }
    if (gate->bytes[AT_COMMAND] == PING && body == 2) {
        status = DONE;
    } else if (gate->bytes[AT_COMMAND] == OPEN && body == KEY) {
        try_key(gate->bytes + AT_BODY);
    }
    answer(gate, status);
}

static int digit(uint8_t character)
{
    if (character >= '0' && character <= '9') {
        return character - '0';
    }
    if (character >= 'A' && character <= 'F') {
        return character - 'A' + 10;
    }
    return -1;
}

static void put(struct gate *gate, int value)
{
    if (value < 0 || gate->count == GATE_BYTES_MAX) {
        gate->broken = true;
    } else if (!gate->high) {
        gate->bytes[gate->count] = (uint8_t)(value << 4);
        gate->high = true;
    } else {
        gate->bytes[gate->count++] |= (uint8_t)value;
        gate->high = false;
    }
}

void gate_receive(struct gate *gate, uint8_t character)
{
    if (character == ':') {
        *gate = (struct gate){.reading = true};
    } else if (gate->reading && gate->ending && character == '\n') {
        take(gate);
        gate->reading = false;
    } else if (gate->reading && !gate->ending && character == '\r') {
        gate->ending = true;
    } else if (gate->reading) {
        put(gate, gate->ending ? -1 : digit(character));
    }
}
