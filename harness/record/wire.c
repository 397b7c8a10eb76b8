#include "record/wire.h"

#include "core/clock.h"
#include "record/compress.h"
#include "record/ip.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <string.h>

enum {
    TYPE_IP4 = 0x0800,
    TYPE_IP6 = 0x86dd,
    TYPE_VLAN = 0x8100,
    TYPE_VLAN_OUTER = 0x88a8,
    PROTOCOL_FRAGMENT = 44 /* an extension header of IPv6 */
};

bool wire_same_end(const struct wire_end *a, const struct wire_end *b)
{
    return a->port == b->port && a->family == b->family &&
           memcmp(a->address, b->address, sizeof a->address) == 0;
}

/* What the link layer carries, by its type field; 0 when it is not said. */
static unsigned take_type(struct view *bytes, size_t offset, size_t header)
{
    unsigned type;

    if (bytes->length < header)
        return 0;
    type = (unsigned)bytes_read_be(bytes->data + offset, 2);
    *bytes = view_slice(*bytes, header, bytes->length);
    return type;
}

/* Leaves the IP packet in *bytes, -1 when there is none. */
static int strip_link(int link, struct view *bytes)
{
    unsigned type = TYPE_IP4;

    switch (link) {
    case DLT_RAW: return 0;
    case DLT_NULL: *bytes = view_slice(*bytes, 4, bytes->length); return 0;
    case DLT_EN10MB: type = take_type(bytes, 12, 14); break;
    case DLT_LINUX_SLL: type = take_type(bytes, 14, 16); break;
    case DLT_LINUX_SLL2: type = take_type(bytes, 0, 20); break;
    default: return -1;
    }
    while (type == TYPE_VLAN || type == TYPE_VLAN_OUTER)
        type = take_type(bytes, 2, 4);
    return type == TYPE_IP4 || type == TYPE_IP6 ? 0 : -1;
}

/* The front of an IP packet as far as this program reads it. */
struct ip_part {
    size_t header, total; /* bytes of all headers, of the packet */
    uint8_t protocol;
    unsigned offset; /* of a fragment */
    bool fragment;
};

static int read_ip4(struct view bytes, struct ip_part *part)
{
    const uint8_t *ip = bytes.data;

    if (bytes.length < 20 || ip[0] >> 4 != 4)
        return -1;
    part->header = (size_t)(ip[0] & 15) * 4;
    part->total = (size_t)bytes_read_be(ip + 2, 2);
    part->protocol = ip[9];
    part->offset = (unsigned)bytes_read_be(ip + 6, 2) & 0x1fff;
    part->fragment = part->offset || ip[6] & 0x20;
    return part->header < 20 ? -1 : 0;
}

static int read_ip6(struct view bytes, struct ip_part *part)
{
    const uint8_t *ip = bytes.data;

    if (bytes.length < 40)
        return -1;
    part->header = 40;
    part->protocol = ip[6];
    part->total = (size_t)bytes_read_be(ip + 4, 2);
    part->total += part->total ? 40 : 0;
    if (part->protocol != PROTOCOL_FRAGMENT)
        return 0;
    if (bytes.length < 48)
        return -1;
    part->header = 48;
    part->protocol = ip[40];
    part->offset = (unsigned)bytes_read_be(ip + 42, 2) >> 3;
    part->fragment = part->offset || ip[43] & 1;
    return 0;
}

/* What an IP packet carries into *bytes, its protocol and its full length on the wire, or
 * -1. */
static int strip_ip(struct view *bytes, struct ip_part *part, struct wire_packet *packet)
{
    bool version6 = bytes->length && bytes->data[0] >> 4 == 6;
    size_t address = version6 ? 16 : 4;
    const uint8_t *ip = bytes->data;

    *part = (struct ip_part){0};
    if ((version6 ? read_ip6 : read_ip4)(*bytes, part) < 0 ||
        bytes->length < part->header)
        return -1;
    if (part->protocol != IP_PROTOCOL_TCP && part->protocol != IP_PROTOCOL_UDP)
        return -1;
    if (part->offset || (part->fragment && part->protocol == IP_PROTOCOL_TCP))
        return -1;
    if (part->total == 0)
        part->total = bytes->length; /* larger than 64 KiB: segmentation offload */
    if (part->total < part->header)
        return -1;
    packet->from.family = packet->to.family = version6 ? 6 : 4;
    memcpy(packet->from.address, ip + (version6 ? 8 : 12), address);
    memcpy(packet->to.address, ip + (version6 ? 24 : 16), address);
    /* Without the padding of short frames. */
    *bytes = view_slice(*bytes, part->header, part->total - part->header);
    return 0;
}

