/*
 * The LAN9118 of the MPS2 boards (SMSC LAN9118 data sheet; the real board has a LAN9220,
 * for which the same holds). Frames pass through its FIFOs, word by word.
 */
#include "cortex.h"
#include "ethernet.h"

#define LAN 0x40200000
#define IRQ_ETHERNET 13

#define RX_DATA REGISTER(LAN + 0x00)
#define TX_DATA REGISTER(LAN + 0x20)
#define RX_STATUS REGISTER(LAN + 0x40)
#define TX_STATUS REGISTER(LAN + 0x48)
#define IRQ_CFG REGISTER(LAN + 0x54)
#define INT_STS REGISTER(LAN + 0x58)
#define INT_EN REGISTER(LAN + 0x5C)
#define FIFO_INT REGISTER(LAN + 0x68)
#define RX_CFG REGISTER(LAN + 0x6C)
#define TX_CFG REGISTER(LAN + 0x70)
#define HW_CFG REGISTER(LAN + 0x74)
#define RX_FIFO_INF REGISTER(LAN + 0x7C)
#define TX_FIFO_INF REGISTER(LAN + 0x80)
#define MAC_CSR_CMD REGISTER(LAN + 0xA4)
#define MAC_CSR_DATA REGISTER(LAN + 0xA8)

#define HW_CFG_RESET 0x1u
#define HW_CFG_START (0x1u << 20 | 5u << 16) /* must be one; 5 KiB for sending */
#define IRQ_CFG_ON 0x111u                    /* enabled, active high, push-pull */
#define INT_RX_STATUS 0x8u                   /* a frame came */
#define TX_CFG_ON 0x6u                       /* on; statuses that nobody reads may go */
#define RX_STATUS_ERROR 0x8000u
#define RX_STATUS_LENGTH(status) ((uint16_t)((status) >> 16 & 0x3FFF))
#define CHECK_LENGTH 4 /* the check sequence is in the FIFO, too */

#define MAC_CR 1
#define MAC_ADDRESS_HIGH 2
#define MAC_ADDRESS_LOW 3
#define MAC_CR_ON 0xCu /* receiver and transmitter */
#define MAC_BUSY 0x80000000u
#define PATIENCE 1000 /* polls, more than a command takes */

#define TX_FIRST_AND_LAST 0x3000u

static volatile bool waiting;

static void write_mac(uint32_t number, uint32_t value)
{
    MAC_CSR_DATA = value;
    MAC_CSR_CMD = MAC_BUSY | number;
    for (int i = 0; i < PATIENCE && (MAC_CSR_CMD & MAC_BUSY); i++) {}
}

void ethernet_start(const uint8_t address[ETHERNET_ADDRESS])
{
    HW_CFG = HW_CFG_RESET;
    for (int i = 0; i < PATIENCE && (HW_CFG & HW_CFG_RESET); i++) {}
    HW_CFG = HW_CFG_START;
    RX_CFG = 0;
    TX_CFG = TX_CFG_ON;
    FIFO_INT = 0; /* from the first frame on */
    write_mac(MAC_ADDRESS_LOW, (uint32_t)address[3] << 24 | (uint32_t)address[2] << 16 |
                                   (uint32_t)address[1] << 8 | address[0]);
    write_mac(MAC_ADDRESS_HIGH, (uint32_t)address[5] << 8 | address[4]);
    INT_STS = ~0u;
    INT_EN = INT_RX_STATUS;
    IRQ_CFG = IRQ_CFG_ON;
    cortex_forget_irq(IRQ_ETHERNET);
    cortex_enable_irq(IRQ_ETHERNET, PRIORITY_PORT);
    write_mac(MAC_CR, MAC_CR_ON);
}

static unsigned frames_in_fifo(void)
{
    return RX_FIFO_INF >> 16 & 0xFF;
}

/* The main loop asks again for interrupts when it has taken every frame. */
void ethernet_on_interrupt(void)
{
    INT_EN = 0;
    waiting = true;
}

/* Acknowledged before the last look: a frame that arrives in between interrupts again. */
static void wait_for_next(void)
{
    waiting = false;
    INT_STS = INT_RX_STATUS;
    INT_EN = INT_RX_STATUS;
    if (frames_in_fifo() > 0) {
        waiting = true;
    }
}

static void read_words(uint32_t *frame, unsigned count, unsigned room)
{
    for (unsigned i = 0; i < count; i++) {
        uint32_t word = RX_DATA;

        if (i < room) {
            frame[i] = word;
        }
    }
}

uint16_t ethernet_receive(uint32_t *frame)
{
    uint32_t status;
    uint16_t length;

    if (frames_in_fifo() == 0) {
        if (waiting) {
            wait_for_next();
        }
        return 0;
    }
    status = RX_STATUS;
    length = RX_STATUS_LENGTH(status);
    read_words(frame, (length + 3u) / 4, (ETHERNET_FRAME_MAX + 3) / 4);
    if (status & RX_STATUS_ERROR || length <= CHECK_LENGTH ||
        length - CHECK_LENGTH > ETHERNET_FRAME_MAX) {
        return 0;
    }
    return length - CHECK_LENGTH;
}

bool ethernet_send(const uint32_t *frame, uint16_t length)
{
    unsigned words = (length + 3u) / 4;

    if ((TX_FIFO_INF & 0xFFFF) < words * 4 + 8) {
        return false;
    }
    TX_DATA = TX_FIRST_AND_LAST | length;
    TX_DATA = length;
    for (unsigned i = 0; i < words; i++) {
        TX_DATA = frame[i];
    }
    (void)TX_STATUS;
    return true;
}

bool ethernet_is_waiting(void)
{
    return waiting;
}
