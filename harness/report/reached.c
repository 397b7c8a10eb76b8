#include "report/reached.h"

#include "core/hash.h"
#include "device/file.h"
#include "report/rows.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- runs --------------------------------------------------------------------------- */

static void fact(const struct reached_run *run, const char *key, char *text, size_t size)
{
    if (store_get(run->view.store, key, text, size) < 0)
        text[0] = '\0';
}

static int open_store(struct reached_run *run, const char *directory, struct error *error)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/campaign.db", directory);

    run->view.directory = directory;
    if (length < 0 || (size_t)length >= sizeof path || access(path, R_OK))
        return error_set(error, "%s is not a run folder: campaign.db cannot be read",
                         directory);
    run->view.store = store_open(path, false, error);
    if (!run->view.store)
        return -1;
    fact(run, "campaign_name", run->campaign, sizeof run->campaign);
    fact(run, "engine", run->engine, sizeof run->engine);
    fact(run, "device", run->device, sizeof run->device);
    run->cases =
        store_integer(run->view.store, 0,
                      "SELECT count(DISTINCT number) FROM cases WHERE verdict IN "
                      "('pass', 'suspect', 'finding')",
                      "");
    return 0;
}

/* The image of the first run; the others must be of the same one. */
static int same_image(struct reached *reached, const struct reached_run *run,
                      struct error *error)
{
    char hash[sizeof reached->hash], changed[sizeof reached->hash];

    fact(run, "image_sha256", hash, sizeof hash);
    fact(run, "image_changed", changed, sizeof changed);
    if (!hash[0])
        return error_set(error,
                         "%s has no coverage of code: its device shows none (kind qemu: "
                         "'coverage: true'), or an earlier version of percuss made it",
                         run->view.directory);
    if (changed[0])
        return error_set(
            error,
            "%s: the image changed between its sittings (sha256 %.12s…, then "
            "%.12s…), so its addresses mean two things",
            run->view.directory, hash, changed);
    if (run == reached->runs) {
        fact(run, "image", reached->image, sizeof reached->image);
        snprintf(reached->hash, sizeof reached->hash, "%s", hash);
        return 0;
    }
    if (strcmp(hash, reached->hash) == 0)
        return 0;
    return error_set(
        error, "%s and %s are runs of different images (sha256 %.12s…, %.12s…)",
        reached->runs[0].view.directory, run->view.directory, reached->hash, hash);
}

static int load_image(struct reached *reached, const char *image, struct error *error)
{
    char hash[HASH_TEXT];

    if (image)
        snprintf(reached->image, sizeof reached->image, "%s", image);
    if (access(reached->image, R_OK))
        return error_set(error,
                         "'%.300s', the runs' image, cannot be read: say with --image "
                         "where it lies now",
                         reached->image);
    file_hash_text(reached->image, hash);
    if (strcmp(hash, reached->hash) != 0)
        return error_set(error,
                         "'%.300s' is not what ran (sha256 %.12s…, then %.12s…): it was "
                         "built anew; --image names another file",
                         reached->image, hash, reached->hash);
    reached->blocks = blocks_load(reached->image, error);
    if (!reached->blocks)
        return -1;
    reached->lines =
        source_lines_load(reached->image, reached->blocks, &reached->no_lines);
    return 0;
}

/* A stretch of code that ran has run the beginnings of these blocks. What begins in the
 * middle of one went on there after an interrupt. */
static void count_stretch(const struct blocks *blocks, uint64_t *executions,
                          uint64_t address, uint64_t length, uint64_t times)
{
    uint32_t i = blocks_from(blocks, address);

    for (; i < blocks->count && blocks->list[i].address - address < length; i++)
        executions[i] += times;
}

static int read_executions(const struct reached *reached, struct reached_run *run,
                           struct error *error)
{
    struct rows rows =
        rows_of(&run->view, "SELECT address, length, executions FROM block");

    run->executions = calloc(reached->blocks->count, sizeof *run->executions);
    if (!run->executions) {
        rows_close(&rows, error);
        return error_set(error, "out of memory");
    }
    while (rows_next(&rows))
        count_stretch(reached->blocks, run->executions, (uint64_t)rows_integer(&rows, 0),
                      (uint64_t)rows_integer(&rows, 1), (uint64_t)rows_integer(&rows, 2));
    return rows_close(&rows, error);
}

