#include "transfer.h"

#include "bytes.h"
#include "crc16.h"
#include "pdu.h"

static void count_progress(struct transfer *transfer, uint16_t length)
{
    transfer->received = (uint16_t)(transfer->received + length);
}

static uint8_t next_handle(uint8_t handle)
{
    return handle == 0xFF ? 1 : (uint8_t)(handle + 1);
}

int transfer_begin(struct transfer *transfer, uint8_t block, uint16_t total)
{
    if (block >= TRANSFER_BLOCKS || total < 1 || total > TRANSFER_BLOCK_BYTES) {
        return EXCEPTION_VALUE;
    }
    *transfer = (struct transfer){
        .progress = count_progress,
        .total = total,
        .block = block,
        .handle = next_handle(transfer->handle),
        .open = true,
    };
    return EXCEPTION_NONE;
}

int transfer_data(struct transfer *transfer, uint8_t handle, uint16_t offset,
                  const uint8_t *data, uint8_t length)
{
#if PUMP_DEFECTIVE
    uint8_t end =
        (uint8_t)(offset + length); /* D11: a large offset passes as a small one */
#else
    uint32_t end = (uint32_t)offset + length;
#endif

    if (!transfer->open || handle != transfer->handle) {
        return EXCEPTION_FAILURE;
    }
    if (length < 1 || length > TRANSFER_CHUNK_MAX || end > transfer->total) {
        return EXCEPTION_VALUE;
    }
    memcpy(transfer->bytes + offset, data, length);
    transfer->progress(transfer, length);
    return EXCEPTION_NONE;
}

int transfer_end(struct transfer *transfer, uint8_t handle, uint16_t crc,
                 struct blocks *blocks)
{
    if (!transfer->open || handle != transfer->handle ||
        crc != crc16_add(CRC16_START, transfer->bytes, transfer->total)) {
        return EXCEPTION_FAILURE;
    }
    memcpy(blocks->bytes[transfer->block], transfer->bytes, TRANSFER_BLOCK_BYTES);
    blocks->stored[transfer->block] = transfer->total;
    transfer->open = false;
    return EXCEPTION_NONE;
}

int transfer_read(const struct blocks *blocks, uint8_t block, uint16_t offset,
                  uint8_t length, const uint8_t **data)
{
    if (block >= TRANSFER_BLOCKS || length < 1) {
        return EXCEPTION_VALUE;
    }
#if PUMP_DEFECTIVE /* D02: the offset is checked, the length is believed */
    if (offset > blocks->stored[block]) {
        return EXCEPTION_VALUE;
    }
#else
    if (length > TRANSFER_CHUNK_MAX ||
        (uint32_t)offset + length > blocks->stored[block]) {
        return EXCEPTION_VALUE;
    }
#endif
    *data = blocks->bytes[block] + offset;
    return EXCEPTION_NONE;
}
