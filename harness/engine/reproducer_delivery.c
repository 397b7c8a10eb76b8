/* The part of a reproducer's C program that puts messages on the link as they were. */
#include "engine/reproducer_delivery.h"

#include <inttypes.h>

void reproducer_put_ways(FILE *out)
{
    fputs("enum { /* ways to send a message */\n", out);
    for (int way = 0; way < DELIVERY_WAYS; way++) {
        const char *name = delivery_name((enum delivery_way)way);

        fputs("    ", out);
        for (; *name; name++)
            fputc(*name == '-' ? '_' : *name - 'a' + 'A', out);
        fprintf(out, " = %d%s\n", way, way + 1 < DELIVERY_WAYS ? "," : "");
    }
    fputs("};\n", out);
}

/* A flood as its number of messages and what lies between them. */
static void put_flood(FILE *out, const struct campaign *campaign,
                      const struct delivery *delivery)
{
    int64_t interval_ns;
    uint64_t times = wire_flood_size(campaign, delivery, &interval_ns);

    fprintf(out, "%" PRIu64 ", %" PRId64, times, interval_ns / 1000);
}

void reproducer_put_delivery(FILE *out, const struct campaign *campaign,
                             const struct sequence *sequence, size_t step)
{
    struct delivery delivery = sequence->steps[step].delivery;

    if (delivery.way == DELIVERY_JOINED &&
        sequence_joined(sequence, step, sequence->count) == step + 1)
        delivery = (struct delivery){.way = DELIVERY_WHOLE};
    fprintf(out, "%d, ", (int)delivery.way);
    if (delivery.way == DELIVERY_FLOOD)
        put_flood(out, campaign, &delivery);
    else
        fprintf(out, "%" PRIu32 ", %" PRId64, delivery.unit, delivery.pause_ns / 1000);
}

const char reproducer_deliver[] =
    "static void wait_us(long us)\n"
    "{\n"
    "    struct timespec left = {us / 1000000, us % 1000000 * 1000};\n"
    "\n"
    "    if (us)\n"
    "        nanosleep(&left, NULL);\n"
    "}\n"
    "\n"
    "static void close_at_once(int *fd)\n"
    "{\n"
    "    struct linger none = {1, 0};\n"
    "\n"
    "    if (*fd >= 0) {\n"
    "        setsockopt(*fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);\n"
    "        close(*fd);\n"
    "    }\n"
    "    *fd = -1;\n"
    "}\n"
    "\n"
    "static void drop_replies(int fd)\n"
    "{\n"
    "    struct pollfd wait = {.fd = fd, .events = POLLIN};\n"
    "    char scrap[4096];\n"
    "\n"
    "    while (poll(&wait, 1, 0) > 0 && read(fd, scrap, sizeof scrap) > 0)\n"
    "        ;\n"
    "}\n"
    "\n"
    "/* What was joined to the message stands before it in `together`. */\n"
    "static unsigned char together[MESSAGES_LENGTH + 1];\n"
    "static size_t together_length;\n"
    "\n"
    "/* 0: nothing is to be read behind it. */\n"
    "static int deliver(const char *address, int *fd, int i)\n"
    "{\n"
    "    const unsigned char *bytes = messages[i].bytes;\n"
    "    size_t length = messages[i].length, unit = (size_t)messages[i].unit, part;\n"
    "    size_t first = unit && unit < length ? unit : length;\n"
    "\n"
    "    switch (messages[i].way) {\n"
    "    case PARTS:\n"
    "        for (; length; bytes += part, length -= part) {\n"
    "            part = unit && unit < length ? unit : length;\n"
    "            send_all(*fd, bytes, part);\n"
    "            wait_us(length > part ? messages[i].pause_us : 0);\n"
    "        }\n"
    "        return 1;\n"
    "    case CUT:\n"
    "        send_all(*fd, bytes, first);\n"
    "        wait_us(messages[i].pause_us);\n"
    "        send_all(*fd, bytes + first, length - first);\n"
    "        return 1;\n"
    "    case LATE: wait_us(messages[i].pause_us); break;\n"
    "    case JOINED:\n"
    "        memcpy(together + together_length, bytes, length);\n"
    "        together_length += length;\n"
    "        if (messages[i].pause_us) {\n"
    "            send_all(*fd, together, together_length);\n"
    "            together_length = 0;\n"
    "            wait_us(messages[i].pause_us);\n"
    "        }\n"
    "        return 0;\n"
    "    case HALF_CLOSED:\n"
    "        send_all(*fd, bytes, first);\n"
    "        shutdown(*fd, SHUT_WR);\n"
    "        print_replies(*fd);\n"
    "        close_at_once(fd);\n"
    "        return 0;\n"
    "    case ABANDONED:\n"
    "        send_all(*fd, bytes, first);\n"
    "        close_at_once(fd);\n"
    "        return 0;\n"
    "    case RECONNECTED:\n"
    "        for (part = 0; part <= unit && *fd >= 0; part++) {\n"
    "            close_at_once(fd);\n"
    "            *fd = open_address(address);\n"
    "        }\n"
    "        break;\n"
    "    case FLOOD:\n"
    "        for (part = 0; part < unit; part++) {\n"
    "            send_all(*fd, bytes, length);\n"
    "            wait_us(messages[i].pause_us);\n"
    "            drop_replies(*fd);\n"
    "        }\n"
    "        return 1;\n"
    "    case BREAK: tcsendbreak(*fd, 0); break;\n"
    "    case PARITY:\n"
    "    case FRAMING:\n"
    "    case BAUD:\n"
    "        printf(\"  needs a line that is set wrongly: not sent\\n\");\n"
    "        return 0;\n"
    "    default: break;\n"
    "    }\n"
    "    memcpy(together + together_length, bytes, length);\n"
    "    send_all(*fd, together, together_length + length);\n"
    "    together_length = 0;\n"
    "    return 1;\n"
    "}\n"
    "\n";
