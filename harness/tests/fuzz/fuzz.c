#include "fuzz.h"

#include "model/segments.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EMITTED_MAXIMUM = 1 << 20, JOINED_MAXIMUM = 256, PIECE_MAXIMUM = 5 };

static char folder[FUZZ_PATH], path[FUZZ_PATH + 16];

static void stop(const char *why)
{
    fprintf(stderr, "property broken: %s\n", why);
    abort();
}

static const char *find_option(int count, char **arguments, const char *name)
{
    size_t length = strlen(name);

    for (int i = 1; i < count; i++) {
        if (strncmp(arguments[i], "--", 2) == 0 &&
            strncmp(arguments[i] + 2, name, length) == 0 &&
            arguments[i][2 + length] == '=')
            return arguments[i] + length + 3;
    }
    return NULL;
}

const char *fuzz_option(int count, char **arguments, const char *name)
{
    const char *value = find_option(count, arguments, name);

    if (value)
        return value;
    fprintf(stderr, "--%s=VALUE is missing\n", name);
    exit(2);
}

struct model *fuzz_load_model(const char *file)
{
    struct error error = {""};
    struct model *model = model_load(file, &error);

    if (!model)
        stop(error.text);
    return model;
}

struct context fuzz_context(int count, char **arguments, const struct model *model)
{
    const char *text = find_option(count, arguments, "context");
    size_t length = text ? strcspn(text, "=") : 0;
    int parameter = text ? context_find(model, text, length) : -1;
    struct context context = {0};
    struct error expected = {""};

    if (text && (parameter < 0 || !text[length] ||
                 context_read(&context, model, (unsigned)parameter, text + length + 1,
                              &expected) < 0))
        stop("--context=PARAM=VALUE is not of this model");
    return context;
}

static void remove_folder(void)
{
    DIR *entries = opendir(folder);

    for (struct dirent *entry; entries && (entry = readdir(entries));)
        unlinkat(dirfd(entries), entry->d_name, 0);
    if (entries)
        closedir(entries);
    rmdir(folder);
}

static void make_folder(const char *beside)
{
    char *real = beside ? realpath(beside, NULL) : NULL, target[4096], link[4096];
    DIR *entries = real ? opendir(real) : NULL;

    snprintf(folder, sizeof folder, "fuzz-files.XXXXXX");
    if ((beside && !entries) || !mkdtemp(folder))
        stop("no folder to work in, or none beside it");
    snprintf(path, sizeof path, "%s/input", folder);
    atexit(remove_folder);
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        snprintf(target, sizeof target, "%s/%s", real, entry->d_name);
        snprintf(link, sizeof link, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.' && symlink(target, link) < 0)
            stop("cannot link a file");
    }
    if (entries)
        closedir(entries);
    free(real);
}

const char *fuzz_file(const char *beside, struct view bytes)
{
    FILE *file;

    if (!*folder)
        make_folder(beside);
    file = fopen(path, "wb");
    if (!file || fwrite(bytes.data, 1, bytes.length, file) != bytes.length ||
        fclose(file) != 0)
        stop("cannot write the input file");
    return path;
}

static void look_at(const struct tree *tree)
{
    char text[512], name[256];
    volatile unsigned outcomes = tree_outcomes(tree);

    (void)outcomes;
    tree_describe(tree, text, sizeof text);
    for (size_t i = 0; i < tree->violation_count; i++)
        violation_text(tree, &tree->violations[i], text, sizeof text);
    for (uint32_t i = 0; i < tree->count && i < 64; i++) {
        const struct node *node = &tree->nodes[i];

        if (node->offset > tree->nodes[0].length ||
            node->length > tree->nodes[0].length - node->offset)
            stop("a node lies outside the message");
        tree_path(tree, i, name, sizeof name);
        if (i && strlen(name) < sizeof name - 1 && tree_find(tree, name) == TREE_NONE)
            stop("a node's own path does not lead to it");
    }
}

