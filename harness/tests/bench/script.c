#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_PACKET = 6,
    PACKET_FIXED = 28,
    OPTION_COMMENT = 1,
    OPTION_FLAGS = 2,
    OUTBOUND = 2
};
enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

struct packet {
    const uint8_t *payload;
    size_t length;
    unsigned flags; /* of TCP */
    bool outbound;
    int64_t wall_ns;
    const char *comment; /* not terminated */
    size_t comment_length;
};

static uint32_t get32(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof value);
    return value;
}

static uint16_t get16(const uint8_t *at)
{
    uint16_t value;

    memcpy(&value, at, sizeof value);
    return value;
}

static void read_options(const uint8_t *at, const uint8_t *end, struct packet *packet)
{
    while (end - at >= 4 && get16(at) != 0) {
        size_t length = get16(at + 2);

        if ((size_t)(end - at) - 4 < length)
            return;
        if (get16(at) == OPTION_COMMENT) {
            packet->comment = (const char *)at + 4;
            packet->comment_length = length;
        } else if (get16(at) == OPTION_FLAGS && length == 4) {
            packet->outbound = (get32(at + 4) & 3) == OUTBOUND;
        }
        at += 4 + (length + 3) / 4 * 4;
    }
}

/* An enhanced packet block with IPv4 and TCP headers; false for anything else. */
static bool read_packet(const uint8_t *block, size_t size, struct packet *packet)
{
    const uint8_t *ip = block + PACKET_FIXED;
    size_t captured, headers;

    *packet = (struct packet){0};
    if (get32(block) != BLOCK_PACKET || size < PACKET_FIXED + 4 + 40)
        return false;
    captured = get32(block + 20);
    if (captured > size - PACKET_FIXED - 4 || captured < 40 || ip[0] >> 4 != 4)
        return false;
    headers = (size_t)(ip[0] & 15) * 4;
    headers += headers + 20 <= captured ? (size_t)(ip[headers + 12] >> 4) * 4 : captured;
    if (headers > captured)
        return false;
    packet->flags = ip[(ip[0] & 15) * 4 + 13];
    packet->payload = ip + headers;
    packet->length = captured - headers;
    packet->wall_ns = (int64_t)((uint64_t)get32(block + 12) << 32 | get32(block + 16));
    read_options(ip + (captured + 3) / 4 * 4, block + size - 4, packet);
    return true;
}

/* "case 17 …" is traffic of the campaign; "replay of case 17 …", "reset" and the like are
 * not. */
static uint64_t case_of(const struct packet *packet)
{
    char digits[24] = "";
    size_t length = packet->comment_length;

    if (length < 6 || memcmp(packet->comment, "case ", 5) != 0)
        return 0;
    length = length - 5 < sizeof digits - 1 ? length - 5 : sizeof digits - 1;
    memcpy(digits, packet->comment + 5, length);
    return strtoull(digits, NULL, 10);
}

static enum action_kind kind_of(const struct packet *packet)
{
    if (packet->flags & SYN)
        return ACTION_OPEN;
    if (packet->flags & RST)
        return packet->outbound ? ACTION_RESET : ACTION_EOF;
    if (packet->flags & FIN)
        return packet->outbound ? ACTION_END : ACTION_EOF;
    return packet->outbound ? ACTION_SEND : ACTION_RECEIVE;
}

static bool is_handshake(const struct packet *packet)
{
    return packet->comment_length == 0 && packet->length == 0;
}

static int add(struct script *script, size_t *capacity, const struct action *action)
{
    if (script->count == *capacity) {
        size_t larger = *capacity ? *capacity * 2 : 4096;
        struct action *grown = realloc(script->actions, larger * sizeof *grown);

        if (!grown)
            return -1;
        script->actions = grown;
        *capacity = larger;
    }
    script->actions[script->count++] = *action;
    return 0;
}

static int read_blocks(struct script *script, size_t size)
{
    size_t capacity = 0, length;
    bool apart = true; /* the last packet was none of the campaign's */

    for (size_t at = 0; size - at >= 12; at += length) {
        struct packet packet;
        struct action action;
        uint64_t number;

        length = get32(script->file + at + 4);
        if (length < 12 || length % 4 || length > size - at)
            break;
        if (!read_packet(script->file + at, length, &packet) || is_handshake(&packet))
            continue;
        number = case_of(&packet);
        if (number == 0) {
            apart = true;
            continue;
        }
        script->stretches += apart;
        apart = false;
        action = (struct action){kind_of(&packet), packet.payload,    packet.length,
                                 number,           script->stretches, packet.wall_ns};
        if (add(script, &capacity, &action) < 0)
            return -1;
    }
    return 0;
}

int script_read(struct script *script, const char *path)
{
    FILE *file = fopen(path, "rbe");
    long size = -1;
    int status = -1;

    *script = (struct script){0};
    if (file && fseek(file, 0, SEEK_END) == 0)
        size = ftell(file);
    if (size <= 0) {
        perror(path);
        goto out;
    }
    rewind(file);
    script->file = malloc((size_t)size);
    if (!script->file || fread(script->file, 1, (size_t)size, file) != (size_t)size ||
        read_blocks(script, (size_t)size) < 0)
        fprintf(stderr, "%s: cannot be read into memory\n", path);
    else if (script->count == 0)
        fprintf(stderr, "%s: no packet of a case in it\n", path);
    else
        status = 0;
out:
    if (file)
        fclose(file);
    return status;
}

void script_free(struct script *script)
{
    free(script->actions);
    free(script->file);
    *script = (struct script){0};
}
