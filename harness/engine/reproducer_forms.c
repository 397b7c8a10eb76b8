/* A reproducer in forms that need no percuss: a page for people, and a C program. */
#include "engine/finding_messages.h"
#include "engine/reproducer.h"
#include "engine/reproducer_delivery.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROW = 16 };

/* What a device said may stand in a title: letters that end no comment and no line. */
static void put_plain(FILE *out, const char *text)
{
    for (; *text; text++)
        fputc(isprint((unsigned char)*text) && *text != '\\' &&
                      !(text[0] == '*' && text[1] == '/')
                  ? *text
                  : '?',
              out);
}

static int open_form(const char *path, FILE **out, struct error *error)
{
    *out = fopen(path, "w");
    return *out ? 0 : error_set(error, "cannot write %s: %s", path, strerror(errno));
}

static int close_form(const char *path, FILE *out, struct error *error)
{
    bool failed = ferror(out);

    return fclose(out) == 0 && !failed
               ? 0
               : error_set(error, "cannot write %s: %s", path, strerror(errno));
}

/* --- messages.txt ------------------------------------------------------------------- */

/* As xxd(1) writes it. */
static void put_dump(FILE *out, struct view bytes)
{
    for (size_t row = 0; row < bytes.length; row += ROW) {
        fprintf(out, "%08zx:", row);
        for (size_t i = row; i < row + ROW; i++) {
            if (i < bytes.length)
                fprintf(out, "%s%02x", i % 2 ? "" : " ", bytes.data[i]);
            else
                fputs(i % 2 ? "  " : "   ", out);
        }
        fputs("  ", out);
        for (size_t i = row; i < row + ROW && i < bytes.length; i++)
            fputc(isprint(bytes.data[i]) ? bytes.data[i] : '.', out);
        fputc('\n', out);
    }
}

/* Indented, and a name before each line. */
static void put_lines(FILE *out, const char *name, const char *text)
{
    for (size_t length; *text; text += length + (text[length] != '\0')) {
        length = strcspn(text, "\n");
        fprintf(out, "  %s%.*s\n", name, (int)length, text);
    }
}

int reproducer_write_text(const char *path, const struct campaign *campaign,
                          const struct reproducer *reproducer, struct error *error)
{
    const struct sequence *sequence = &reproducer->sequence;
    struct finding_message *message = malloc(sizeof *message);
    struct tree tree;
    FILE *out;

    if (!message || open_form(path, &out, error) < 0) {
        free(message);
        return message ? -1 : error_set(error, "out of memory");
    }
    tree_init(&tree, campaign->model);
    fprintf(out, "%s ", reproducer->id);
    put_plain(out, reproducer->title);
    fprintf(out, "\noracle %s, first seen in case %llu\n%s\n", reproducer->oracle,
            (unsigned long long)reproducer->first_case, reproducer->case_name);
    for (size_t i = 0; i < sequence->count; i++) {
        finding_message_read(campaign, sequence, i, &tree, message);
        fprintf(out, "\nmessage %zu of %zu: %s%s, %zu bytes%s%s\n", i + 1,
                sequence->count, message->name, message->changed ? ", changed" : "",
                message->bytes.length, *message->delivery ? ", sent: " : "",
                message->delivery);
        put_dump(out, message->bytes);
        put_lines(out, "", message->decoded);
        put_lines(out, "wrong: ", message->wrong);
    }
    tree_free(&tree);
    free(message);
    return close_form(path, out, error);
}

/* --- reproducer.c ------------------------------------------------------------------- */

static const char program_role[] =
    " *\n"
    " * The device connects to this program, as it did to percuss: ADDRESS is here.\n";

static const char program_head[] =
    " *\n"
    " *   cc -o reproducer reproducer.c\n"
    " *   ./reproducer ADDRESS\n"
    " *\n"
    " * ADDRESS is HOST:PORT, or the path of a UNIX socket or a serial line (set up with\n"
    " * stty before: raw, and the device's speed and parity). Each message is sent, then\n"
    " * what comes back is printed until nothing comes for a while. */\n"
    "#define _POSIX_C_SOURCE 200809L\n"
    "#include <fcntl.h>\n"
    "#include <netdb.h>\n"
    "#include <netinet/in.h>\n"
    "#include <netinet/tcp.h>\n"
    "#include <poll.h>\n"
    "#include <signal.h>\n"
    "#include <stdio.h>\n"
    "#include <string.h>\n"
    "#include <sys/socket.h>\n"
    "#include <sys/stat.h>\n"
    "#include <sys/un.h>\n"
    "#include <termios.h>\n"
    "#include <time.h>\n"
    "#include <unistd.h>\n\n";

static const char program_messages[] =
    "enum { MESSAGES = sizeof messages / sizeof messages[0] };\n"
    "\n";

