#include "record/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(struct import *import)
{
    import->failed = true;
}

static bool same_problem(const struct import_problem *a, const struct import_problem *b)
{
    if (a->reply != b->reply || a->framed != b->framed)
        return false;
    return a->framed ? a->kind == b->kind && a->field == b->field
                     : strcmp(a->reason, b->reason) == 0;
}

static void add_problem(struct import *import, const struct import_problem *problem,
                        const struct traffic_piece *piece)
{
    struct import_problem *entry = NULL;

    for (size_t i = 0; i < import->problem_count && !entry; i++) {
        if (same_problem(&import->problems[i], problem))
            entry = &import->problems[i];
    }
    if (!entry && import->problem_count == import->problem_capacity) {
        size_t capacity = import->problem_capacity ? import->problem_capacity * 2 : 16;
        struct import_problem *larger =
            realloc(import->problems, capacity * sizeof *larger);

        if (!larger) {
            error_set(&import->error, "out of memory");
            fail(import);
            return;
        }
        import->problems = larger;
        import->problem_capacity = capacity;
    }
    if (!entry) {
        entry = &import->problems[import->problem_count++];
        *entry = *problem;
        entry->file = piece->file;
    }
    if (entry->times < IMPORT_PACKETS)
        entry->packets[entry->times] = piece->packet;
    entry->times++;
    entry->bytes += piece->bytes.length;
}

static void take_invalid(struct import *import, const struct tree *tree,
                         const struct traffic_piece *piece)
{
    const struct violation *worst = tree_worst(tree);
    struct import_problem problem = {.reply = piece->reply,
                                     .framed = true,
                                     .kind = worst->kind,
                                     .field = worst->field,
                                     .clause = ""};

    if (worst->field != TREE_NONE)
        problem.clause = model_field(import->model, worst->field)->doc_ref;
    violation_text(tree, worst, problem.reason, sizeof problem.reason);
    add_problem(import, &problem, piece);
}

static void short_of_memory(struct import *import)
{
    error_set(&import->error, "out of memory");
    fail(import);
}

/* Counts a frame, or a message that was joined; its kind when it is valid, else NULL. */
static struct survey_kind *take_message(struct import *import, const struct tree *tree,
                                        const struct traffic_piece *piece)
{
    struct survey_kind *kind = survey_take(&import->survey, tree);

    import->messages++;
    if (!kind)
        short_of_memory(import);
    else if (tree->violation_count)
        take_invalid(import, tree, piece);
    else
        import->valid++;
    return tree->violation_count ? NULL : kind;
}

static void keep_seed(struct import *import, struct survey_kind *kind,
                      const struct traffic_piece *piece)
{
    int status = seeds_add(&import->seeds, &import->tree, piece->bytes, kind->name,
                           &import->error);

    if (status < 0)
        fail(import);
    else
        kind->seeds += (uint64_t)status;
}

static void take_joined(struct import *import, const struct joiner *joiner,
                        const struct traffic_piece *piece)
{
    struct import_problem problem = {.reply = piece->reply, .clause = ""};

    if (joiner->problem != SEGMENT_FINE) {
        snprintf(problem.reason, sizeof problem.reason, "segments: %s",
                 segment_problem_text(joiner->problem));
        add_problem(import, &problem, piece);
    }
    if (joiner->pieces == 0)
        return;
    import->joined++;
    take_message(import, &joiner->tree, piece);
}

/* A frame that is a piece has no grammar: it is no seed unless it reads like a message.
 */
static void take_frame(struct import *import, const struct traffic_piece *piece)
{
    bool seed = import->seeds.folder && import->tree.violation_count == 0;
    struct joiner *joiner = joins_of(&import->joins, piece->connection, piece->reply);
    struct survey_kind *kind;

    if (!joiner || joiner_take(joiner, &import->tree, piece->bytes) < 0) {
        short_of_memory(import);
        return;
    }
    kind = take_message(import, &import->tree, piece);
    if (kind && seed)
        keep_seed(import, kind, piece);
    if (!import->failed)
        take_joined(import, joiner, piece);
}

static void take_piece(void *context, const struct traffic_piece *piece)
{
    struct import *import = context;
    struct import_problem problem = {.reply = piece->reply, .clause = ""};

    if (import->failed)
        return;
    if (!import->port && !piece->pipe) {
        error_set(&import->error,
                  "%s: the capture has TCP or UDP: --port P must say which port is the "
                  "device's",
                  piece->file);
        fail(import);
        return;
    }
    import->tree.context = follow_context(&import->follower, piece->connection);
    if (!piece->problem && tree_parse(&import->tree, piece->bytes, piece->reply) == 0) {
        if (follow_take(&import->follower, piece->connection, &import->tree) < 0)
            short_of_memory(import);
        else
            take_frame(import, piece);
        return;
    }
    snprintf(problem.reason, sizeof problem.reason, "%s",
             piece->problem ? piece->problem : "nested deeper than 64 types");
    add_problem(import, &problem, piece);
}

int import_begin(struct import *import, const struct model *model,
                 const struct import_options *options, struct error *error)
{
    const struct traffic_options how = {.framing = model_framing(model),
                                        .port = options->port};

    *import = (struct import){.model = model, .port = options->port};
    tree_init(&import->tree, model);
    follow_begin(&import->follower, options->session, &options->context);
    joins_init(&import->joins, model);
    import->traffic = traffic_make(&how, take_piece, import);
    if (!import->traffic || survey_init(&import->survey, model))
        return error_set(error, "out of memory");
    return options->folder ? seeds_open(&import->seeds, options->folder, model, error)
                           : 0;
}

static int pass_on(const struct import *import, struct error *error)
{
    if (!import->failed)
        return 0;
    *error = import->error;
    return -1;
}

int import_read(struct import *import, const char *path, struct error *error)
{
    if (traffic_read(import->traffic, path, error))
        return -1;
    return pass_on(import, error);
}

int import_end(struct import *import, struct error *error)
{
    if (traffic_end(import->traffic, &import->totals, error))
        return -1;
    return pass_on(import, error);
}

void import_free(struct import *import)
{
    import->failed = true; /* what is left in the traffic goes nowhere */
    traffic_free(import->traffic);
    if (import->model)
        survey_free(&import->survey);
    seeds_free(&import->seeds);
    tree_free(&import->tree);
    follow_end(&import->follower);
    joins_free(&import->joins);
    free(import->problems);
    *import = (struct import){0};
}