static int decode_tcp(struct view bytes, size_t length, struct wire_packet *packet)
{
    size_t header;

    if (bytes.length < 20)
        return -1;
    header = (size_t)(bytes.data[12] >> 4) * 4;
    if (header < 20 || bytes.length < header)
        return -1;
    packet->sequence = (uint32_t)bytes_read_be(bytes.data + 4, 4);
    packet->flags = bytes.data[13];
    packet->bytes = view_slice(bytes, header, bytes.length);
    packet->missing = length - bytes.length;
    return 0;
}

/* The length in its own header counts: of a datagram in fragments the first has a part.
 */
static int decode_udp(struct view bytes, struct wire_packet *packet)
{
    size_t length;

    if (bytes.length < 8)
        return -1;
    length = (size_t)bytes_read_be(bytes.data + 4, 2);
    if (length < 8)
        return -1;
    packet->is_udp = true;
    packet->bytes = view_slice(bytes, 8, length - 8);
    packet->missing = length - 8 - packet->bytes.length;
    return 0;
}

static int decode(int link, struct view bytes, struct wire_packet *packet)
{
    struct ip_part part;
    int status;

    if (strip_link(link, &bytes) || strip_ip(&bytes, &part, packet))
        return -1;
    status = part.protocol == IP_PROTOCOL_UDP
                 ? decode_udp(bytes, packet)
                 : decode_tcp(bytes, part.total - part.header, packet);
    if (status)
        return -1;
    packet->from.port = (uint16_t)bytes_read_be(bytes.data, 2);
    packet->to.port = (uint16_t)bytes_read_be(bytes.data + 2, 2);
    return 0;
}

static pcap_t *open_file(const char *path, struct error *error)
{
    char text[PCAP_ERRBUF_SIZE] = "";
    size_t length = strlen(path);
    bool compressed = length > 4 && strcmp(path + length - 4, ".zst") == 0;
    FILE *stream = compressed ? compress_open(path, error) : fopen(path, "rbe");
    pcap_t *handle;

    if (!stream) {
        if (!compressed)
            error_set(error, "%s: %s", path, strerror(errno));
        return NULL;
    }
    handle = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO,
                                                      text);
    if (!handle) {
        error_set(error, "%s: %s", path, text);
        fclose(stream);
    }
    return handle;
}

int wire_read(const char *path,
              void (*take)(void *context, const struct wire_packet *packet),
              void *context, struct wire_result *result, struct error *error)
{
    struct pcap_pkthdr *header;
    const u_char *data;
    pcap_t *handle = open_file(path, error);
    int link, got;

    *result = (struct wire_result){0};
    if (!handle)
        return -1;
    link = pcap_datalink(handle);
    while ((got = pcap_next_ex(handle, &header, &data)) == 1) {
        struct wire_packet packet = {0};

        result->packets++;
        /* Unsigned: a damaged file may hold any time. */
        packet.wall_ns = (int64_t)((uint64_t)header->ts.tv_sec * CLOCK_S +
                                   (uint64_t)header->ts.tv_usec);
        if (decode(link, (struct view){data, header->caplen}, &packet))
            result->not_decoded++;
        else
            take(context, &packet);
    }
    if (got == PCAP_ERROR && strstr(pcap_geterr(handle), "truncated"))
        result->cut = true;
    else if (got == PCAP_ERROR)
        error_set(error, "%s: %s", path, pcap_geterr(handle));
    pcap_close(handle);
    return got == PCAP_ERROR && !result->cut ? -1 : 0;
}
