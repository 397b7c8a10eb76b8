/*
 * The Ethernet controller of the LM3S6965 (data sheet, chapter 15): 2 KiB for frames each
 * way, word by word through one data register. A frame that was received has its length
 * in front, and the check sequence behind; one that is sent has the length of what
 * follows its 14 bytes of header.
 */
#include "cortex.h"
#include "ethernet.h"

#define MAC 0x40048000
#define IRQ_ETHERNET 42
#define SYSCTL_RCGC2 REGISTER(0x400FE108)
#define RCGC2_ETHERNET 0x50000000u /* MAC and PHY */

#define MAC_IRQ REGISTER(MAC + 0x00) /* read: what is raised; write: acknowledged */
#define MAC_IM REGISTER(MAC + 0x04)
#define MAC_RCTL REGISTER(MAC + 0x08)
#define MAC_TCTL REGISTER(MAC + 0x0C)
#define MAC_DATA REGISTER(MAC + 0x10)
#define MAC_IA0 REGISTER(MAC + 0x14)
#define MAC_IA1 REGISTER(MAC + 0x18)
#define MAC_NP REGISTER(MAC + 0x34)
#define MAC_TR REGISTER(MAC + 0x38)

#define INT_ALL 0x7Fu
#define INT_RX 0x01u
#define RCTL_RESET_FIFO 0x10u
#define RCTL_ON 0x09u /* receiver; frames with a wrong check sequence are dropped */
#define TCTL_ON 0x0Fu /* transmitter, fills short frames, adds the check, full duplex */
#define TR_BUSY 0x01u

#define FIFO_LENGTH 2048
#define LENGTH_BYTES 2
#define CHECK_LENGTH 4
#define HEADER_LENGTH 14

static volatile bool waiting;

/* Over a reset of the core the emulated controller keeps what it holds. */
void ethernet_start(const uint8_t address[ETHERNET_ADDRESS])
{
    SYSCTL_RCGC2 |= RCGC2_ETHERNET;
    MAC_IM = 0;
    MAC_RCTL = RCTL_RESET_FIFO;
    MAC_RCTL = 0;
    MAC_IRQ = INT_ALL;
    waiting = false;
    MAC_IA0 = (uint32_t)address[3] << 24 | (uint32_t)address[2] << 16 |
              (uint32_t)address[1] << 8 | address[0];
    MAC_IA1 = (uint32_t)address[5] << 8 | address[4];
    MAC_TCTL = TCTL_ON;
    cortex_forget_irq(IRQ_ETHERNET);
    cortex_enable_irq(IRQ_ETHERNET, PRIORITY_PORT);
    MAC_RCTL = RCTL_ON;
    MAC_IM = INT_RX;
}

static unsigned frames_in_fifo(void)
{
    return MAC_NP & 0x3F;
}

/* The main loop asks again for interrupts when it has taken every frame. */
void ethernet_on_interrupt(void)
{
    MAC_IM = 0;
    waiting = true;
}

/* Acknowledged before the last look: a frame that arrives in between interrupts again. */
static void wait_for_next(void)
{
    waiting = false;
    MAC_IRQ = INT_RX;
    MAC_IM = INT_RX;
    if (frames_in_fifo() > 0) {
        waiting = true;
    }
}

/* What follows a length of two bytes lies across the words. */
static void read_words(uint32_t word, unsigned bytes, uint32_t *frame)
{
    const unsigned room = (ETHERNET_FRAME_MAX + 3) / 4;

    for (unsigned i = 0; i * 4 < bytes; i++) {
        uint32_t low = word >> 16;

        word = i * 4 + LENGTH_BYTES < bytes ? MAC_DATA : 0;
        if (i < room) {
            frame[i] = low | word << 16;
        }
    }
}

uint16_t ethernet_receive(uint32_t *frame)
{
    uint32_t word;
    uint16_t length;

    if (frames_in_fifo() == 0) {
        if (waiting) {
            wait_for_next();
        }
        return 0;
    }
    word = MAC_DATA;
    length = (uint16_t)word;
    if (length <= LENGTH_BYTES + CHECK_LENGTH || length > FIFO_LENGTH) {
        MAC_RCTL = RCTL_RESET_FIFO | RCTL_ON; /* what follows cannot be told apart */
        MAC_RCTL = RCTL_ON;
        return 0;
    }
    length = (uint16_t)(length - LENGTH_BYTES);
    read_words(word, length, frame);
    return length - CHECK_LENGTH <= ETHERNET_FRAME_MAX ? length - CHECK_LENGTH : 0;
}

bool ethernet_send(const uint32_t *frame, uint16_t length)
{
    const unsigned words = (LENGTH_BYTES + length + 3u) / 4;
    uint32_t before = (uint32_t)length - HEADER_LENGTH;

    if (MAC_TR & TR_BUSY || length < HEADER_LENGTH) {
        return false;
    }
    for (unsigned i = 0; i < words; i++) {
        uint32_t next = i * 4 < length ? frame[i] : 0;

        MAC_DATA = before | next << 16;
        before = next >> 16;
    }
    MAC_TR = TR_BUSY;
    return true;
}

bool ethernet_is_waiting(void)
{
    return waiting;
}