/* --- lines -------------------------------------------------------------------------- */

static int line_order(const struct reached_line *a, const struct reached_line *b,
                      bool by_function)
{
    if (by_function && a->function != b->function)
        return a->function < b->function ? -1 : 1;
    if (a->file != b->file)
        return a->file < b->file ? -1 : 1;
    return (a->line > b->line) - (a->line < b->line);
}

static int function_order(const void *left, const void *right)
{
    return line_order(left, right, true);
}

static int file_order(const void *left, const void *right)
{
    return line_order(left, right, false);
}

/* Sorts, and makes one of equal ones: a line ran as often as its block that ran most. */
static void join_lines(struct reached_lines *lines, bool by_function)
{
    size_t count = 0;

    if (lines->count)
        qsort(lines->list, lines->count, sizeof *lines->list,
              by_function ? function_order : file_order);
    for (size_t i = 0; i < lines->count; i++) {
        struct reached_line *last = count ? &lines->list[count - 1] : NULL;

        if (!last || line_order(last, &lines->list[i], by_function) != 0) {
            lines->list[count++] = lines->list[i];
            continue;
        }
        for (size_t k = 0; k < REACHED_RUNS; k++)
            if (lines->list[i].executions[k] > last->executions[k])
                last->executions[k] = lines->list[i].executions[k];
    }
    lines->count = count;
}

/* The blocks that the line's code lies in, from `block` on: calls `take` for each. */
static void each_block(const struct reached *reached, const struct source_line *line,
                       void (*take)(struct reached_lines *, const struct reached_line *),
                       struct reached_lines *lines)
{
    const struct blocks *blocks = reached->blocks;
    uint64_t end = line->address + line->length_bytes;

    for (uint32_t i = blocks_find(blocks, line->address);
         i < blocks->count && blocks->list[i].address < end; i++) {
        struct reached_line one = {blocks->list[i].function, line->file, line->line, {0}};

        if (blocks->list[i].is_dead)
            continue;
        for (size_t k = 0; k < reached->run_count; k++)
            one.executions[k] = reached->runs[k].executions[i];
        take(lines, &one);
    }
}

static void count_line(struct reached_lines *lines, const struct reached_line *line)
{
    (void)line;
    lines->count++;
}

static void add_line(struct reached_lines *lines, const struct reached_line *line)
{
    lines->list[lines->count++] = *line;
}

static int make_lines(struct reached *reached, struct error *error)
{
    struct reached_lines *all = &reached->by_function, *files = &reached->by_file;

    for (size_t i = 0; i < reached->lines->count; i++)
        each_block(reached, &reached->lines->list[i], count_line, all);
    all->list = calloc(all->count + 1, sizeof *all->list);
    if (!all->list)
        return error_set(error, "out of memory");
    all->count = 0;
    for (size_t i = 0; i < reached->lines->count; i++)
        each_block(reached, &reached->lines->list[i], add_line, all);
    join_lines(all, true);
    files->list = calloc(all->count + 1, sizeof *files->list);
    if (!files->list)
        return error_set(error, "out of memory");
    memcpy(files->list, all->list, all->count * sizeof *files->list);
    files->count = all->count;
    join_lines(files, false);
    return 0;
}

/* --- the whole ---------------------------------------------------------------------- */

int reached_open(struct reached *reached, const char *const *directories, size_t count,
                 const char *image, struct error *error)
{
    *reached = (struct reached){.run_count = 0};
    if (count > REACHED_RUNS)
        return error_set(error, "at most %d runs", REACHED_RUNS);
    for (size_t i = 0; i < count; i++) {
        struct reached_run *run = &reached->runs[reached->run_count++];

        if (open_store(run, directories[i], error) < 0 ||
            same_image(reached, run, error) < 0)
            return -1;
    }
    if (load_image(reached, image, error) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (read_executions(reached, &reached->runs[i], error) < 0)
            return -1;
    return reached->lines ? make_lines(reached, error) : 0;
}

void reached_close(struct reached *reached)
{
    for (size_t i = 0; i < reached->run_count; i++) {
        store_close(reached->runs[i].view.store, NULL);
        free(reached->runs[i].executions);
    }
    free(reached->by_function.list);
    free(reached->by_file.list);
    source_lines_free(reached->lines);
    blocks_free(reached->blocks);
    *reached = (struct reached){.run_count = 0};
}
