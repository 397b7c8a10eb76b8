/* The exemplar messages of a session. */
#include "generate/session_loader.h"

#include "core/suggest.h"

#include <stdio.h>
#include <string.h>

enum { ROOM = 1024 };

/* `defaults: {MODEL: {path: integer}}`: fields that every message of this model has. */
static int apply_defaults(struct session_loader *loader, struct tree *tree,
                          const struct yaml *fields)
{
    const struct yaml *defaults = session_last_with(loader, "defaults");
    const struct yaml *mine;

    if (!defaults)
        return 0;
    if (defaults->kind != YAML_MAP)
        return yaml_complain(defaults, loader->error, "a map {MODEL: {path: integer}}");
    mine = yaml_get(defaults, model_id(loader->session->model));
    if (mine && mine->kind != YAML_MAP)
        return yaml_complain(mine, loader->error, "a map of field paths and integers");
    for (const struct yaml *entry = mine ? mine->child : NULL; entry;
         entry = entry->next) {
        uint32_t node = tree_find(tree, entry->key);
        int64_t value;

        if (node == TREE_NONE)
            return yaml_complain(entry, loader->error, "a field path of %s",
                                 model_id(loader->session->model));
        if (!yaml_is_integer(entry, &value))
            return yaml_complain(entry, loader->error, "an integer");
        if (!fields || !yaml_get(fields, entry->key))
            tree_set_integer(tree, node, (uint64_t)value, false);
    }
    return 0;
}

/* The position of a param of the model; `name` may stand in any node. */
int session_find_parameter(struct session_loader *loader, const struct yaml *node,
                           const char *name, unsigned *parameter)
{
    const struct model *model = loader->session->model;
    struct suggestion suggestion = suggest_for(name, strlen(name));
    int found = context_find(model, name, strlen(name));

    if (found >= 0) {
        *parameter = (unsigned)found;
        return 0;
    }
    if (context_offer(model, &suggestion) == 0)
        return yaml_refuse(node, loader->error,
                           "'%.80s' is no param of model %s, which has none", name,
                           model_id(model));
    yaml_refuse(node, loader->error, "'%.80s' is no param of model %s", name,
                model_id(model));
    return suggest_append(&suggestion, loader->error);
}

/* `context: {PARAM: value}`: what the message is built, changed and emitted under. */
static int read_message_context(struct session_loader *loader, const struct yaml *map,
                                struct context *context)
{
    const struct yaml *values = yaml_get(map, "context");

    if (values && values->kind != YAML_MAP)
        return yaml_complain(values, loader->error, "a map of params and values");
    for (const struct yaml *entry = values ? values->child : NULL; entry;
         entry = entry->next) {
        struct error expected = {""};
        unsigned parameter = 0;

        if (session_find_parameter(loader, entry, entry->key, &parameter) < 0)
            return -1;
        if (entry->kind != YAML_SCALAR ||
            context_read(context, loader->session->model, parameter, entry->text,
                         &expected) < 0)
            return yaml_complain(entry, loader->error, "%s",
                                 *expected.text ? expected.text : "a value");
    }
    return 0;
}

static int capture_index(struct session_loader *loader, const struct yaml *node,
                         const char *name, unsigned *index)
{
    struct session *session = loader->session;

    for (size_t i = 0; i < session->capture_count; i++)
        if (strcmp(session->captures[i], name) == 0) {
            *index = (unsigned)i;
            return 0;
        }
    if (session->capture_count == SESSION_CAPTURES)
        return yaml_complain(node, loader->error, "at most %d captured names",
                             SESSION_CAPTURES);
    *index = (unsigned)session->capture_count;
    session->captures[session->capture_count++] = name;
    return 0;
}

int session_read_captures(struct session_loader *loader, const struct yaml *map,
                          struct session_capture captures[MESSAGE_HOLES], size_t *count)
{
    const struct yaml *list = yaml_get(map, "capture");