static const char program_connect[] =
    "static int open_network(const char *address)\n"
    "{\n"
    "    const char *colon = strrchr(address, ':');\n"
    "    struct addrinfo hints = {.ai_socktype = socket_type}, *found;\n"
    "    char host[256];\n"
    "    int fd;\n"
    "\n"
    "    if (!colon || (size_t)(colon - address) >= sizeof host)\n"
    "        return -1;\n"
    "    memcpy(host, address, (size_t)(colon - address));\n"
    "    host[colon - address] = '\\0';\n"
    "    if (getaddrinfo(host, colon + 1, &hints, &found) != 0)\n"
    "        return -1;\n"
    "    fd = socket(found->ai_family, found->ai_socktype, 0);\n"
    "    if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) < 0) {\n"
    "        close(fd);\n"
    "        fd = -1;\n"
    "    }\n"
    "    if (fd >= 0 && socket_type == SOCK_STREAM)\n"
    "        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));\n"
    "    freeaddrinfo(found);\n"
    "    return fd;\n"
    "}\n"
    "\n";

/* For a device that connects by itself. */
static const char program_accept[] =
    "static int print_replies(int fd);\n"
    "\n"
    "/* Waits for the device, which has to be made to connect, and prints what it says\n"
    " * first. */\n"
    "static int open_network(const char *address)\n"
    "{\n"
    "    static int listener = -1;\n"
    "    const char *colon = strrchr(address, ':');\n"
    "    struct addrinfo hints = {.ai_socktype = socket_type}, *found;\n"
    "    char host[256];\n"
    "    int fd;\n"
    "\n"
    "    if (!colon || (size_t)(colon - address) >= sizeof host)\n"
    "        return -1;\n"
    "    memcpy(host, address, (size_t)(colon - address));\n"
    "    host[colon - address] = '\\0';\n"
    "    if (listener < 0 && getaddrinfo(host, colon + 1, &hints, &found) == 0) {\n"
    "        listener = socket(found->ai_family, found->ai_socktype, 0);\n"
    "        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));\n"
    "        if (bind(listener, found->ai_addr, found->ai_addrlen) < 0 ||\n"
    "            listen(listener, 4) < 0) {\n"
    "            close(listener);\n"
    "            listener = -1;\n"
    "        }\n"
    "        freeaddrinfo(found);\n"
    "    }\n"
    "    printf(\"waiting for the device\\n\");\n"
    "    fflush(stdout);\n"
    "    fd = accept(listener, NULL, NULL);\n"
    "    if (fd < 0)\n"
    "        return -1;\n"
    "    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));\n"
    "    if (greets)\n"
    "        print_replies(fd);\n"
    "    return fd;\n"
    "}\n"
    "\n";

/* Instead: an Ethernet interface, whose name the address is. */
static const char program_interface[] =
    "#include <arpa/inet.h>\n"
    "#include <linux/if_ether.h>\n"
    "#include <linux/if_packet.h>\n"
    "#include <net/if.h>\n"
    "\n"
    "/* ADDRESS is an Ethernet interface; needs the right to send raw frames (root). */\n"
    "static int open_network(const char *address)\n"
    "{\n"
    "    struct sockaddr_ll place = {.sll_family = AF_PACKET,\n"
    "                                .sll_protocol = htons(ETH_P_ALL),\n"
    "                                .sll_ifindex = (int)if_nametoindex(address)};\n"
    "    int fd = socket(AF_PACKET, socket_type, htons(ETH_P_ALL));\n"
    "\n"
    "    if (fd >= 0 && (!place.sll_ifindex ||\n"
    "                    bind(fd, (struct sockaddr *)&place, sizeof place) < 0)) {\n"
    "        close(fd);\n"
    "        fd = -1;\n"
    "    }\n"
    "    return fd;\n"
    "}\n"
    "\n";

static const char program_body[] =
    "static int open_address(const char *address)\n"
    "{\n"
    "    struct sockaddr_un place = {.sun_family = AF_UNIX};\n"
    "    struct stat about;\n"
    "    int fd;\n"
    "\n"
    "    if (stat(address, &about) < 0)\n"
    "        return open_network(address);\n"
    "    if (!S_ISSOCK(about.st_mode))\n"
    "        return open(address, O_RDWR | O_NOCTTY);\n"
    "    if (strlen(address) >= sizeof place.sun_path)\n"
    "        return -1;\n"
    "    strcpy(place.sun_path, address);\n"
    "    fd = socket(AF_UNIX, SOCK_STREAM, 0);\n"
    "    if (fd >= 0 && connect(fd, (struct sockaddr *)&place, sizeof place) < 0) {\n"
    "        close(fd);\n"
    "        fd = -1;\n"
    "    }\n"
    "    return fd;\n"
    "}\n"
    "\n"
    "static void send_all(int fd, const unsigned char *bytes, size_t length)\n"
    "{\n"
    "    while (length) {\n"
    "        ssize_t sent = write(fd, bytes, length);\n"
    "\n"
    "        if (sent <= 0) {\n"
    "            printf(\"  cannot be sent\\n\");\n"
    "            return;\n"
    "        }\n"
    "        bytes += sent;\n"
    "        length -= (size_t)sent;\n"
    "    }\n"
    "}\n"
    "\n"
    "/* 0: the device closed the connection. */\n"
    "static int print_replies(int fd)\n"
    "{\n"
    "    struct pollfd wait = {.fd = fd, .events = POLLIN};\n"
    "    unsigned char bytes[4096];\n"
    "\n"
    "    while (poll(&wait, 1, patience_ms) > 0) {\n"
    "        ssize_t count = read(fd, bytes, sizeof bytes);\n"
    "\n"
    "        if (count <= 0) {\n"
    "            printf(\"  closed\\n\");\n"
    "            return 0;\n"
    "        }\n"
    "        printf(\"  came\");\n"
    "        for (ssize_t i = 0; i < count; i++)\n"
    "            printf(\" %02x\", bytes[i]);\n"
    "        printf(\"\\n\");\n"
    "    }\n"
    "    return 1;\n"
    "}\n"
    "\n";

