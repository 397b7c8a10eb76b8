#include "record/capture.h"

#include "record/pcapng.h"
#include "record/segment.h"
#include "record/segments.h"
#include "record/tcp.h"
#include "record/udp.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#define SEGMENT_DEFAULT (UINT64_C(256) << 20)
enum { SEGMENT_SMALLEST = 4096 };

struct capture {
    struct segment segment; /* the current file */
    struct segment_content content;
    struct segments segments;
    struct ip ends;
    struct tcp tcp; /* CAPTURE_TCP: its state between them */
    uint64_t segment_bytes, packets, bytes;
    uint32_t connections;
    enum capture_kind kind;
    bool connected, marked;
    bool closed[2]; /* TCP: this side has sent its FIN */
    size_t head_length;
    uint8_t head[PCAPNG_HEAD];
};

static void make_head(struct capture *capture, const struct capture_options *options)
{
    static const char tcp_note[] =
        "Send log of percuss: every byte that its link sent and received, with the case "
        "in the packet comment. IP and TCP headers, handshakes and closes are "
        "synthesised; payloads are exact.";
    static const char udp_note[] =
        "Send log of percuss: every datagram that its link sent and received, with the "
        "case in the packet comment. IP and UDP headers are synthesised; payloads are "
        "exact.";
    static const char pipe_note[] =
        "Send log of percuss: every byte that its link sent and received, with the "
        "direction in the packet flags and the case in the packet comment. Packets of no "
        "bytes mark the opening and closing of the link.";
    static const char ethernet_note[] =
        "Send log of percuss: every Ethernet frame that its link sent and received, "
        "without check sequences, with the direction in the packet flags and the case in "
        "the packet comment.";
    static const struct {
        const char *note;
        enum pcapng_link link;
    } looks[] = {[CAPTURE_PIPE] = {pipe_note, PCAPNG_USER0},
                 [CAPTURE_TCP] = {tcp_note, PCAPNG_RAW_IP},
                 [CAPTURE_UDP] = {udp_note, PCAPNG_RAW_IP},
                 [CAPTURE_ETHERNET] = {ethernet_note, PCAPNG_ETHERNET}};
    struct utsname host = {0};
    char system[sizeof host.sysname + sizeof host.release + 1];

    uname(&host);
    snprintf(system, sizeof system, "%s %s", host.sysname, host.release);
    capture->head_length =
        pcapng_head(capture->head, &(struct pcapng_head){
                                       .link = looks[capture->kind].link,
                                       .hardware = host.machine,
                                       .system = system,
                                       .application = options->application,
                                       .comment = looks[capture->kind].note,
                                       .interface = options->interface,
                                   });
}

static void current_path(const struct capture *capture, char path[SEGMENT_PATH])
{
    snprintf(path, SEGMENT_PATH, "%s/" SEGMENTS_CURRENT, capture->segments.directory);
}

static int begin_segment(struct capture *capture, struct error *error)
{
    char path[SEGMENT_PATH];
    uint8_t *at;

    current_path(capture, path);
    if (segment_open(&capture->segment, path, error))
        return -1;
    at = segment_reserve(&capture->segment, capture->head_length, error);
    if (!at) {
        segment_close(&capture->segment, NULL);
        unlink(path);
        return -1;
    }
    memcpy(at, capture->head, capture->head_length);
    segment_advance(&capture->segment, capture->head_length);
    capture->content = (struct segment_content){.bytes = capture->head_length};
    capture->marked = false;
    return 0;
}

/* What an earlier process left is made whole and moved away, never overwritten. */
static int adopt(struct capture *capture, struct error *error)
{
    struct segment_content content;
    char path[SEGMENT_PATH];

    current_path(capture, path);
    if (access(path, F_OK))
        return 0;
    if (segment_repair(path, &content, error))
        return -1;
    if (content.bytes == 0) {
        unlink(path); /* its maker was killed before the first block */
        return 0;
    }
    return segments_adopt(&capture->segments, error);
}

