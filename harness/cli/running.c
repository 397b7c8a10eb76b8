#include "cli/running.h"

#include "cli/common.h"
#include "core/clock.h"

#include <stdio.h>
#include <unistd.h>

struct running_line running_line(bool enabled)
{
    return (struct running_line){.enabled = enabled, .tty = isatty(STDERR_FILENO)};
}

bool running_show(struct running_line *line, const struct engine_progress *progress)
{
    int64_t now = clock_now_ns();
    char left[32] = "open end";

    if (line->enabled && now >= line->next_ns) {
        if (progress->left_ns >= 0)
            snprintf(left, sizeof left, "%llds left",
                     (long long)((progress->left_ns + CLOCK_S - 1) / CLOCK_S));
        fprintf(stderr, "%s%-10s case %-8llu %8.0f/s  findings %-3zu %-12s%s",
                line->tty ? "\r" : "", progress->doing,
                (unsigned long long)progress->number, progress->rate_per_s,
                progress->findings, left, line->tty ? "" : "\n");
        fflush(stderr);
        /* A log wants a line now and then, a terminal a live one. */
        line->next_ns = now + (line->tty ? 200 * CLOCK_MS : 5 * CLOCK_S);
    }
    return common_stop_wanted();
}

void running_end_line(const struct running_line *line)
{
    if (line->enabled && line->tty)
        fputc('\n', stderr);
}

void running_folder(const struct campaign *campaign, char *path, size_t size)
{
    char now[32];

    clock_format_utc(clock_wall_ns(), now, sizeof now);
    for (char *c = now; *c; c++)
        if (*c == ':')
            *c = '-';
    snprintf(path, size, "results/%s-%s", campaign->name, now);
}

int running_exit(enum engine_end end)
{
    switch (end) {
    case ENGINE_UNREACHABLE:
    case ENGINE_LOST: return EXIT_INCONCLUSIVE;
    case ENGINE_REFUSED:
    case ENGINE_MISUSED: return EXIT_USAGE;
    case ENGINE_FAILED: return EXIT_HARNESS;
    default: return EXIT_PASS;
    }
}

int running_conclude(const struct command *command, const struct criteria *criteria,
                     const char *directory, const struct report_ops *report)
{
    struct run_view run = {.directory = directory};
    struct report_subject subject = {.runs = &run, .run_count = 1};
    const char *verdict;
    struct error error;
    int code = EXIT_HARNESS;

    run.store = store_open_run(directory, true, &error);
    if (!run.store || criteria_judge(criteria, run.store, PHASE_RUN, &error) < 0 ||
        criteria_judge(criteria, run.store, PHASE_TRIAGE, &error) < 0 ||
        criteria_judge(criteria, run.store, PHASE_RELEASE, &error) < 0 ||
        store_commit(run.store, &error) < 0)
        goto out;
    code = criteria_exit(run.store, PHASE_RUN, &verdict);
    if (report_write_all(&run, &error) < 0 ||
        (report &&
         report_write(report, &subject, &(struct report_options){0}, stdout, &error) < 0))
        code = EXIT_HARNESS;
out:
    if (code == EXIT_HARNESS)
        cli_fail(command, EXIT_HARNESS, &error);
    store_close(run.store, &error);
    return code;
}