    if (list && list->kind != YAML_MAP)
        return yaml_complain(map, loader->error, "a map under `capture`");
    for (const struct yaml *entry = list ? list->child : NULL; entry;
         entry = entry->next) {
        struct session_capture *capture = &captures[*count];

        if (*count == MESSAGE_HOLES)
            return yaml_complain(entry, loader->error, "at most %d entries",
                                 MESSAGE_HOLES);
        ++*count;
        if (capture_index(loader, entry, entry->key, &capture->capture) < 0 ||
            session_need_expression(loader, list, entry->key, &capture->value) < 0)
            return -1;
    }
    return 0;
}

static int read_holes(struct session_loader *loader, const struct yaml *map,
                      struct session_message *message)
{
    const struct yaml *holes = yaml_get(map, "holes");

    if (holes && holes->kind != YAML_MAP)
        return yaml_complain(map, loader->error, "a map under `holes`");
    for (const struct yaml *entry = holes ? holes->child : NULL; entry;
         entry = entry->next) {
        struct session_hole *hole = &message->holes[message->hole_count];

        if (message->hole_count++ == MESSAGE_HOLES || entry->kind != YAML_SCALAR ||
            tree_find(&message->tree, entry->key) == TREE_NONE)
            return yaml_complain(entry, loader->error,
                                 "at most %d entries FIELD-PATH: NAME", MESSAGE_HOLES);
        hole->path = entry->key;
        if (capture_index(loader, entry, entry->text, &hole->capture) < 0)
            return -1;
    }
    return session_read_captures(loader, map, message->captures, &message->capture_count);
}

static int read_vary(struct session_loader *loader, const struct yaml *map,
                     struct session_message *message)
{
    const char *path = NULL;

    message->vary = TREE_NONE;
    if (yaml_read_text(map, "vary", &path, loader->error) < 0)
        return -1;
    if (!path)
        return 0;
    message->vary = tree_find(&message->tree, path);
    if (message->vary == TREE_NONE ||
        message->tree.nodes[message->vary].kind != FIELD_INTEGER)
        return yaml_complain(yaml_get(map, "vary"), loader->error,
                             "the path of an integer field of this message");
    return 0;
}

static int read_state_names(struct session_loader *loader, const struct yaml *map,
                            struct session_message *message)
{
    const struct yaml *list = yaml_get(map, "states");
    const char **names;

    if (!list)
        return 0;
    if (list->kind != YAML_LIST)
        return yaml_complain(list, loader->error, "a list of state names");
    names = arena_allocate(&loader->memory->arena, (list->count + 1) * sizeof *names);
    if (!names)
        return session_out_of_memory(loader);
    for (const struct yaml *item = list->child; item; item = item->next) {
        if (item->kind != YAML_SCALAR)
            return yaml_complain(item, loader->error, "a state's name");
        names[message->state_count++] = item->text;
    }
    message->states = names;
    return 0;
}

/* Emits the built message and parses it back: an exemplar that is not valid is the
 * author's slip. */
static int settle_message(struct session_loader *loader, const struct yaml *map,
                          struct session_message *message)
{
    char text[200];

    message->bytes = buffer_make(SESSION_MESSAGE);
    if (tree_emit(&message->tree, &message->bytes) < 0)
        return yaml_complain(map, loader->error, "a message of at most 1 MiB");
    if (tree_parse(&message->tree, buffer_view(&message->bytes), false) < 0)
        return session_out_of_memory(loader);
    if (message->tree.violation_count)
        return yaml_complain(map, loader->error, "a valid message (%s)",
                             violation_text(&message->tree, tree_worst(&message->tree),
                                            text, sizeof text));
    return 0;
}

/* --- messages that are split -------------------------------------------------------- */

struct split_check {
    struct joiner joiner;
    struct tree tree;
    int status;
    size_t frames;
};

static int check_frame(void *context, struct view frame)
{
    struct split_check *check = context;

    if (tree_parse(&check->tree, frame, false) < 0)
        return -1;
    check->frames++;
    check->status = joiner_take(&check->joiner, &check->tree, frame);
    return check->status < 0 || check->joiner.problem != SEGMENT_FINE;
}

/* Its frames, joined, are the message. */
static int check_split(struct session_loader *loader, const struct yaml *node,
                       struct session_message *message)
{
    const struct model *model = loader->session->model;
    struct split_check check = {.status = SEGMENT_ALONE};
    struct splitter splitter;
    int status;

