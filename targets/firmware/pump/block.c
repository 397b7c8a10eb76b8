#include "block.h"

enum block_state block_take(struct block *block, uint8_t byte)
{
    if (!block->is_inside) {
        block->is_inside = byte == BLOCK_START;
        block->filled = 0;
        return BLOCK_GOES_ON;
    }
    if (block->filled > 0 && block->message[block->filled - 1] == BLOCK_END_1) {
        block->filled--;
        block->is_inside = false;
        return byte == BLOCK_END_2 ? BLOCK_IS_WHOLE : BLOCK_GOES_ON;
    }
    if (block->filled == block->room) {
        return BLOCK_TOO_LONG;
    }
    block->message[block->filled++] = byte;
    return BLOCK_GOES_ON;
}
