/* Messages in blocks of the minimal lower layer protocol (HL7 v2.5 Implementation Guide,
 * appendix C), taken byte by byte. The owner lends the room for one message and its end.
 */
#ifndef PUMP_BLOCK_H
#define PUMP_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define BLOCK_START 0x0B
#define BLOCK_END_1 0x1C
#define BLOCK_END_2 0x0D
#define BLOCK_AROUND 3 /* bytes around a message */

struct block {
    uint8_t *message;
    uint32_t room;   /* bytes of `message`; the longest message has one less */
    uint32_t filled; /* of the message */
    bool is_inside;
};

enum block_state { BLOCK_GOES_ON, BLOCK_IS_WHOLE, BLOCK_TOO_LONG };

/* Takes one byte. What stands outside of blocks is passed over, and so is a block in
 * which the first byte of an end is not followed by the second. When one is whole its
 * message is the first `filled` bytes, until the next byte is taken. */
enum block_state block_take(struct block *block, uint8_t byte);

#endif
