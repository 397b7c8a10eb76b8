/* The pump: answer requests, keep time, tell the console what changed, sleep. */
#include "board.h"
#include "console.h"
#include "device.h"
#include "port.h"

static volatile uint32_t ticks;

void board_on_tick(void)
{
    ticks++;
}

/* What the console last said. */
struct reported {
    enum pump_state state;
    uint8_t alarms;
    bool unlocked;
};

static void print_banner(const struct device *device)
{
    console_text("pump " DEVICE_VERSION_TEXT " ");
    console_text(DEVICE_VARIANT);
    console_text(" reset=");
    console_text(fault_cause_name(device->cause));
    console_text("\n");
}

static void report_state(const struct pump *pump, struct reported *reported)
{
    console_text("state ");
    console_text(pump_state_name(reported->state));
    console_text(" -> ");
    console_text(pump_state_name(pump->state));
    console_text(" rate=");
    console_number(pump->holding[REGISTER_RATE]);
    console_text("\n");
    reported->state = pump->state;
}

static void report_alarms(uint8_t alarms, struct reported *reported)
{
    static const char *const names[] = {"vtbi-complete", "occlusion", "battery-empty",
                                        "battery-low"};

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if ((alarms & ~reported->alarms) >> i & 1) {
            console_text("alarm ");
            console_text(names[i]);
            console_text("\n");
        }
    }
    reported->alarms = alarms;
}

static void report_changes(const struct device *device, struct reported *reported)
{
    bool unlocked = service_state(&device->service) != 0;

    if (device->pump.alarms != reported->alarms) {
        report_alarms(device->pump.alarms, reported);
    }
    if (device->pump.state != reported->state) {
        report_state(&device->pump, reported);
    }
    if (unlocked != reported->unlocked) {
        console_text(unlocked ? "service unlocked\n" : "service locked\n");
        reported->unlocked = unlocked;
    }
}

/* Catches up with the ticks that passed and returns how many that makes in all. */
static uint32_t keep_time(struct device *device, uint32_t seen)
{
    for (; seen != ticks; seen++) {
        pump_tick(&device->pump);
        service_tick(&device->service);
        port_tick();
        board_watchdog_feed();
    }
    return seen;
}

/* Interrupts are off between the last look and WFI, which wakes on them all the same. */
static void sleep_unless(uint32_t seen)
{
    __asm volatile("cpsid i" ::: "memory");
    if (!port_is_waiting() && seen == ticks) {
        __asm volatile("dsb\n\twfi" ::: "memory");
    }
    __asm volatile("cpsie i" ::: "memory");
}

int main(void)
{
    static struct device device;
    struct reported reported = {.state = PUMP_READY};
    uint32_t seen = 0;

    pump_start(&device.pump);
    service_start(&device.service);
    device.cause = fault_take_cause();
    board_start();
    port_start(&device);
    print_banner(&device);
    for (;;) {
        port_serve(&device);
        seen = keep_time(&device, seen);
        report_changes(&device, &reported);
        sleep_unless(seen);
    }
}
