#include "device/tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int make_tap(struct error *error)
{
    struct ifreq request = {.ifr_name = TAP_NAME};
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return error_set(error, "/dev/net/tun: %s (the kernel's module tun makes it)",
                         strerror(errno));
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (ioctl(fd, TUNSETIFF, &request) == 0)
        return fd;
    error_set(error, "cannot make a tap: %s", strerror(errno));
    close(fd);
    return -1;
}

/* The kernel would look for routers and neighbours there: the wire has to be silent when
 * the campaign is. */
static void leave_out_ipv6(void)
{
    int fd =
        open("/proc/sys/net/ipv6/conf/" TAP_NAME "/disable_ipv6", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return; /* a kernel without IPv6 */
    while (write(fd, "1", 1) < 0 && errno == EINTR)
        ;
    close(fd);
}

static int set_address(int control, unsigned long what, uint32_t address)
{
    struct ifreq request = {.ifr_name = TAP_NAME};
    struct sockaddr_in in = {.sin_family = AF_INET,
                             .sin_addr = {.s_addr = htonl(address)}};

    memcpy(&request.ifr_addr, &in, sizeof in);
    return ioctl(control, what, &request);
}

static int bring_up(const char *name)
{
    struct ifreq request = {.ifr_flags = IFF_UP};
    int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), status;

    memcpy(request.ifr_name, name, strlen(name));
    status = control < 0 ? -1 : ioctl(control, SIOCSIFFLAGS, &request);
    if (control >= 0)
        close(control);
    return status;
}

static int configure(uint32_t address, uint32_t mask, struct error *error)
{
    int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), status = 0;

    leave_out_ipv6();
    if (control < 0 || set_address(control, SIOCSIFADDR, address) < 0 ||
        set_address(control, SIOCSIFNETMASK, mask) < 0 || bring_up(TAP_NAME) < 0 ||
        bring_up("lo") < 0)
        status = error_set(error, "cannot set up a tap: %s", strerror(errno));
    if (control >= 0)
        close(control);
    return status;
}

/* In the new namespace, which the calling thread is in. */
static int furnish(struct tap *tap, uint32_t address, uint32_t mask, struct error *error)
{
    tap->space = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (tap->space < 0)
        return error_set(error, "/proc/thread-self/ns/net: %s", strerror(errno));
    tap->fd = make_tap(error);
    return tap->fd < 0 ? -1 : configure(address, mask, error);
}

int tap_open(struct tap *tap, uint32_t address, uint32_t mask, struct error *error)
{
    int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), status = -1;

    *tap = (struct tap){-1, -1};
    if (home < 0)
        return error_set(error, "/proc/thread-self/ns/net: %s", strerror(errno));
    if (unshare(CLONE_NEWNET) < 0) {
        error_set(error,
                  "cannot make a network namespace: %s; run percuss as root, give it the "
                  "rights (setcap cap_sys_admin,cap_net_admin,cap_net_raw+ep <path of "
                  "percuss>), or reach the board by `network: {kind: user}`",
                  strerror(errno));
        goto out;
    }
    status = furnish(tap, address, mask, error);
    if (setns(home, CLONE_NEWNET) < 0)
        status =
            error_set(error, "cannot leave a network namespace: %s", strerror(errno));
out:
    close(home);
    if (status < 0)
        tap_close(tap);
    return status;
}

void tap_drop_waiting(const struct tap *tap)
{
    uint8_t scrap[16];

    for (int i = 0; i < 10000 && read(tap->fd, scrap, sizeof scrap) > 0; i++)
        ;
}

void tap_close(struct tap *tap)
{
    if (tap->fd >= 0)
        close(tap->fd);
    if (tap->space >= 0)
        close(tap->space);
    *tap = (struct tap){-1, -1};
}
