/* CAN and CAN FD frames over SocketCAN. What is sent and received is one frame in the
 * layout of LINKTYPE_CAN_SOCKETCAN (tcpdump.org/linktypes), as can_frame.h has it. */
#include "link/can_frame.h"
#include "link/stream.h"

#include "core/clock.h"

#include <errno.h>
#include <linux/can/error.h>
#include <linux/can/raw.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct can {
    int fd;
    bool fd_frames;
};

static int can_configure(struct link *link, const struct yaml *settings,
                         struct error *error)
{
    static const char *const known[] = {"kind", "address", "fd", NULL};
    struct can *can = link->state;
    size_t length = strlen(link->address);

    *can = (struct can){.fd = -1};
    if (yaml_check_keys(settings, known, error) < 0 ||
        yaml_read_bool(settings, "fd", &can->fd_frames, error) < 0)
        return -1;
    if (!length || length >= IFNAMSIZ || strpbrk(link->address, "/: "))
        return yaml_complain(yaml_get(settings, "address"), error,
                             "the name of a CAN interface such as can0");
    return 0;
}

/* --- interfaces --------------------------------------------------------------------- */

static int make_socket(struct error *error)
{
    int fd = socket(AF_CAN, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, CAN_RAW);

    if (fd < 0 && (errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT))
        error_set(error, "this machine's kernel has no CAN (CONFIG_CAN, CONFIG_CAN_RAW): "
                         "the link is untested here");
    else if (fd < 0)
        error_set(error, "cannot make a CAN socket: %s", strerror(errno));
    return fd;
}

static struct ifreq request_for(const char *name)
{
    struct ifreq request = {0};

    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    return request;
}

static bool is_can(int fd, const char *name)
{
    struct ifreq request = request_for(name);

    return ioctl(fd, SIOCGIFHWADDR, &request) == 0 &&
           request.ifr_hwaddr.sa_family == ARPHRD_CAN;
}

static bool is_up(int fd, const char *name)
{
    struct ifreq request = request_for(name);

    return ioctl(fd, SIOCGIFFLAGS, &request) == 0 && request.ifr_flags & IFF_UP;
}

static bool takes_fd(int fd, const char *name)
{
    struct ifreq request = request_for(name);

    return ioctl(fd, SIOCGIFMTU, &request) == 0 && request.ifr_mtu >= (int)CANFD_MTU;
}

/* "vcan", "kvaser_pci", …; "" when the kernel does not say. */
static const char *driver_of(int fd, const char *name, struct ethtool_drvinfo *info)
{
    struct ifreq request = request_for(name);

    *info = (struct ethtool_drvinfo){.cmd = ETHTOOL_GDRVINFO};
    request.ifr_data = (char *)info;
    return ioctl(fd, SIOCETHTOOL, &request) == 0 ? info->driver : "";
}

/* Virtual CAN never leaves the machine. */
static bool can_is_local(const char *address)
{
    struct ethtool_drvinfo info;
    int fd = make_socket(NULL);
    bool local;

    if (fd < 0)
        return false;
    local = strcmp(driver_of(fd, address, &info), "vcan") == 0;
    close(fd);
    return local;
}

static int can_probe(const struct link_finder *finder, struct error *error)
{
    struct if_nameindex *names;
    struct ethtool_drvinfo info;
    char what[120];
    bool any = false;
    int fd = make_socket(error);

    if (fd < 0)
        return -1;
    names = if_nameindex();
    for (size_t i = 0; names && names[i].if_index; i++) {
        const char *name = names[i].if_name;

        if (!is_can(fd, name))
            continue;
        any = true;
        snprintf(what, sizeof what, "%s%s%s", driver_of(fd, name, &info),
                 info.driver[0] ? ", " : "",
                 takes_fd(fd, name) ? "CAN and CAN FD" : "CAN");
        finder->found(finder->context, name, what, is_up(fd, name) ? NULL : "it is down");
    }
    if (names)
        if_freenameindex(names);
    close(fd);
    return any ? 0 : error_set(error, "this machine has no CAN interface");
}

/* --- opening ------------------------------------------------------------------------ */

static int bind_to(const struct can *can, const char *name, struct error *error)
{
    struct sockaddr_can here = {.can_family = AF_CAN,
                                .can_ifindex = (int)if_nametoindex(name)};
    const can_err_mask_t errors = CAN_ERR_MASK;
    const int on = 1;

    if (!here.can_ifindex || !is_can(can->fd, name))
        return error_set(error, "%s: no such CAN interface (percuss list links --probe)",
                         name);
    if (!is_up(can->fd, name))
        return error_set(error, "%s: the interface is down (ip link set %s up)", name,
                         name);
    if (can->fd_frames && !takes_fd(can->fd, name))
        return error_set(error, "%s: the interface carries no CAN FD", name);
    if (can->fd_frames &&
        setsockopt(can->fd, SOL_CAN_RAW, CAN_RAW_FD_FRAMES, &on, sizeof on) < 0)
        return error_set(error, "%s: the kernel does no CAN FD: %s", name,
                         strerror(errno));
    if (setsockopt(can->fd, SOL_CAN_RAW, CAN_RAW_ERR_FILTER, &errors, sizeof errors) <
            0 ||
        bind(can->fd, (const struct sockaddr *)&here, sizeof here) < 0)
        return error_set(error, "%s: cannot be bound to: %s", name, strerror(errno));
    return 0;
}

