#include "engine/evidence.h"

enum { TEXT_MAXIMUM = 1 << 20 };

void evidence_init(struct evidence *evidence)
{
    *evidence = (struct evidence){.text = buffer_make(TEXT_MAXIMUM)};
    trace_init(&evidence->trace);
    trace_init(&evidence->latest);
}

void evidence_free(struct evidence *evidence)
{
    trace_free(&evidence->trace);
    trace_free(&evidence->latest);
    buffer_free(&evidence->text);
}

void evidence_begin(struct evidence *evidence, struct runner *runner)
{
    if (!evidence)
        return;
    runner->wire.trace = &evidence->latest;
    wire_trace_begin(&runner->wire);
}

/* The first failing replay stands for all; one that went otherwise has no part in it. */
static void keep(struct evidence *evidence, const struct observation *observation)
{
    struct trace first = evidence->latest;

    if (evidence->replays) {
        evidence->replays += trace_lay_over(&evidence->trace, &evidence->latest);
        return;
    }
    evidence->latest = evidence->trace;
    evidence->trace = first;
    evidence->replays = 1;
    buffer_clear(&evidence->text);
    buffer_append(&evidence->text, buffer_view(&observation->text));
    if (observation->fault_count)
        evidence->fault = observation->faults[0];
}

void evidence_end(struct evidence *evidence, struct runner *runner, bool failed)
{
    if (!evidence)
        return;
    runner->wire.trace = NULL;
    if (!failed)
        return;
    evidence->ends = runner->wire.ends;
    keep(evidence, &runner->observation);
}
