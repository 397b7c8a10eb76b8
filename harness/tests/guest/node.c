/* A small CANopen node on a CAN interface: `guest-node INTERFACE NODE`. It answers SDO
 * requests (CiA 301, 7.2.4.3) to four objects and refuses the rest; NMT, SYNC and process
 * data pass it by. A peer for guest.py's run of the CANopen campaign. */
#include <linux/can.h>
#include <linux/can/raw.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SDO_REQUEST = 0x600, SDO_REPLY = 0x580, SDO_BYTES = 8 };
enum { DOWNLOAD_SEGMENT, DOWNLOAD, UPLOAD, UPLOAD_SEGMENT, ABORT };
#define NO_OBJECT UINT32_C(0x06020000)
#define NO_COMMAND UINT32_C(0x05040001)

static const struct object {
    uint16_t index;
    uint8_t sub_index, size;
    uint32_t value;
} objects[] = {
    {0x1000, 0, 4, 0x00020192}, /* device type */
    {0x1001, 0, 1, 0},          /* error register */
    {0x1017, 0, 2, 0},          /* heartbeat time */
    {0x1018, 1, 4, 0x4711},     /* vendor */
};

struct node {
    uint32_t heartbeat;
    bool receiving; /* a segmented download was begun */
    uint8_t toggle;
};

static const struct object *find(const uint8_t *request)
{
    uint16_t index = (uint16_t)(request[1] | request[2] << 8);

    for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++)
        if (objects[i].index == index && objects[i].sub_index == request[3])
            return &objects[i];
    return NULL;
}

static void put(uint8_t *reply, uint8_t command, uint32_t value)
{
    reply[0] = command;
    for (size_t i = 0; i < 4; i++)
        reply[4 + i] = (uint8_t)(value >> (8 * i));
}

static void refuse(uint8_t *reply, uint32_t why)
{
    put(reply, ABORT << 5, why);
}

static void upload(const struct node *node, const uint8_t *request, uint8_t *reply)
{
    const struct object *object = find(request);

    if (!object)
        refuse(reply, NO_OBJECT);
    else
        put(reply, (uint8_t)(UPLOAD << 5 | (4 - object->size) << 2 | 3),
            object->index == 0x1017 ? node->heartbeat : object->value);
}

static void download(struct node *node, const uint8_t *request, uint8_t *reply)
{
    uint16_t index = (uint16_t)(request[1] | request[2] << 8);
    bool is_expedited = request[0] & 2;

    if (is_expedited && index == 0x1017 && request[3] == 0)
        node->heartbeat = (uint32_t)(request[4] | request[5] << 8);
    else if (is_expedited || index != 0x1008 || request[3] != 0) {
        refuse(reply, NO_OBJECT);
        return;
    }
    node->receiving = !is_expedited;
    node->toggle = 0;
    put(reply, 3 << 5, 0);
}

static void download_segment(struct node *node, const uint8_t *request, uint8_t *reply)
{
    uint8_t toggle = request[0] >> 4 & 1;

    memset(reply, 0, SDO_BYTES);
    if (!node->receiving || toggle != node->toggle) {
        refuse(reply, NO_COMMAND);
        return;
    }
    node->toggle ^= 1;
    node->receiving = !(request[0] & 1);
    reply[0] = (uint8_t)(1 << 5 | toggle << 4);
}

/* False: nobody answers this. */
static bool answer(struct node *node, const uint8_t *request, uint8_t *reply)
{
    memset(reply, 0, SDO_BYTES);
    memcpy(reply + 1, request + 1, 3);
    switch (request[0] >> 5) {
    case UPLOAD: upload(node, request, reply); return true;
    case DOWNLOAD: download(node, request, reply); return true;
    case DOWNLOAD_SEGMENT: download_segment(node, request, reply); return true;
    case ABORT: node->receiving = false; return false;
    default: refuse(reply, NO_COMMAND); return true;
    }
}

int main(int count, char **arguments)
{
    struct sockaddr_can here = {.can_family = AF_CAN};
    struct can_frame in, out = {.len = SDO_BYTES};
    struct node node = {0};
    canid_t number;
    int fd;

    if (count != 3)
        return 2;
    here.can_ifindex = (int)if_nametoindex(arguments[1]);
    number = (canid_t)strtoul(arguments[2], NULL, 10);
    fd = socket(AF_CAN, SOCK_RAW | SOCK_CLOEXEC, CAN_RAW);
    if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof here) < 0) {
        perror(arguments[1]);
        return 1;
    }
    out.can_id = SDO_REPLY + number;
    while (read(fd, &in, sizeof in) == (ssize_t)sizeof in)
        if (in.can_id == SDO_REQUEST + number && in.len == SDO_BYTES &&
            answer(&node, in.data, out.data) &&
            write(fd, &out, sizeof out) != (ssize_t)sizeof out)
            break;
    perror("the bus");
    return 1;
}