static void can_close(struct link *link)
{
    struct can *can = link->state;

    if (can->fd >= 0)
        close(can->fd);
    can->fd = -1;
}

static int can_open(struct link *link, const char *address, int64_t deadline_ns,
                    struct error *error)
{
    struct can *can = link->state;

    (void)deadline_ns; /* nothing here waits */
    can->fd = make_socket(error);
    if (can->fd < 0)
        return error_prefix(error, "%s: ", address);
    return bind_to(can, address, error) < 0 ? LINK_FAILED : 0;
}

/* --- frames ------------------------------------------------------------------------- */

static int failure(const char *what, int number, struct error *error)
{
    if (number == ENODEV || number == ENXIO || number == ENETDOWN) {
        error_set(error, number == ENETDOWN ? "the interface went down"
                                            : "the interface is gone");
        return LINK_CLOSED;
    }
    error_set(error, "cannot %s: %s", what, strerror(number));
    return LINK_FAILED;
}

static bool can_takes(const struct link *link, struct view bytes)
{
    const struct can *can = link->state;
    struct canfd_frame frame;

    return can_frame_from(bytes, can->fd_frames, &frame) > 0;
}

/* A full queue is ENOBUFS, and poll(2) does not tell when there is room again. */
static int can_send(struct link *link, struct view bytes, int64_t deadline_ns,
                    struct error *error)
{
    const struct can *can = link->state;
    struct canfd_frame frame;
    size_t size = can_frame_from(bytes, can->fd_frames, &frame);

    if (!size) {
        error_set(error, "these bytes are no CAN%s frame", can->fd_frames ? " FD" : "");
        return LINK_FAILED;
    }
    for (;;) {
        if (write(can->fd, &frame, size) == (ssize_t)size)
            return 0;
        if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
            return failure("send", errno, error);
        if (clock_now_ns() >= deadline_ns) {
            error_set(error, "the bus did not take the frame before the deadline");
            return LINK_FAILED;
        }
        clock_sleep_until_ns(clock_now_ns() + CLOCK_MS);
    }
}

static int can_receive(struct link *link, struct buffer *in, int64_t deadline_ns,
                       struct error *error)
{
    const struct can *can = link->state;
    uint8_t bytes[CAN_FRAME_LARGEST];
    struct canfd_frame frame;
    size_t length;

    for (;;) {
        bool ready = stream_wait(can->fd, POLLIN, deadline_ns);
        ssize_t size = read(can->fd, &frame, sizeof frame);

        if (size < 0 && errno != EAGAIN && errno != EINTR)
            return failure("receive", errno, error);
        if (size > 0 && frame.can_id & CAN_ERR_FLAG) {
            link->line_errors++; /* the controller speaks, no node */
        } else if (size > 0) {
            length = can_frame_to(&frame, (size_t)size, bytes);
            if (length && buffer_append(in, (struct view){bytes, length}) < 0) {
                error_set(error, "the receive buffer has no room for a frame");
                return LINK_FAILED;
            }
            if (length)
                return (int)length;
        }
        if (!ready || (size > 0 && clock_now_ns() >= deadline_ns))
            return LINK_TIMEOUT;
    }
}

static void can_discard(struct link *link)
{
    const struct can *can = link->state;
    struct canfd_frame frame;

    /* Not what a busy bus adds meanwhile. */
    for (int i = 0; i < 1000 && read(can->fd, &frame, sizeof frame) > 0; i++)
        link->line_errors += (frame.can_id & CAN_ERR_FLAG) != 0;
}

const struct link_ops link_can = {
    .name = "can",
    .summary = "CAN and CAN FD frames, classical with 11 or 29 bits and remote ones "
               "(SocketCAN); what no controller can send is not sent",
    .carries = LINK_DATAGRAMS | LINK_GAPS,
    .keys = "address: can0; fd: false (default) or true, also CAN FD frames",
    .state_size = sizeof(struct can),
    .largest = CAN_FRAME_LARGEST,
    .configure = can_configure,
    .open = can_open,
    .takes = can_takes,
    .send = can_send,
    .receive = can_receive,
    .discard = can_discard,
    .is_local = can_is_local,
    .probe = can_probe,
    .close = can_close,
};
