#include "link/serial_drive.h"

#include "core/clock.h"

#include <errno.h>
#include <linux/serial.h>
#include <string.h>
#include <sys/ioctl.h>

int serial_drive_read(const struct yaml *settings, struct serial_drive *drive,
                      struct error *error)
{
    static const char *const modes[] = {"none", "kernel", "rts", NULL};
    static const char *const delays[] = {"rts-before", "rts-after"};
    int64_t *const delays_ns[] = {&drive->before_ns, &drive->after_ns};

    if (yaml_read_choice(settings, "rs485", modes, &drive->mode, error) < 0)
        return -1;
    for (size_t i = 0; i < 2; i++) {
        const struct yaml *node = yaml_get(settings, delays[i]);

        if (yaml_read_duration(settings, delays[i], delays_ns[i], error) < 0)
            return -1;
        if (node && drive->mode == DRIVE_ALWAYS)
            return yaml_refuse(node, error, "%s needs rs485: kernel or rs485: rts",
                               delays[i]);
        if (*delays_ns[i] < 0 || *delays_ns[i] > CLOCK_S ||
            (drive->mode == DRIVE_KERNEL && *delays_ns[i] % CLOCK_MS))
            return yaml_complain(node, error, "at most 1s, %s",
                                 drive->mode == DRIVE_KERNEL
                                     ? "in whole milliseconds for the kernel"
                                     : "and no less than 0");
    }
    return 0;
}

static int open_kernel(int fd, const struct serial_drive *drive, struct error *error)
{
    struct serial_rs485 asked = {
        .flags = SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND,
        .delay_rts_before_send = (uint32_t)(drive->before_ns / CLOCK_MS),
        .delay_rts_after_send = (uint32_t)(drive->after_ns / CLOCK_MS)};
    struct serial_rs485 got = asked;

    if (ioctl(fd, TIOCSRS485, &got) < 0 || ioctl(fd, TIOCGRS485, &got) < 0)
        return error_set(error,
                         "the port's driver does no RS-485 (%s); rs485: rts holds RTS by "
                         "hand",
                         strerror(errno));
    if ((got.flags & asked.flags) != asked.flags ||
        got.delay_rts_before_send != asked.delay_rts_before_send ||
        got.delay_rts_after_send != asked.delay_rts_after_send)
        return error_set(error, "the port's driver does RS-485 otherwise than asked for: "
                                "RTS up while it sends, and these delays");
    return 0;
}

static int set_rts(int fd, bool up)
{
    int rts = TIOCM_RTS;

    return ioctl(fd, up ? TIOCMBIS : TIOCMBIC, &rts);
}

int serial_drive_open(int fd, const struct serial_drive *drive, struct error *error)
{
    if (drive->mode == DRIVE_KERNEL)
        return open_kernel(fd, drive, error);
    if (drive->mode == DRIVE_RTS && set_rts(fd, false) < 0)
        return error_set(error, "the port has no RTS to hold: %s", strerror(errno));
    return 0;
}

int serial_drive_begin(int fd, const struct serial_drive *drive)
{
    if (drive->mode != DRIVE_RTS)
        return 0;
    if (set_rts(fd, true) < 0)
        return -1;
    clock_sleep_until_ns(clock_now_ns() + drive->before_ns);
    return 0;
}

/* Its shift register, too: TIOCOUTQ knows only what the driver still holds. */
static bool is_out(int fd)
{
    unsigned status = 0;
    int queued = 0;

    if (ioctl(fd, TIOCSERGETLSR, &status) == 0)
        return status & TIOCSER_TEMT;
    return ioctl(fd, TIOCOUTQ, &queued) < 0 || queued == 0;
}

void serial_drive_wait(int fd, int64_t deadline_ns)
{
    static const int64_t look_ns = CLOCK_MS / 10;

    while (!is_out(fd) && clock_now_ns() < deadline_ns)
        clock_sleep_until_ns(clock_now_ns() + look_ns);
}

int serial_drive_end(int fd, const struct serial_drive *drive, int64_t deadline_ns)
{
    if (drive->mode != DRIVE_RTS)
        return 0;
    serial_drive_wait(fd, deadline_ns);
    clock_sleep_until_ns(clock_now_ns() + drive->after_ns);
    return set_rts(fd, false);
}
