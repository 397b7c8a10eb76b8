#include "record/wire.h"

#include "core/clock.h"
#include "record/compress.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <string.h>

enum {
    TYPE_IP4 = 0x0800,
    TYPE_IP6 = 0x86dd,
    TYPE_VLAN = 0x8100,
    TYPE_VLAN_OUTER = 0x88a8,
    PROTOCOL_TCP = 6
};

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

/* The TCP part of an IP packet into *bytes and its full length on the wire, or -1. */
static int strip_ip(struct view *bytes, size_t *length, struct wire_packet *packet)
{
    const uint8_t *ip = bytes->data;
    size_t header, total, address;
    bool version6;

    if (bytes->length < 20)
        return -1;
    version6 = ip[0] >> 4 == 6;
    header = version6 ? 40 : (size_t)(ip[0] & 15) * 4;
    if (header < 20 || bytes->length < header || (!version6 && ip[0] >> 4 != 4))
        return -1;
    if (ip[version6 ? 6 : 9] != PROTOCOL_TCP)
        return -1;
    if (!version6 && bytes_read_be(ip + 6, 2) & 0x3fff)
        return -1; /* a fragment */
    total = (size_t)bytes_read_be(ip + (version6 ? 4 : 2), 2);
    if (total == 0)
        total = bytes->length; /* larger than 64 KiB: segmentation offload */
    else if (version6)
        total += header;
    if (total < header)
        return -1;
    address = version6 ? 16 : 4;
    packet->from.family = packet->to.family = version6 ? 6 : 4;
    memcpy(packet->from.address, ip + (version6 ? 8 : 12), address);
    memcpy(packet->to.address, ip + (version6 ? 24 : 16), address);
    *length = total - header;
    *bytes =
        view_slice(*bytes, header, *length); /* without the padding of short frames */
    return 0;
}

static int decode(int link, struct view bytes, struct wire_packet *packet)
{
    size_t length, header;

    if (strip_link(link, &bytes) || strip_ip(&bytes, &length, packet) ||
        bytes.length < 20)
        return -1;
    header = (size_t)(bytes.data[12] >> 4) * 4;
    if (header < 20 || bytes.length < header)
        return -1;
    packet->from.port = (uint16_t)bytes_read_be(bytes.data, 2);
    packet->to.port = (uint16_t)bytes_read_be(bytes.data + 2, 2);
    packet->sequence = (uint32_t)bytes_read_be(bytes.data + 4, 4);
    packet->flags = bytes.data[13];
    packet->bytes = view_slice(bytes, header, bytes.length);
    packet->missing = length - bytes.length;
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