struct capture *capture_open(const char *directory, const struct capture_options *options,
                             struct error *error)
{
    struct capture *capture = calloc(1, sizeof *capture);

    if (!capture) {
        error_set(error, "%s: out of memory", directory);
        return NULL;
    }
    capture->segment.file = -1;
    capture->kind = options->kind;
    capture->segment_bytes =
        options->segment_bytes ? options->segment_bytes : SEGMENT_DEFAULT;
    if (capture->segment_bytes < SEGMENT_SMALLEST)
        capture->segment_bytes = SEGMENT_SMALLEST;
    make_head(capture, options);
    if (segments_open(&capture->segments, directory, options, error) ||
        adopt(capture, error) || begin_segment(capture, error)) {
        segments_close(&capture->segments, true);
        free(capture);
        return NULL;
    }
    return capture;
}

static int rotate(struct capture *capture, struct error *error)
{
    if (segment_close(&capture->segment, error) ||
        segments_add(&capture->segments, &capture->content, capture->marked, error))
        return -1;
    return begin_segment(capture, error);
}

static struct view comment_view(const char *comment)
{
    if (!comment)
        return (struct view){NULL, 0};
    return (struct view){(const uint8_t *)comment, strnlen(comment, PCAPNG_COMMENT)};
}

static size_t header_size(const struct capture *capture)
{
    switch (capture->kind) {
    case CAPTURE_TCP: return tcp_header_size(&capture->tcp);
    case CAPTURE_UDP: return udp_header_size(&capture->ends);
    default: return 0;
    }
}

static void write_packet(struct capture *capture, enum ip_side from, unsigned flags,
                         struct view payload, uint8_t *out)
{
    if (capture->kind == CAPTURE_TCP)
        tcp_write(&capture->tcp, from, flags, payload, out);
    else if (capture->kind == CAPTURE_UDP)
        udp_write(&capture->ends, from, payload, out);
    else if (payload.length)
        memcpy(out, payload.data, payload.length);
}

/* One packet of `payload`, with the link's headers; the flags are TCP's. */
static int put(struct capture *capture, enum capture_direction direction, unsigned flags,
               struct view payload, int64_t wall_ns, struct view comment,
               struct error *error)
{
    size_t headers = header_size(capture);
    bool sent = direction == CAPTURE_SENT;
    struct pcapng_packet packet = {
        .wall_ns = wall_ns,
        .direction = sent ? PCAPNG_OUTBOUND : PCAPNG_INBOUND,
        .length = headers + payload.length,
        .comment = comment,
    };
    size_t size = pcapng_packet_size(&packet);
    uint8_t *block, *data;

    if (capture->segment.file < 0 && begin_segment(capture, error))
        return -1; /* still no room since the last rotation */
    if (capture->segment.used + size > capture->segment_bytes &&
        capture->content.packets && rotate(capture, error))
        return -1;
    block = segment_reserve(&capture->segment, size, error);
    if (!block)
        return -1;
    data = pcapng_packet_begin(block, &packet);
    write_packet(capture, sent ? IP_LOCAL : IP_REMOTE, flags, payload, data);
    pcapng_packet_end(block, &packet);
    segment_advance(&capture->segment, size);
    capture->content.bytes += size;
    capture->content.packets++;
    capture->content.packet_bytes += payload.length;
    capture->packets++;
    capture->bytes += payload.length;
    return 0;
}

/* Whose packets get headers with addresses. */
static bool has_ends(const struct capture *capture)
{
    return capture->kind == CAPTURE_TCP || capture->kind == CAPTURE_UDP;
}

