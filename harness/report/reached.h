/* Which code of a device runs have reached: blocks, functions and source lines of one
 * image, by one or several runs. Read from the runs' stores and the image; owned by the
 * caller of reached_open; one thread. */
#ifndef PERCUSS_REPORT_REACHED_H
#define PERCUSS_REPORT_REACHED_H

#include "device/source_lines.h"
#include "report/report.h"

enum { REACHED_RUNS = 8 };

struct reached_run {
    struct run_view view;
    char campaign[200], engine[32], device[600];
    int64_t cases;        /* sent */
    uint64_t *executions; /* by block */
};

/* A source line that has code, in one function (by_function) or in all (by_file, where
 * `function` says nothing): the executions of its block that ran most, by run. */
struct reached_line {
    uint32_t function, file, line;
    uint64_t executions[REACHED_RUNS];
};

struct reached_lines {
    struct reached_line *list; /* by function, file and line; or by file and line */
    size_t count;
};

struct reached {
    char image[4096], hash[80];
    struct blocks *blocks;
    struct source_lines *lines; /* NULL: no_lines says why */
    struct error no_lines;
    struct reached_run runs[REACHED_RUNS];
    size_t run_count;
    struct reached_lines by_function, by_file;
};

/* How many there are, how many of these a run reached, and all runs together. */
struct reached_count {
    uint32_t all, together, runs[REACHED_RUNS];
};

/* Opens the runs' folders. `image`: where the image lies now, NULL: where it lay then. -1
 * and *error: no run folder, a run without coverage, runs of different images, another
 * image than then. Call reached_close in every case. */
int reached_open(struct reached *reached, const char *const *directories, size_t count,
                 const char *image, struct error *error);
void reached_close(struct reached *reached);

/* Of one function, or with REACHED_ALL of the image. Padding does not count. */
#define REACHED_ALL UINT32_MAX
struct reached_count reached_blocks(const struct reached *reached, uint32_t function);
struct reached_count reached_lines(const struct reached *reached, uint32_t function);
/* Functions by how many of their blocks no run reached, most first; the caller frees.
 * NULL: memory. */
uint32_t *reached_order(const struct reached *reached);
/* "A" for the first run. */
char reached_letter(size_t run);

int reached_text(const struct reached *reached, FILE *out, struct error *error);
int reached_json(const struct reached *reached, FILE *out, struct error *error);
/* `source`: the folder below which the sources are looked for. */
int reached_html(const struct reached *reached, const char *source, FILE *out,
                 struct error *error);

#endif