static const char program_main[] =
    "int main(int argc, char **argv)\n"
    "{\n"
    "    int fd = -1;\n"
    "\n"
    "    if (argc != 2) {\n"
    "        fprintf(stderr, \"usage: %s HOST:PORT|PATH\\n\", argv[0]);\n"
    "        return 2;\n"
    "    }\n"
    "    signal(SIGPIPE, SIG_IGN);\n"
    "    for (int i = 0; i < MESSAGES; i++) {\n"
    "        if (fd >= 0 && messages[i].anew) {\n"
    "            close(fd);\n"
    "            fd = -1;\n"
    "        }\n"
    "        if (fd < 0)\n"
    "            fd = open_address(argv[1]);\n"
    "        if (fd < 0) {\n"
    "            fprintf(stderr, \"message %d: cannot open %s\\n\", i + 1, argv[1]);\n"
    "            return 1;\n"
    "        }\n"
    "        printf(\"message %d: %zu bytes\\n\", i + 1, messages[i].length);\n"
    "        if (deliver(argv[1], &fd, i) && !print_replies(fd)) {\n"
    "            close(fd);\n"
    "            fd = -1;\n"
    "        }\n"
    "    }\n"
    "    return 0;\n"
    "}\n";

static void put_array(FILE *out, size_t number, struct view bytes)
{
    fprintf(out, "static const unsigned char message_%zu[] = {", number);
    for (size_t i = 0; i < bytes.length; i++)
        fprintf(out, "%s0x%02x,", i % 12 ? " " : "\n    ", bytes.data[i]);
    fputs(bytes.length ? "\n};\n" : "0};\n", out);
}

/* Where a campaign has a connection a case, so has the program. */
static bool begins_connection(const struct campaign *campaign,
                              const struct sequence *sequence, size_t step)
{
    return campaign->connection_per_case && step > 0 &&
           sequence->steps[step].number != sequence->steps[step - 1].number;
}

/* What the link is to the program; the last one is every other link. */
static const struct program_kind {
    const char *link, *socket_type, *network;
} program_kinds[] = {{"udp", "SOCK_DGRAM", program_connect},
                     {"ethernet", "SOCK_RAW", program_interface},
                     {NULL, "SOCK_STREAM", program_connect}};

static const struct program_kind *kind_of(const struct campaign *campaign)
{
    const struct program_kind *kind = program_kinds;

    while (kind->link && strcmp(kind->link, campaign->link_kind) != 0)
        kind++;
    return kind;
}

int reproducer_write_program(const char *path, const struct campaign *campaign,
                             const struct reproducer *reproducer, struct error *error)
{
    const struct sequence *sequence = &reproducer->sequence;
    const struct program_kind *kind = kind_of(campaign);
    bool accepts = campaign_is_server(campaign);
    size_t length = 0;
    FILE *out;

    if (open_form(path, &out, error) < 0)
        return -1;
    fprintf(out, "/* %s: ", reproducer->id);
    put_plain(out, reproducer->title);
    fputs("\n * found in case ", out);
    put_plain(out, reproducer->case_name);
    fprintf(out, "\n%s%s", accepts ? program_role : "", program_head);
    for (size_t i = 0; i < sequence->count; i++) {
        put_array(out, i + 1, sequence_bytes(sequence, i));
        length += sequence->steps[i].length;
    }
    reproducer_put_ways(out);
    fprintf(out, "enum { MESSAGES_LENGTH = %zu };\n", length);
    fputs("static const struct {\n    const unsigned char *bytes;\n    size_t length;\n"
          "    int anew; /* over a new connection */\n    int way;\n"
          "    long unit, pause_us; /* of its way */\n} messages[] = {\n",
          out);
    for (size_t i = 0; i < sequence->count; i++) {
        fprintf(out, "    {message_%zu, %zu, %d, ", i + 1, sequence->steps[i].length,
                begins_connection(campaign, sequence, i));
        reproducer_put_delivery(out, campaign, sequence, i);
        fputs("},\n", out);
    }
    fprintf(out,
            "};\nstatic const int socket_type = %s;\n"
            "static const int patience_ms = %lld;\n%s%s%s%s%s%s",
            kind->socket_type, (long long)(campaign->answer_ns / CLOCK_MS),
            !accepts                               ? ""
            : campaign->session->greeting.expected ? "static const int greets = 1;\n"
                                                   : "static const int greets = 0;\n",
            program_messages, accepts ? program_accept : kind->network, program_body,
            reproducer_deliver, program_main);
    return close_form(path, out, error);
}
