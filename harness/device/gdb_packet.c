#include "device/gdb_packet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int digit(uint8_t letter)
{
    if (letter >= '0' && letter <= '9')
        return letter - '0';
    if (letter >= 'a' && letter <= 'f')
        return letter - 'a' + 10;
    return letter >= 'A' && letter <= 'F' ? letter - 'A' + 10 : -1;
}

/* Two hex digits, -1: they are none. */
static int read_byte(struct view text, size_t at)
{
    int high, low;

    if (text.length < 2 || at > text.length - 2)
        return -1;
    high = digit(text.data[at]);
    low = digit(text.data[at + 1]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* "}" and the byte with bit 5 turned; "x*c" is x and (c - 29) more of it. */
static int decode(struct view body, struct buffer *packet)
{
    buffer_clear(packet);
    for (size_t i = 0; i < body.length; i++) {
        uint8_t byte = body.data[i];
        int more = 0;

        if (byte == '}' && ++i < body.length)
            byte = body.data[i] ^ 0x20;
        else if (byte == '*' && packet->length && ++i < body.length) {
            more = body.data[i] - 29;
            byte = packet->data[packet->length - 1];
            if (more < 3)
                return -1;
            more--;
        }
        do {
            if (buffer_append_byte(packet, byte) < 0)
                return -1;
        } while (more-- > 0);
    }
    return 0;
}

enum gdb_item gdb_packet_take(struct buffer *in, struct buffer *packet)
{
    const uint8_t *end;
    enum gdb_item item;
    unsigned sum = 0;
    size_t length;

    if (!in->length)
        return GDB_NOTHING;
    if (in->data[0] != '$' && in->data[0] != '%') {
        item = in->data[0] == '+' ? GDB_ACK : in->data[0] == '-' ? GDB_NAK : GDB_NOTICE;
        buffer_drop_front(in, 1);
        return item;
    }
    end = memchr(in->data, '#', in->length);
    length = end ? (size_t)(end - in->data) : in->length;
    if (!end || in->length - length < 3) {
        if (in->length < in->maximum)
            return GDB_NOTHING;
        buffer_clear(in);
        return GDB_DAMAGED;
    }
    for (size_t i = 1; i < length; i++)
        sum += in->data[i];
    item = read_byte(buffer_view(in), length + 1) == (int)(sum & 0xff) ? GDB_IS_PACKET
                                                                       : GDB_DAMAGED;
    if (in->data[0] == '%')
        item = GDB_NOTICE;
    else if (item == GDB_IS_PACKET &&
             decode((struct view){in->data + 1, length - 1}, packet) < 0)
        item = GDB_DAMAGED;
    buffer_drop_front(in, length + 3);
    return item;
}

int gdb_packet_make(const char *text, char packet[GDB_PACKET + 1])
{
    unsigned sum = 0;

    if (strlen(text) > GDB_PACKET - 4 || strpbrk(text, "$#}*"))
        return -1;
    for (const char *letter = text; *letter; letter++)
        sum += (uint8_t)*letter;
    snprintf(packet, GDB_PACKET + 1, "$%s#%02x", text, sum & 0xff);
    return 0;
}

bool gdb_packet_value(struct view digits, unsigned width_bytes, uint64_t *value)
{
    uint64_t found = 0;

    if (width_bytes > sizeof found || digits.length < 2 * (size_t)width_bytes)
        return false;
    for (unsigned i = 0; i < width_bytes; i++) {
        int byte = read_byte(digits, 2 * (size_t)i);

        if (byte < 0)
            return false;
        found |= (uint64_t)byte << (8 * i);
    }
    *value = found;
    return true;
}

/* "0f:a4120000;" among the pairs of a T packet. */
static void find_pc(struct view pairs, const struct gdb_pc *pc, struct gdb_stop *stop)
{
    while (pairs.length) {
        const uint8_t *end = memchr(pairs.data, ';', pairs.length);
        size_t length = end ? (size_t)(end - pairs.data) : pairs.length;

        if (length > 3 && pairs.data[2] == ':' &&
            read_byte(pairs, 0) == (int)pc->number &&
            gdb_packet_value(view_slice(pairs, 3, length - 3), pc->width_bytes,
                             &stop->pc))
            stop->has_pc = true;
        pairs = view_slice(pairs, length + 1, pairs.length);
    }
}

bool gdb_packet_stop(struct view packet, const struct gdb_pc *pc, struct gdb_stop *stop)
{
    int signal = read_byte(packet, 1);

    if (packet.length < 3 || signal < 0 || !strchr("TSWX", packet.data[0]) ||
        packet.data[0] == '\0')
        return false;
    *stop = (struct gdb_stop){.gone = packet.data[0] == 'W' || packet.data[0] == 'X',
                              .signal = (unsigned)signal};
    if (packet.data[0] == 'T')
        find_pc(view_slice(packet, 3, packet.length), pc, stop);
    return true;
}

bool gdb_packet_output(struct view packet, struct buffer *said)
{
    if (packet.length % 2 == 0 || packet.data[0] != 'O')
        return false;
    for (size_t i = 1; i < packet.length; i += 2)
        if (read_byte(packet, i) < 0)
            return false;
    for (size_t i = 1; i < packet.length; i += 2)
        if (buffer_append_byte(said, (uint8_t)read_byte(packet, i)) < 0)
            break;
    return true;
}

/* --- target descriptions ------------------------------------------------------------ */

/* name="value" (or with single quotes) inside of a tag. */
static bool find_attribute(const char *tag, const char *name, char *value, size_t size)
{
    size_t length = strlen(name);

    for (const char *at = strstr(tag, name); at; at = strstr(at + 1, name)) {
        char quote = at[length] == '=' ? at[length + 1] : '\0';
        const char *end =
            quote == '"' || quote == '\'' ? strchr(at + length + 2, quote) : NULL;

        if (!end || at == tag || at[-1] != ' ')
            continue;
        snprintf(value, size, "%.*s", (int)(end - at - (ptrdiff_t)length - 2),
                 at + length + 2);
        return true;
    }
    return false;
}

static void read_tag(const char *tag, struct gdb_description *description)
{
    char value[80];

    if (strncmp(tag, "xi:include ", 11) == 0 &&
        description->include_count < GDB_INCLUDES &&
        find_attribute(tag, "href", value, sizeof value) && !strpbrk(value, "$#}*:"))
        snprintf(description->includes[description->include_count++], sizeof value, "%s",
                 value);
    if (strncmp(tag, "reg ", 4) != 0)
        return;
    if (find_attribute(tag, "regnum", value, sizeof value))
        description->next = (unsigned)strtoul(value, NULL, 0);
    if (!description->found && find_attribute(tag, "name", value, sizeof value) &&
        strcmp(value, description->wanted) == 0) {
        description->found = true;
        description->number = description->next;
    }
    description->next++;
}

void gdb_packet_describe(struct view text, struct gdb_description *description)
{
    char tag[512];

    while (text.length) {
        const uint8_t *start = memchr(text.data, '<', text.length), *end;

        if (!start)
            return;
        text = view_slice(text, (size_t)(start - text.data) + 1, text.length);
        end = memchr(text.data, '>', text.length);
        if (!end)
            return;
        snprintf(tag, sizeof tag, "%.*s", (int)(end - text.data),
                 (const char *)text.data);
        for (char *letter = tag; *letter; letter++)
            if (*letter == '\n' || *letter == '\t' || *letter == '\r')
                *letter = ' ';
        read_tag(tag, description);
    }
}
