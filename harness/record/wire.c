#include "record/wire.h"

#include "core/clock.h"
#include "record/compress.h"
#include "record/fragments.h"
#include "record/pipe.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <string.h>

enum {
    TYPE_IP4 = 0x0800,
    TYPE_IP6 = 0x86dd,
    TYPE_VLAN = 0x8100,
    TYPE_VLAN_OUTER = 0x88a8,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    NEXT_HOP_BY_HOP = 0,
    NEXT_ROUTING = 43,
    NEXT_FRAGMENT = 44,
    NEXT_OPTIONS = 60
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

/* What an IP header says of the bytes behind it. */
struct carried {
    struct view bytes; /* without the padding of short frames */
    size_t length;     /* on the wire: more when the capture cut the packet */
    struct fragment part;
    bool is_fragment;
};

static int strip_ip4(struct view bytes, struct carried *carried)
{
    const uint8_t *ip = bytes.data;
    size_t header = (size_t)(ip[0] & 15) * 4, total = (size_t)bytes_read_be(ip + 2, 2);
    unsigned place = (unsigned)bytes_read_be(ip + 6, 2);

    if (total == 0)
        total = bytes.length; /* larger than 64 KiB: segmentation offload */
    if (header < 20 || bytes.length < header || total < header)
        return -1;
    carried->length = total - header;
    carried->bytes = view_slice(bytes, header, carried->length);
    carried->is_fragment = place & 0x3fff;
    carried->part.family = 4;
    carried->part.protocol = ip[9];
    carried->part.identification = (uint32_t)bytes_read_be(ip + 4, 2);
    carried->part.offset = (size_t)(place & 0x1fff) * 8;
    carried->part.more = place & 0x2000;
    memcpy(carried->part.from, ip + 12, 4);
    memcpy(carried->part.to, ip + 16, 4);
    return 0;
}

/* Steps over one extension header; -1 when it is cut, 0 when the next one is none. */
static int step_ip6(struct carried *carried)
{
    const uint8_t *at = carried->bytes.data;
    size_t length = 8;

    if (carried->part.protocol != NEXT_HOP_BY_HOP &&
        carried->part.protocol != NEXT_ROUTING &&
        carried->part.protocol != NEXT_FRAGMENT && carried->part.protocol != NEXT_OPTIONS)
        return 0;
    if (carried->bytes.length < 8)
        return -1;
    if (carried->part.protocol == NEXT_FRAGMENT) {
        carried->is_fragment = true;
        carried->part.offset = (size_t)bytes_read_be(at + 2, 2) & ~(size_t)7;
        carried->part.more = at[3] & 1;
        carried->part.identification = (uint32_t)bytes_read_be(at + 4, 4);
    } else {
        length += (size_t)at[1] * 8;
    }
    if (carried->bytes.length < length)
        return -1;
    carried->part.protocol = at[0];
    carried->length -= length;
    carried->bytes = view_slice(carried->bytes, length, carried->bytes.length);
    /* Behind a fragment header is the middle of something. */
    return !carried->is_fragment;
}

static int strip_ip6(struct view bytes, struct carried *carried)
{
    const uint8_t *ip = bytes.data;
    size_t total = (size_t)bytes_read_be(ip + 4, 2);
    int step;

    if (bytes.length < 40)
        return -1;
    carried->length = total ? total : bytes.length - 40;
    carried->bytes = view_slice(bytes, 40, carried->length);
    carried->part.family = 6;
    carried->part.protocol = ip[6];
    memcpy(carried->part.from, ip + 8, 16);
    memcpy(carried->part.to, ip + 24, 16);
    do
        step = step_ip6(carried);
    while (step > 0);
    return step;
}

/* What an IP packet carries, once all its fragments are there; 1: it waits for some. */
static int strip_ip(struct view bytes, struct fragments *fragments,
                    struct wire_packet *packet, struct carried *carried)
{
    *carried = (struct carried){.part.wall_ns = packet->wall_ns};
    if (bytes.length < 20)
        return -1;
    switch (bytes.data[0] >> 4) {
    case 4:
        if (strip_ip4(bytes, carried))
            return -1;
        break;
    case 6:
        if (strip_ip6(bytes, carried))
            return -1;
        break;
    default: return -1;
    }
    packet->from.family = packet->to.family = carried->part.family;
    memcpy(packet->from.address, carried->part.from, sizeof packet->from.address);
    memcpy(packet->to.address, carried->part.to, sizeof packet->to.address);
    if (!carried->is_fragment)
        return 0;
    if (carried->bytes.length < carried->length)
        return -1; /* the capture cut it */
    carried->part.bytes = carried->bytes;
    if (!fragments_add(fragments, &carried->part, &carried->bytes))
        return 1;
    carried->length = carried->bytes.length;
    return 0;
}

static int decode_tcp(const struct carried *carried, struct wire_packet *packet)
{
    struct view bytes = carried->bytes;
    size_t header;

    if (bytes.length < 20)
        return -1;
    header = (size_t)(bytes.data[12] >> 4) * 4;
    if (header < 20 || bytes.length < header)
        return -1;
    packet->protocol = WIRE_TCP;
    packet->sequence = (uint32_t)bytes_read_be(bytes.data + 4, 4);
    packet->flags = bytes.data[13];
    packet->bytes = view_slice(bytes, header, bytes.length);
    packet->missing = carried->length - bytes.length;
    return 0;
}

static int decode_udp(const struct carried *carried, struct wire_packet *packet)
{
    struct view bytes = carried->bytes;
    size_t length;

    if (bytes.length < 8)
        return -1;
    length = (size_t)bytes_read_be(bytes.data + 4, 2);
    if (length < 8 || length > carried->length)
        return -1;
    packet->protocol = WIRE_UDP;
    packet->bytes = view_slice(bytes, 8, length - 8);
    packet->missing = length - 8 - packet->bytes.length;
    return 0;
}

/* 0, 1 when the packet waits for fragments, -1 when it is nothing that we know. */
static int decode(int link, struct view bytes, struct fragments *fragments,
                  struct wire_packet *packet)
{
    struct carried carried;
    int status;

