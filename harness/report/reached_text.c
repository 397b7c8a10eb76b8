/* What runs reached, as text for a terminal. */
#include "report/reached.h"

#include "core/escape.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_WIDTH = 30 };

static void write_runs(const struct reached *reached, FILE *out)
{
    fputs("image  ", out);
    escape_write(out, reached->image, ESCAPE_TERMINAL);
    fprintf(out, "\n       sha256 %s\n", reached->hash);
    for (size_t i = 0; i < reached->run_count; i++) {
        const struct reached_run *run = &reached->runs[i];

        fprintf(out, "%c      ", reached_letter(i));
        escape_write(out, run->view.directory, ESCAPE_TERMINAL);
        fputs(": ", out);
        escape_write(out, run->campaign, ESCAPE_TERMINAL);
        fprintf(out, ", %s%s%lld cases\n", run->engine, run->engine[0] ? ", " : "",
                (long long)run->cases);
    }
    if (!reached->lines) {
        fputs("no lines: ", out);
        escape_write(out, reached->no_lines.text, ESCAPE_TERMINAL);
        fputs("\n", out);
    }
}

static void write_heading(const struct reached *reached, FILE *out)
{
    fprintf(out, "\n%-*s", NAME_WIDTH, "function");
    for (int lines = 0; lines < 1 + (reached->lines != NULL); lines++) {
        fprintf(out, "  %7s", lines ? "lines" : "blocks");
        for (size_t i = 0; i < reached->run_count; i++)
            fprintf(out, "%6c", reached_letter(i));
        if (reached->run_count > 1)
            fprintf(out, "%6s", "any");
    }
    fputs("\n", out);
}

static void write_count(const struct reached *reached, const struct reached_count *count,
                        FILE *out)
{
    fprintf(out, "  %7u", count->all);
    for (size_t i = 0; i < reached->run_count; i++)
        fprintf(out, "%6u", count->runs[i]);
    if (reached->run_count > 1)
        fprintf(out, "%6u", count->together);
}

static void write_row(const struct reached *reached, const char *name, uint32_t function,
                      FILE *out)
{
    struct reached_count blocks = reached_blocks(reached, function);
    char *shown = escape_copy(name, ESCAPE_TERMINAL);

    fprintf(out, "%-*.*s", NAME_WIDTH, NAME_WIDTH, shown ? shown : "");
    free(shown);
    write_count(reached, &blocks, out);
    if (reached->lines) {
        struct reached_count lines = reached_lines(reached, function);

        write_count(reached, &lines, out);
    }
    fputs("\n", out);
}

/* Blocks that this run reached and no other did. */
static void write_alone(const struct reached *reached, size_t run, FILE *out)
{
    const struct blocks *blocks = reached->blocks;
    uint32_t count = 0, before = UINT32_MAX;

    for (int pass = 0; pass < 2; pass++) {
        if (pass)
            fprintf(out, "only %c reached %u block%s%s", reached_letter(run), count,
                    count == 1 ? "" : "s", count ? ", in" : "");
        for (uint32_t i = 0; i < blocks->count; i++) {
            bool alone = reached->runs[run].executions[i] && !blocks->list[i].is_dead;

            for (size_t k = 0; k < reached->run_count; k++)
                alone = alone && (k == run || !reached->runs[k].executions[i]);
            count += alone && !pass;
            if (!alone || !pass || blocks->list[i].function == before)
                continue;
            before = blocks->list[i].function;
            fputs(" ", out);
            escape_write(out, blocks->functions[before].name, ESCAPE_TERMINAL);
        }
    }
    fputs("\n", out);
}

int reached_text(const struct reached *reached, FILE *out, struct error *error)
{
    uint32_t *order = reached_order(reached);

    if (!order)
        return error_set(error, "out of memory");
    write_runs(reached, out);
    write_heading(reached, out);
    for (uint32_t i = 0; i < reached->blocks->function_count; i++)
        write_row(reached, reached->blocks->functions[order[i]].name, order[i], out);
    write_row(reached, "all", REACHED_ALL, out);
    fputs("\n", out);
    for (size_t i = 0; reached->run_count > 1 && i < reached->run_count; i++)
        write_alone(reached, i, out);
    free(order);
    return 0;
}