    joiner_init(&check.joiner, model, SESSION_MESSAGE);
    tree_init(&check.tree, model);
    check.tree.context = message->tree.context;
    splitter_init(&splitter, model);
    status = splitter_run(&splitter, &message->tree, buffer_view(&message->bytes),
                          &message->tree, message->pieces, check_frame, &check);
    if (status || check.status == SEGMENT_PART || joiner_is_open(&check.joiner))
        status = yaml_complain(node, loader->error,
                               "a message that ends with the last of its frames (%s)",
                               model_id(model));
    message->frames = check.frames;
    splitter_free(&splitter);
    tree_free(&check.tree);
    joiner_free(&check.joiner);
    return status;
}

/* Up to the end of the last frame, and of so many more that anomalies find their room. */
static size_t fill_room(size_t length, size_t pieces)
{
    return (pieces - length % pieces) % pieces + (ROOM + pieces - 1) / pieces * pieces;
}

static int read_pieces(struct session_loader *loader, const struct yaml *map,
                       struct session_message *message)
{
    const struct model *model = loader->session->model;
    const struct yaml *node = yaml_get(map, "pieces");
    struct view content = {NULL, 0};
    int64_t pieces = 0;

    if (!node)
        return 0;
    if (!model_has_segments(model))
        return yaml_complain(node, loader->error,
                             "a model with `-percuss-segments` for this key");
    if (yaml_read_integer(map, "pieces", 1, (int64_t)model_piece_maximum(model), &pieces,
                          loader->error) < 0)
        return -1;
    if (message->hole_count)
        return yaml_complain(node, loader->error, "no `holes` beside it");
    if (message->control && model_acknowledges(model))
        return yaml_complain(node, loader->error,
                             "no `control` beside it: its frames are acknowledged");
    if (segments_find(&message->tree, buffer_view(&message->bytes), &content) ==
        TREE_NONE)
        return yaml_complain(node, loader->error, "a message with a piece in it");
    message->pieces = (size_t)pieces;
    message->room = fill_room(content.length, message->pieces);
    return check_split(loader, node, message);
}

/* What is sent and answered as a whole cannot be frames that are acknowledged. */
int session_check_whole(struct session_loader *loader, const struct yaml *node,
                        unsigned message)
{
    const struct session *session = loader->session;

    if (!session->messages[message].pieces || !model_acknowledges(session->model))
        return 0;
    return yaml_complain(node, loader->error,
                         "a message without `pieces`: its frames are acknowledged");
}

int session_read_message(struct session_loader *loader, const struct yaml *map,
                         size_t index)
{
    static const char *const keys[] = {"fields",  "holes",  "capture", "vary",
                                       "fuzz",    "pieces", "control", "states",
                                       "context", "model",  "doc",     NULL};
    struct session_message *message = &loader->session->messages[index];
    const struct yaml *fields;

    if (yaml_check_keys(map, keys, loader->error) < 0)
        return -1;
    message->name = map->key;
    message->line = map->line;
    message->column = map->column;
    message->fuzz = true;
    fields = yaml_get(map, "fields");
    if (fields && fields->kind != YAML_MAP)
        return yaml_complain(fields, loader->error, "a map of field paths and values");
    if (read_message_context(loader, map, &message->tree.context) < 0 ||
        tree_build(&message->tree, loader->session->model, false, fields, loader->error) <
            0 ||
        apply_defaults(loader, &message->tree, fields) < 0 ||
        settle_message(loader, map, message) < 0 ||
        read_holes(loader, map, message) < 0 || read_vary(loader, map, message) < 0 ||
        read_state_names(loader, map, message) < 0 ||
        yaml_read_bool(map, "fuzz", &message->fuzz, loader->error) < 0 ||
        yaml_read_bool(map, "control", &message->control, loader->error) < 0 ||
        read_pieces(loader, map, message) < 0)
        return -1;
    for (size_t i = 0; i < index; i++)
        if (strcmp(loader->session->messages[i].name, message->name) == 0)
            return yaml_complain(map, loader->error,
                                 "a message name that is not taken yet");
    return 0;
}
