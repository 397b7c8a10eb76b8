#include "record/tcp.h"

#include <string.h>

enum { IP4 = 20, IP6 = 40, TCP = 20, PROTOCOL_TCP = 6, HOPS = 64, WINDOW = 0xffff };

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

void tcp_begin(struct tcp *tcp, bool version6, const uint8_t *local,
               const uint8_t *remote, uint16_t local_port, uint16_t remote_port,
               uint32_t ordinal)
{
    size_t length = version6 ? 16 : 4;

    *tcp = (struct tcp){.version6 = version6, .port = {local_port, remote_port}};
    memcpy(tcp->address[TCP_LOCAL], local, length);
    memcpy(tcp->address[TCP_REMOTE], remote, length);
    tcp->sequence[TCP_LOCAL] = 1 + ordinal * TCP_CONNECTIONS_APART;
    tcp->sequence[TCP_REMOTE] = 0x9e3779b9 - ordinal * TCP_CONNECTIONS_APART;
}

size_t tcp_header_size(const struct tcp *tcp)
{
    return (tcp->version6 ? IP6 : IP4) + TCP;
}

static void put_ip4(struct tcp *tcp, enum tcp_side from, size_t length, uint8_t *out)
{
    memset(out, 0, IP4);
    out[0] = 0x45;
    bytes_write_be(out + 2, 2, IP4 + length);
    bytes_write_be(out + 4, 2, tcp->identification++);
    out[6] = 0x40; /* do not fragment */
    out[8] = HOPS;
    out[9] = PROTOCOL_TCP;
    memcpy(out + 12, tcp->address[from], 4);
    memcpy(out + 16, tcp->address[!from], 4);
    put_checksum(out + 10, sum_words(out, IP4, 0));
}

static void put_ip6(const struct tcp *tcp, enum tcp_side from, size_t length,
                    uint8_t *out)
{
    memset(out, 0, IP6);
    out[0] = 0x60;
    bytes_write_be(out + 4, 2, length);
    out[6] = PROTOCOL_TCP;
    out[7] = HOPS;
    memcpy(out + 8, tcp->address[from], 16);
    memcpy(out + 24, tcp->address[!from], 16);
}

void tcp_write(struct tcp *tcp, enum tcp_side from, unsigned flags, struct view payload,
               uint8_t *out)
{
    size_t length = TCP + payload.length;
    size_t address = tcp->version6 ? 16 : 4;
    uint8_t *at = out + (tcp->version6 ? IP6 : IP4);
    uint8_t pseudo[4] = {0, PROTOCOL_TCP, (uint8_t)(length >> 8), (uint8_t)length};
    uint64_t sum;

    if (tcp->version6)
        put_ip6(tcp, from, length, out);
    else
        put_ip4(tcp, from, length, out);
    bytes_write_be(at, 2, tcp->port[from]);
    bytes_write_be(at + 2, 2, tcp->port[!from]);
    bytes_write_be(at + 4, 4, tcp->sequence[from]);
    bytes_write_be(at + 8, 4, flags & TCP_ACK ? tcp->sequence[!from] : 0);
    at[12] = TCP / 4 << 4;
    at[13] = (uint8_t)flags;
    bytes_write_be(at + 14, 2, WINDOW);
    memset(at + 16, 0, 4);
    if (payload.length)
        memcpy(at + TCP, payload.data, payload.length);
    sum = sum_words(at, length, 0);
    sum = sum_words(tcp->address[TCP_LOCAL], address, sum);
    sum = sum_words(tcp->address[TCP_REMOTE], address, sum);
    put_checksum(at + 16, sum_words(pseudo, sizeof pseudo, sum));
    tcp->sequence[from] +=
        (uint32_t)payload.length + !!(flags & TCP_SYN) + !!(flags & TCP_FIN);
}
