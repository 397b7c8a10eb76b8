#include "record/udp.h"

#include <string.h>

enum { UDP = 8, LENGTH_MAXIMUM = 0xffff };

size_t udp_header_size(const struct ip *ends)
{
    return ip_header_size(ends) + UDP;
}

size_t udp_payload_maximum(const struct ip *ends)
{
    /* IPv4 counts its own header, too. */
    return LENGTH_MAXIMUM - UDP - (ends->version6 ? 0 : ip_header_size(ends));
}

void udp_write(struct ip *ends, enum ip_side from, struct view payload, uint8_t *out)
{
    size_t length = UDP + payload.length;
    uint8_t *at = out + ip_header_size(ends);

    ip_write(ends, from, IP_PROTOCOL_UDP, length, out);
    bytes_write_be(at, 2, ends->port[from]);
    bytes_write_be(at + 2, 2, ends->port[!from]);
    bytes_write_be(at + 4, 2, length);
    memset(at + 6, 0, 2);
    if (payload.length)
        memcpy(at + UDP, payload.data, payload.length);
    ip_checksum(ends, IP_PROTOCOL_UDP, (struct view){at, length}, at + 6);
    if (at[6] == 0 && at[7] == 0)
        memset(at + 6, 0xff, 2); /* zero would mean: none */
}
