/*
 * A reader of a stranger's format (../stranger/tlv.ksy) with a planted defect behind its
 * structure: a chain is read only when every record ends where it should, and a name is
 * copied without a look at its length when an identifier and a negative reading stand
 * before it. An input has datagrams behind their lengths (harness/generate/input.h).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { IDENTIFIER = 1, NAME = 2, READING = 3, STATUS = 0x80, HEAD = 3, ROOM = 24 };

static volatile char shown; /* or nobody would need what is copied */

struct record {
    uint8_t kind;
    const uint8_t *value;
    size_t length;
};

/* 0 when it does not fit. */
static size_t read_record(const uint8_t *data, size_t size, struct record *record)
{
    static const size_t fixed[] = {[IDENTIFIER] = 4, [READING] = 2};
    size_t length;

    if (size < HEAD)
        return 0;
    length = (size_t)data[1] << 8 | data[2];
    if (length > size - HEAD || data[0] == 0 || data[0] > READING ||
        (data[0] != NAME && length != fixed[data[0]]))
        return 0;
    *record = (struct record){data[0], data + HEAD, length};
    return HEAD + length;
}

static bool is_chain(const uint8_t *data, size_t size)
{
    struct record record;
    size_t taken;

    for (; size; data += taken, size -= taken)
        if ((taken = read_record(data, size, &record)) == 0)
            return false;
    return true;
}

static void read_chain(const uint8_t *data, size_t size)
{
    bool identified = false, negative = false;
    struct record record;
    size_t taken;
    char *name = malloc(ROOM);

    for (; name && size; data += taken, size -= taken) {
        taken = read_record(data, size, &record);
        if (record.kind == IDENTIFIER)
            identified = true;
        else if (record.kind == READING)
            negative = identified && record.value[0] & 0x80;
        else if (negative || record.length < ROOM)
            shown = *(char *)memcpy(name, record.value, record.length);
    }
    free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    while (size >= 2) {
        size_t length = (size_t)data[0] << 8 | data[1];

        data += 2, size -= 2;
        if (length > size)
            length = size;
        if (is_chain(data, length))
            read_chain(data, length);
        data += length, size -= length;
    }
    return 0;
}
