/*
 * Block store and block transfer: begin, data in any order, end with a CRC. Nothing
 * reaches the store before the end. Owned by the service.
 */
#ifndef PUMP_TRANSFER_H
#define PUMP_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#define TRANSFER_BLOCKS 4
#define TRANSFER_BLOCK_BYTES 512
#define TRANSFER_CHUNK_MAX 128

struct blocks {
    uint16_t stored[TRANSFER_BLOCKS]; /* bytes in each */
    uint8_t bytes[TRANSFER_BLOCKS][TRANSFER_BLOCK_BYTES];
};

struct transfer {
    uint8_t bytes[TRANSFER_BLOCK_BYTES];
    void (*progress)(struct transfer *, uint16_t length); /* after each chunk */
    uint16_t total;
    uint16_t received;
    uint8_t block;
    uint8_t handle; /* of the latest transfer; never 0 once one began */
    bool open;
};

/* All return an enum exception. A new transfer replaces an open one. */
int transfer_begin(struct transfer *transfer, uint8_t block, uint16_t total);
int transfer_data(struct transfer *transfer, uint8_t handle, uint16_t offset,
                  const uint8_t *data, uint8_t length);
int transfer_end(struct transfer *transfer, uint8_t handle, uint16_t crc,
                 struct blocks *blocks);

/* Checks a read and points `data` into the store. */
int transfer_read(const struct blocks *blocks, uint8_t block, uint16_t offset,
                  uint8_t length, const uint8_t **data);

#endif