/* Emission may change lengths, so only what keeps every rule must stay as it was. */
static void emit_again(struct tree *tree, struct view bytes, bool exact)
{
    bool same = exact && tree->violation_count == 0;
    struct buffer out = buffer_make(EMITTED_MAXIMUM);
    struct tree copy, again;

    tree_init(&copy, tree->model);
    tree_init(&again, tree->model);
    again.context = tree->context;
    if (tree_copy(&copy, tree) == 0 && tree_own_bytes(&copy) == 0 &&
        tree_emit(&copy, &out) == 0) {
        if (same && !view_equal(buffer_view(&out), bytes))
            stop("a valid message is emitted differently");
        if (tree_parse(&again, buffer_view(&out), tree->reply) == 0)
            look_at(&again);
        if (same && again.violation_count)
            stop("a valid message is not valid again");
    } else if (same) {
        stop("a valid message is not emitted");
    }
    tree_free(&again);
    tree_free(&copy);
    buffer_free(&out);
}

/* --- segments ----------------------------------------------------------------------- */

/* The bytes as frames that follow each other, joined as far as they can be. */
static void join_frames(const struct model *model, const struct context *context,
                        struct view bytes, bool reply)
{
    struct joiner joiner;
    struct tree tree;
    size_t length;

    joiner_init(&joiner, model, JOINED_MAXIMUM);
    tree_init(&tree, model);
    tree.context = *context;
    if (joiner_read(&joiner, bytes, reply, &tree, &length) == 0)
        look_at(&tree);
    joiner_reset(&joiner);
    while (framing_split(model_framing(model), bytes, &length) == FRAME_WHOLE) {
        struct view frame = view_slice(bytes, 0, length);

        if (tree_parse(&tree, frame, reply) == 0 &&
            joiner_take(&joiner, &tree, frame) == SEGMENT_WHOLE) {
            look_at(&joiner.tree);
            emit_again(&joiner.tree, buffer_view(&joiner.frame), true);
        }
        look_at(&tree);
        for (size_t i = 0; i < JOINER_STREAMS; i++)
            if (joiner.joins[i].bytes.length > JOINED_MAXIMUM)
                stop("a joined message is longer than it may be");
        bytes = view_slice(bytes, length, bytes.length);
    }
    tree_free(&tree);
    joiner_free(&joiner);
}

struct rejoined {
    struct joiner joiner;
    struct tree tree;
    size_t frames;
    int status; /* of the last frame */
};

static int rejoin(void *context, struct view frame)
{
    struct rejoined *rejoined = context;

    rejoined->frames++;
    if (tree_parse(&rejoined->tree, frame, rejoined->tree.reply) < 0)
        stop("a frame that was split off does not parse");
    rejoined->status = joiner_take(&rejoined->joiner, &rejoined->tree, frame);
    if (rejoined->status < 0 || rejoined->joiner.problem != SEGMENT_FINE)
        stop("frames of one message do not fit each other");
    return 0;
}

/* A valid message in one piece, cut into small ones, is the same message again. */
static void split_and_join(const struct model *model, const struct context *context,
                           struct view bytes, bool reply)
{
    struct rejoined rejoined = {.status = SEGMENT_ALONE};
    struct splitter splitter;
    struct tree tree;

    splitter_init(&splitter, model);
    joiner_init(&rejoined.joiner, model, EMITTED_MAXIMUM);
    tree_init(&rejoined.tree, model);
    tree_init(&tree, model);
    tree.context = rejoined.tree.context = *context;
    rejoined.tree.reply = reply;
    if (tree_parse(&tree, bytes, reply) == 0 && tree.violation_count == 0 &&
        joiner_take(&rejoined.joiner, &tree, bytes) == SEGMENT_ALONE &&
        !joiner_is_open(&rejoined.joiner)) {
        splitter_run(&splitter, &tree, bytes, &tree, PIECE_MAXIMUM, rejoin, &rejoined);
        if (joiner_is_open(&rejoined.joiner))
            stop("a message that was split is not whole again");
        if (rejoined.status == SEGMENT_WHOLE && rejoined.joiner.tree.violation_count)
            stop("a valid message that was split is not valid again");
    }
    tree_free(&tree);
    tree_free(&rejoined.tree);
    joiner_free(&rejoined.joiner);
    splitter_free(&splitter);
}

void fuzz_message(const struct model *model, const struct context *context,
                  struct view bytes, bool reply, bool exact)
{
    struct tree tree;

    tree_init(&tree, model);
    tree.context = *context;
    if (tree_parse(&tree, bytes, reply) == 0) {
        look_at(&tree);
        emit_again(&tree, bytes, exact);
    }
    tree_free(&tree);
    if (!model_has_segments(model))
        return;
    join_frames(model, context, bytes, reply);
    if (exact)
        split_and_join(model, context, bytes, reply);
}
