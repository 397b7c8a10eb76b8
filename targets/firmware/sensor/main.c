/* The sensor: APDUs out of the port's bytes, and words to the console. */
#include "agent.h"
#include "console.h"
#include "fault.h"
#include "loop.h"
#include "stream.h"

#define VARIANT (SENSOR_DEFECTIVE ? "defective" : "fixed")
static struct agent agent;
static struct stream stream;
static enum agent_state reported;

static void report_state(void)
{
    if (agent.state == reported) {
        return;
    }
    console_text("state ");
    console_text(agent_state_name(reported));
    console_text(" -> ");
    console_text(agent_state_name(agent.state));
    console_text("\n");
    reported = agent.state;
}

static void on_byte(uint8_t byte)
{
    stream_receive(&stream, byte);
}

static void on_silence(void)
{
    stream_end(&stream);
    report_state();
}

static void on_tick(void)
{
    stream_tick(&stream);
    agent_tick(&agent);
    report_state();
}

int main(void)
{
    enum reset_cause cause = fault_take_cause();

    agent_start(&agent, loop_send);
    stream_start(&stream, &agent);
    board_start();
    console_text("sensor 1.0 ");
    console_text(VARIANT);
    console_text(" reset=");
    console_text(fault_cause_name(cause));
    console_text("\n");
    loop_run(on_byte, on_tick, on_silence);
}
