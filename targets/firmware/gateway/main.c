/* The gateway: answer requests, keep time, feed the watchdog, tell what it holds. */
#include "board.h"
#include "device.h"
#include "line.h"
#include "server.h"
#include "watchdog.h"
#include "words.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define VERSION "1.0"
#define TELL_TICKS (BOARD_TICKS_PER_SECOND / 4)

/* Ticks since the machine started. */
static uint32_t now_ticks(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)(now.tv_sec * BOARD_TICKS_PER_SECOND +
                      now.tv_nsec / (1000000L * BOARD_TICK_MS));
}

/* smaps_rollup, as statm is behind by up to 63 pages (proc(5)). */
static long resident_kib(void)
{
    FILE *file = fopen("/proc/self/smaps_rollup", "re");
    char line[160];
    long kib = 0;

    while (file != NULL && fgets(line, sizeof line, file) != NULL &&
           sscanf(line, "Rss: %ld kB", &kib) != 1) {}
    if (file != NULL) {
        fclose(file);
    }
    return kib;
}

static unsigned open_handles(void)
{
    DIR *folder = opendir("/proc/self/fd");
    unsigned count = 0;

    if (folder == NULL) {
        return 0;
    }
    for (struct dirent *one; (one = readdir(folder)) != NULL;) {
        count += one->d_name[0] != '.';
    }
    closedir(folder);
    return count - 1; /* the folder itself */
}

static void tell_holdings(void)
{
    words_say("holds memory=%ld handles=%u", resident_kib(), open_handles());
}

static uint32_t keep_time(struct device *device, uint32_t seen)
{
    for (; seen != now_ticks(); seen++) {
        pump_tick(&device->pump);
        service_tick(&device->service);
        server_tick();
        board_watchdog_feed();
        if (seen % TELL_TICKS == 0) {
            tell_holdings();
        }
    }
    return seen;
}

/* gatewayd REASON: power-on, or software when it is started again. */
int main(int count, char **arguments)
{
    static struct device device;
    const char *reason = count > 1 ? arguments[1] : "power-on";
    struct pollfd watched[SERVER_WATCHED + 1];
    uint32_t seen;

    words_catch_faults();
    pump_start(&device.pump);
    service_start(&device.service);
    device.cause = strcmp(reason, "software") == 0 ? RESET_SOFTWARE : RESET_POWER_ON;
    watchdog_start();
    server_start(&device);
    line_start(&device.pump);
    tell_holdings();
    words_say("gateway " VERSION " %s reset=%s", DEVICE_VARIANT, reason);
    seen = now_ticks();
    for (;;) {
        server_watch(watched);
        watched[SERVER_WATCHED] = (struct pollfd){line_handle(), POLLIN, 0};
        if (poll(watched, SERVER_WATCHED + 1, BOARD_TICK_MS) > 0) {
            server_serve(watched);
            if (watched[SERVER_WATCHED].revents != 0) {
                line_serve();
            }
        }
        seen = keep_time(&device, seen);
    }
}
