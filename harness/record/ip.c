#include "record/ip.h"

#include <string.h>

enum { IP4 = 20, IP6 = 40, HOPS = 64 };

/* Sum of 16-bit words in this machine's byte order; a one's complement sum does not mind
 * the order as long as result and input share it (RFC 1071). */
static uint64_t sum_words(const uint8_t *data, size_t length, uint64_t sum)
{
    uint32_t word;
    uint16_t half = 0;

    for (; length >= 4; data += 4, length -= 4) {
        memcpy(&word, data, sizeof word);
        sum += word;
    }
    if (length >= 2) {
        memcpy(&half, data, sizeof half);
        sum += half;
        data += 2;
        length -= 2;
    }
    if (length) {
        half = 0;
        memcpy(&half, data, 1);
        sum += half;
    }
    return sum;
}

static void put_checksum(uint8_t *at, uint64_t sum)
{
    uint16_t checksum;

    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    checksum = (uint16_t)~sum;
    memcpy(at, &checksum, sizeof checksum);
}

void ip_begin(struct ip *ip, bool version6, const uint8_t *local, const uint8_t *remote,
              uint16_t local_port, uint16_t remote_port)
{
    size_t length = version6 ? 16 : 4;

    *ip = (struct ip){.version6 = version6, .port = {local_port, remote_port}};
    memcpy(ip->address[IP_LOCAL], local, length);
    memcpy(ip->address[IP_REMOTE], remote, length);
}

size_t ip_header_size(const struct ip *ip)
{
    return ip->version6 ? IP6 : IP4;
}

static void write4(struct ip *ip, enum ip_side from, uint8_t protocol, size_t length,
                   uint8_t *out)
{
    memset(out, 0, IP4);
    out[0] = 0x45;
    bytes_write_be(out + 2, 2, IP4 + length);
    bytes_write_be(out + 4, 2, ip->identification++);
    out[6] = 0x40; /* do not fragment */
    out[8] = HOPS;
    out[9] = protocol;
    memcpy(out + 12, ip->address[from], 4);
    memcpy(out + 16, ip->address[!from], 4);
    put_checksum(out + 10, sum_words(out, IP4, 0));
}

static void write6(const struct ip *ip, enum ip_side from, uint8_t protocol,
                   size_t length, uint8_t *out)
{
    memset(out, 0, IP6);
    out[0] = 0x60;
    bytes_write_be(out + 4, 2, length);
    out[6] = protocol;
    out[7] = HOPS;
    memcpy(out + 8, ip->address[from], 16);
    memcpy(out + 24, ip->address[!from], 16);
}

void ip_write(struct ip *ip, enum ip_side from, uint8_t protocol, size_t length,
              uint8_t *out)
{
    if (ip->version6)
        write6(ip, from, protocol, length, out);
    else
        write4(ip, from, protocol, length, out);
}

void ip_checksum(const struct ip *ip, uint8_t protocol, struct view segment, uint8_t *at)
{
    const uint8_t pseudo[4] = {0, protocol, (uint8_t)(segment.length >> 8),
                               (uint8_t)segment.length};
    size_t address = ip->version6 ? 16 : 4;
    uint64_t sum = sum_words(segment.data, segment.length, 0);

    sum = sum_words(ip->address[IP_LOCAL], address, sum);
    sum = sum_words(ip->address[IP_REMOTE], address, sum);
    put_checksum(at, sum_words(pseudo, sizeof pseudo, sum));
}