int capture_connected(struct capture *capture, const struct capture_ends *ends,
                      int64_t wall_ns, const char *comment, struct error *error)
{
    static const struct view none = {NULL, 0};
    struct view text = comment_view(comment);
    enum capture_direction opener = ends->accepted ? CAPTURE_RECEIVED : CAPTURE_SENT;
    enum capture_direction taker = ends->accepted ? CAPTURE_SENT : CAPTURE_RECEIVED;

    if (capture->kind == CAPTURE_PIPE)
        return put(capture, CAPTURE_SENT, 0, none, wall_ns, text, error);
    if (capture->kind == CAPTURE_ETHERNET)
        return 0;
    if (ends->family != AF_INET && ends->family != AF_INET6)
        return error_set(error, "a capture needs IPv4 or IPv6 addresses, not family %d",
                         ends->family);
    ip_begin(&capture->ends, ends->family == AF_INET6, ends->local, ends->remote,
             ends->local_port, ends->remote_port);
    capture->connected = true;
    if (capture->kind == CAPTURE_UDP)
        return 0;
    tcp_begin(&capture->tcp, &capture->ends, capture->connections++);
    capture->closed[CAPTURE_SENT] = capture->closed[CAPTURE_RECEIVED] = false;
    if (put(capture, opener, TCP_SYN, none, wall_ns, text, error) ||
        put(capture, taker, TCP_SYN | TCP_ACK, none, wall_ns, none, error))
        return -1;
    return put(capture, opener, TCP_ACK, none, wall_ns, none, error);
}

int capture_disconnected(struct capture *capture, enum capture_end how, int64_t wall_ns,
                         const char *comment, struct error *error)
{
    static const struct view none = {NULL, 0};
    bool remote = how == CAPTURE_REMOTE_CLOSE || how == CAPTURE_REMOTE_RESET;
    bool reset = how == CAPTURE_LOCAL_RESET || how == CAPTURE_REMOTE_RESET;
    enum capture_direction side = remote ? CAPTURE_RECEIVED : CAPTURE_SENT;
    unsigned flags = (reset ? TCP_RST : TCP_FIN) | TCP_ACK;

    if (capture->kind == CAPTURE_PIPE)
        return put(capture, side, 0, none, wall_ns, comment_view(comment), error);
    if (!capture->connected || (!reset && capture->closed[side]))
        return 0;
    capture->closed[side] = true;
    /* After a remote close our own close may still follow, and bytes sent before it. */
    if (reset || how == CAPTURE_LOCAL_CLOSE)
        capture->connected = false;
    if (capture->kind == CAPTURE_UDP)
        return 0;
    return put(capture, side, flags, none, wall_ns, comment_view(comment), error);
}

int capture_packet(struct capture *capture, enum capture_direction direction,
                   struct view bytes, int64_t wall_ns, const char *comment,
                   struct error *error)
{
    struct view text = comment_view(comment);
    size_t offset = 0, largest = TCP_PAYLOAD;

    if (has_ends(capture) && !capture->connected)
        return error_set(error, "bytes %s outside a connection",
                         direction == CAPTURE_SENT ? "sent" : "received");
    if (capture->kind == CAPTURE_UDP)
        largest = udp_payload_maximum(&capture->ends);
    if (capture->kind == CAPTURE_UDP && bytes.length > largest)
        return error_set(error, "%zu bytes are more than a datagram can have",
                         bytes.length);
    do {
        struct view part = view_slice(bytes, offset, largest);

        if (put(capture, direction, TCP_PUSH | TCP_ACK, part, wall_ns, text, error))
            return -1;
        offset += part.length;
    } while (offset < bytes.length);
    return 0;
}

void capture_mark(struct capture *capture)
{
    capture->marked = true;
}

void capture_totals(const struct capture *capture, struct capture_totals *totals)
{
    *totals = (struct capture_totals){
        .packets = capture->packets,
        .bytes = capture->bytes,
        .segments = capture->segments.kept + capture->segments.has_waiting + 1,
        .dropped_segments = capture->segments.dropped,
        .dropped_packets = capture->segments.dropped_packets,
    };
}

int capture_close(struct capture *capture, struct error *error)
{
    int status;

    if (!capture)
        return 0;
    status = segment_close(&capture->segment, error);
    segments_close(&capture->segments, capture->marked);
    free(capture);
    return status;
}
