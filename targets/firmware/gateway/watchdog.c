#include "watchdog.h"

#include "board.h"
#include "words.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int handle = -1;

void watchdog_start(void)
{
    handle = open("/dev/watchdog", O_WRONLY | O_CLOEXEC);
    if (handle < 0) {
        words_say("no watchdog: %s", strerror(errno));
    }
}

void board_watchdog_feed(void)
{
    if (handle >= 0 && write(handle, "", 1) < 0) {
        words_say("the watchdog is not fed: %s", strerror(errno));
    }
}
