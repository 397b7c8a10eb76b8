#include "device/control_line.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

int control_line_read(struct control_line *line, const struct yaml *settings,
                      struct error *error)
{
    static const char *const lines[] = {"dtr", "rts", NULL};
    static const char *const levels[] = {"high", "low", NULL};
    static const int bits[] = {TIOCM_DTR, TIOCM_RTS};
    const struct yaml *port = yaml_need(settings, "port", YAML_SCALAR, error);
    int which = 0, level = 0;

    *line = (struct control_line){.fd = -1};
    if (!port || yaml_read_choice(settings, "line", lines, &which, error) < 0 ||
        yaml_read_choice(settings, "on", levels, &level, error) < 0)
        return -1;
    line->port = port->text;
    line->bit = bits[which];
    line->low = level == 1;
    return 0;
}

/* No modem is waited for, and closing hangs nothing up (termios(3): CLOCAL, HUPCL). */
static int prepare(struct control_line *line, struct error *error)
{
    struct termios settings;

    line->fd = open(line->port, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (line->fd < 0)
        return error_set(error, "%s: %s", line->port, strerror(errno));
    if (tcgetattr(line->fd, &settings) == 0) {
        settings.c_cflag |= CLOCAL;
        settings.c_cflag &= ~(tcflag_t)HUPCL;
        if (tcsetattr(line->fd, TCSANOW, &settings) == 0)
            return 0;
    }
    error_set(error, "%s: no serial port: %s", line->port, strerror(errno));
    control_line_close(line);
    return -1;
}

int control_line_set(struct control_line *line, bool on, struct error *error)
{
    unsigned long request = on != line->low ? TIOCMBIS : TIOCMBIC;

    if (line->fd < 0 && prepare(line, error) < 0)
        return -1;
    if (ioctl(line->fd, request, &line->bit) == 0)
        return 0;
    error_set(error, "%s: its control lines cannot be set: %s", line->port,
              strerror(errno));
    control_line_close(line); /* a converter that was pulled out may be back next time */
    return -1;
}

void control_line_close(struct control_line *line)
{
    if (line->port && line->fd >= 0)
        close(line->fd);
    line->fd = -1;
}
