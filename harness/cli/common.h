/* What several commands share. */
#ifndef PERCUSS_CLI_COMMON_H
#define PERCUSS_CLI_COMMON_H

#include "cli/cli.h"
#include "criteria/criteria.h"
#include "engine/campaign.h"

/* What ${build} stands for (device/place.h). */
const char *common_build_folder(void);

/* Options of the commands that work on a plan's cases, beside their --cases RANGES
 * (of `percuss cases`: --number). */
#define COMMON_SELECTION                                                            \
    {"only", "PATTERNS", "of them messages, or MESSAGE/FIELD: 'write_*/quantity'"}, \
        {"anomalies", "PATTERNS", "of them these anomalies: 'lie,limit'"},          \
    {                                                                               \
        "states", "PATTERNS", "of them what is sent in these states"                \
    }

/* Loads CAMPAIGN with --seed, --cases (--number) and COMMON_SELECTION. NULL after an
 * error was printed (exit 2). */
struct campaign *common_load_campaign(const struct command *command,
                                      const struct cli_arguments *arguments,
                                      const char *path);
/* The same with this seed; NULL: the campaign's. */
struct campaign *common_load_seeded(const struct command *command,
                                    const struct cli_arguments *arguments,
                                    const char *path, const uint64_t *seed);
/* The criteria that the campaign selects. */
struct criteria *common_load_criteria(const struct campaign *campaign,
                                      struct error *error);

/* What was said of findings, a retest or a load test may decide criteria of the later
 * phases: their rows in a run's store are made anew. */
int common_judge_again(struct store *store, struct error *error);

/* Reads --port into *port, which stays as it is without it. */
int common_read_port(const struct command *command, const struct cli_arguments *arguments,
                     uint16_t *port, struct error *error);

/* Reads --context NAME=VALUE,… for the model's root params. */
int common_read_context(const struct command *command,
                        const struct cli_arguments *arguments, const struct model *model,
                        struct context *context, struct error *error);

/* Becomes true at SIGINT, SIGTERM, or when `q` is typed on the terminal. */
void common_watch_stop(void);
bool common_stop_wanted(void);
void common_unwatch_stop(void);

/* Prints bytes as "00 01 a0". */
void common_print_hex(struct view bytes);

#endif
