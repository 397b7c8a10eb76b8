#include "record/tcp.h"

#include <string.h>

enum { TCP = 20, WINDOW = 0xffff };

void tcp_begin(struct tcp *tcp, const struct ip *ends, uint32_t ordinal)
{
    *tcp = (struct tcp){.ip = *ends};
    tcp->sequence[IP_LOCAL] = 1 + ordinal * TCP_CONNECTIONS_APART;
    tcp->sequence[IP_REMOTE] = 0x9e3779b9 - ordinal * TCP_CONNECTIONS_APART;
}

size_t tcp_header_size(const struct tcp *tcp)
{
    return ip_header_size(&tcp->ip) + TCP;
}

void tcp_write(struct tcp *tcp, enum ip_side from, unsigned flags, struct view payload,
               uint8_t *out)
{
    size_t length = TCP + payload.length;
    uint8_t *at = out + ip_header_size(&tcp->ip);

    ip_write(&tcp->ip, from, IP_PROTOCOL_TCP, length, out);
    bytes_write_be(at, 2, tcp->ip.port[from]);
    bytes_write_be(at + 2, 2, tcp->ip.port[!from]);
    bytes_write_be(at + 4, 4, tcp->sequence[from]);
    bytes_write_be(at + 8, 4, flags & TCP_ACK ? tcp->sequence[!from] : 0);
    at[12] = TCP / 4 << 4;
    at[13] = (uint8_t)flags;
    bytes_write_be(at + 14, 2, WINDOW);
    memset(at + 16, 0, 4);
    if (payload.length)
        memcpy(at + TCP, payload.data, payload.length);
    ip_checksum(&tcp->ip, IP_PROTOCOL_TCP, (struct view){at, length}, at + 16);
    tcp->sequence[from] +=
        (uint32_t)payload.length + !!(flags & TCP_SYN) + !!(flags & TCP_FIN);
}
