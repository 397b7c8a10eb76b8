/* What `run` and `retest` share: the progress line, the end of a run, its verdict. */
#ifndef PERCUSS_CLI_RUNNING_H
#define PERCUSS_CLI_RUNNING_H

#include "cli/cli.h"
#include "criteria/criteria.h"
#include "engine/engine.h"
#include "report/report.h"

struct running_line {
    bool enabled, tty;
    int64_t next_ns;
};
struct running_line running_line(bool enabled);
/* On stderr; true when a stop is wanted. */
bool running_show(struct running_line *line, const struct engine_progress *progress);
void running_end_line(const struct running_line *line);

/* results/CAMPAIGN-TIME */
void running_folder(const struct campaign *campaign, char *path, size_t size);
/* EXIT_PASS when the run can be judged. */
int running_exit(enum engine_end end);
/* Judges the store, writes the reports into the folder, prints `report` (NULL: none).
 * The exit code of the run's criteria; EXIT_HARNESS after an error was printed. */
int running_conclude(const struct command *command, const struct criteria *criteria,
                     const char *directory, const struct report_ops *report);

#endif