    if (strip_link(link, &bytes))
        return -1;
    status = strip_ip(bytes, fragments, packet, &carried);
    if (status)
        return status;
    if (carried.part.protocol == PROTOCOL_TCP)
        status = decode_tcp(&carried, packet);
    else if (carried.part.protocol == PROTOCOL_UDP)
        status = decode_udp(&carried, packet);
    else
        return -1;
    if (status)
        return -1;
    packet->from.port = (uint16_t)bytes_read_be(carried.bytes.data, 2);
    packet->to.port = (uint16_t)bytes_read_be(carried.bytes.data + 2, 2);
    return 0;
}

static FILE *open_stream(const char *path, struct error *error)
{
    size_t length = strlen(path);
    bool compressed = length > 4 && strcmp(path + length - 4, ".zst") == 0;
    FILE *stream = compressed ? compress_open(path, error) : fopen(path, "rbe");

    if (!stream && !compressed)
        error_set(error, "%s: %s", path, strerror(errno));
    return stream;
}

static pcap_t *open_file(const char *path, struct error *error)
{
    char text[PCAP_ERRBUF_SIZE] = "";
    FILE *stream = open_stream(path, error);
    pcap_t *handle;

    if (!stream)
        return NULL;
    handle = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO,
                                                      text);
    if (!handle) {
        error_set(error, "%s: %s", path, text);
        fclose(stream);
    }
    return handle;
}

/* The direction of a pipe's packets, which libpcap does not tell. */
static int read_pipe(const char *path, wire_taker *take, void *context,
                     struct wire_result *result, struct error *error)
{
    FILE *stream = open_stream(path, error);
    int status;

    if (!stream)
        return -1;
    status = pipe_read(path, stream, take, context, result, error);
    fclose(stream);
    return status;
}

int wire_read(const char *path, wire_taker *take, void *context,
              struct wire_result *result, struct error *error)
{
    struct fragments fragments = {0};
    struct pcap_pkthdr *header;
    const u_char *data;
    pcap_t *handle = open_file(path, error);
    int link, got, status;

    *result = (struct wire_result){0};
    if (!handle)
        return -1;
    link = pcap_datalink(handle);
    if (link == DLT_USER0) {
        pcap_close(handle);
        return read_pipe(path, take, context, result, error);
    }
    while ((got = pcap_next_ex(handle, &header, &data)) == 1) {
        struct wire_packet packet = {.number = ++result->packets};

        /* Unsigned: a damaged file may hold any time. */
        packet.wall_ns = (int64_t)((uint64_t)header->ts.tv_sec * CLOCK_S +
                                   (uint64_t)header->ts.tv_usec);
        status = decode(link, (struct view){data, header->caplen}, &fragments, &packet);
        result->not_decoded += status < 0;
        if (status == 0)
            take(context, &packet);
    }
    if (got == PCAP_ERROR && strstr(pcap_geterr(handle), "truncated"))
        result->cut = true;
    else if (got == PCAP_ERROR)
        error_set(error, "%s: %s", path, pcap_geterr(handle));
    pcap_close(handle);
    fragments_end(&fragments);
    result->unfinished = fragments.unfinished;
    return got == PCAP_ERROR && !result->cut ? -1 : 0;
}
