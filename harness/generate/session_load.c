/* Session files to struct session. Every list is read from the extended file first. */
#include "core/arena.h"
#include "core/hash.h"
#include "core/suggest.h"
#include "generate/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SESSION_FILES = 4, EXPRESSIONS = 512, MESSAGE_MAXIMUM = 1 << 20, ROOM = 1024 };

struct session_memory {
    struct arena arena;
    struct yaml_document *files[SESSION_FILES]; /* base first */
    size_t file_count;
    struct expression *expressions[EXPRESSIONS];
    size_t expression_count;
};

struct loader {
    struct session *session;
    struct session_memory *memory;
    struct error *error;
};

static const char *const session_keys[] = {
    "session",  "title",  "extends", "defaults",   "captures",
    "messages", "states", "probe",   "canary",     "answers",
    "context",  "expect", "conform", "invariants", NULL};

/* --- small helpers ------------------------------------------------------------------ */

static int out_of_memory(struct loader *loader)
{
    return error_set(loader->error, "out of memory while reading a session");
}

/* Compiles the expression under `key`; absent gives NULL and 0. */
static int read_expression(struct loader *loader, const struct yaml *map, const char *key,
                           struct expression **expression)
{
    const struct yaml *node = yaml_get(map, key);

    *expression = NULL;
    if (!node)
        return 0;
    if (node->kind != YAML_SCALAR)
        return yaml_complain(node, loader->error, "an expression");
    if (loader->memory->expression_count == EXPRESSIONS)
        return yaml_complain(node, loader->error, "at most %d expressions", EXPRESSIONS);
    *expression = expression_compile_node(node, loader->session->model, session_names,
                                          loader->error);
    if (!*expression)
        return -1;
    loader->memory->expressions[loader->memory->expression_count++] = *expression;
    return 0;
}

static int need_expression(struct loader *loader, const struct yaml *map, const char *key,
                           struct expression **expression)
{
    if (!yaml_need(map, key, YAML_SCALAR, loader->error))
        return -1;
    return read_expression(loader, map, key, expression);
}

static int find_message(struct loader *loader, const struct yaml *node, unsigned *index)
{
    const char *text = node->kind == YAML_SCALAR ? node->text : "";
    struct suggestion suggestion = suggest_for(text, strlen(text));

    for (size_t i = 0; i < loader->session->message_count; i++) {
        suggest_offer(&suggestion, loader->session->messages[i].name);
        if (strcmp(loader->session->messages[i].name, text) == 0) {
            *index = (unsigned)i;
            return 0;
        }
    }
    yaml_complain(node, loader->error, "the name of a message under `messages`");
    return suggest_append(&suggestion, loader->error);
}

static int read_message_list(struct loader *loader, const struct yaml *list,
                             const unsigned **messages, size_t *count)
{
    unsigned *array;
    size_t used = 0;

    if (list->kind != YAML_LIST)
        return yaml_complain(list, loader->error, "a list of message names");
    array = arena_allocate(&loader->memory->arena, (list->count + 1) * sizeof *array);
    if (!array)
        return out_of_memory(loader);
    for (const struct yaml *item = list->child; item; item = item->next)
        if (find_message(loader, item, &array[used++]) < 0)
            return -1;
    *messages = array;
    *count = used;
    return 0;
}

/* The last file that has `key` decides a scalar or list that is not joined. */
static const struct yaml *last_with(const struct loader *loader, const char *key)
{
    const struct yaml *found = NULL;

    for (size_t i = 0; i < loader->memory->file_count; i++) {
        const struct yaml *node = yaml_get(yaml_root(loader->memory->files[i]), key);

        found = node ? node : found;
    }
    return found;
}

/* Runs `visit` over the entries of `key` in all files, base first, skipping those that
 * name another model; `kind` is what `key` must be. Returns how many were visited, or -1.
 */
static long visit_entries(struct loader *loader, const char *key, enum yaml_kind kind,
                          int (*visit)(struct loader *, const struct yaml *,
                                       size_t index))
{
    size_t index = 0;

    for (size_t i = 0; i < loader->memory->file_count; i++) {
        const struct yaml *list = yaml_get(yaml_root(loader->memory->files[i]), key);

        if (!list)
            continue;
        if (list->kind != kind)
            return yaml_complain(list, loader->error,
                                 kind == YAML_MAP ? "a map" : "a list");
        for (const struct yaml *entry = list->child; entry; entry = entry->next) {
            const struct yaml *model;

            if (kind == YAML_LIST && entry->kind != YAML_MAP)
                return yaml_complain(entry, loader->error, "a map");
            model = entry->kind == YAML_MAP ? yaml_get(entry, "model") : NULL;
            if (model && model->kind != YAML_SCALAR)
                return yaml_complain(model, loader->error, "a model's id");
            if (model && strcmp(model->text, model_id(loader->session->model)) != 0)
                continue;
            if (visit && visit(loader, entry, index) < 0)
                return -1;
            index++;
        }
    }
    return (long)index;
}

/* Counts the entries of `key`, allocates as many of `size`, and visits them. */
static int read_entries(struct loader *loader, const char *key, enum yaml_kind kind,
                        size_t size, void **array, size_t *count,
                        int (*visit)(struct loader *, const struct yaml *, size_t index))
{
    long entries = visit_entries(loader, key, kind, NULL);

    if (entries < 0)
        return -1;
    *array = arena_allocate(&loader->memory->arena, ((size_t)entries + 1) * size);
    if (!*array)
        return out_of_memory(loader);
    *count = (size_t)entries;
    return visit_entries(loader, key, kind, visit) < 0 ? -1 : 0;
}

/* --- messages ----------------------------------------------------------------------- */

/* `defaults: {MODEL: {path: integer}}`: fields that every message of this model has. */
static int apply_defaults(struct loader *loader, struct tree *tree,
                          const struct yaml *fields)
{
    const struct yaml *defaults = last_with(loader, "defaults");
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
static int find_parameter(struct loader *loader, const struct yaml *node,
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
static int read_message_context(struct loader *loader, const struct yaml *map,
                                struct context *context)
{
    const struct yaml *values = yaml_get(map, "context");

    if (values && values->kind != YAML_MAP)
        return yaml_complain(values, loader->error, "a map of params and values");
    for (const struct yaml *entry = values ? values->child : NULL; entry;
         entry = entry->next) {
        struct error expected = {""};
        unsigned parameter = 0;

        if (find_parameter(loader, entry, entry->key, &parameter) < 0)
            return -1;
        if (entry->kind != YAML_SCALAR ||
            context_read(context, loader->session->model, parameter, entry->text,
                         &expected) < 0)
            return yaml_complain(entry, loader->error, "%s",
                                 *expected.text ? expected.text : "a value");
    }
    return 0;
}

static int capture_index(struct loader *loader, const struct yaml *node, const char *name,
                         unsigned *index)
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

static int read_holes(struct loader *loader, const struct yaml *map,
                      struct session_message *message)
{
    const struct yaml *holes = yaml_get(map, "holes"),
                      *captures = yaml_get(map, "capture");

    if ((holes && holes->kind != YAML_MAP) || (captures && captures->kind != YAML_MAP))
        return yaml_complain(map, loader->error, "maps under `holes` and `capture`");
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
    for (const struct yaml *entry = captures ? captures->child : NULL; entry;
         entry = entry->next) {
        struct session_capture *capture = &message->captures[message->capture_count];

        if (message->capture_count++ == MESSAGE_HOLES)
            return yaml_complain(entry, loader->error, "at most %d entries",
                                 MESSAGE_HOLES);
        if (capture_index(loader, entry, entry->key, &capture->capture) < 0 ||
            need_expression(loader, captures, entry->key, &capture->value) < 0)
            return -1;
    }
    return 0;
}

static int read_vary(struct loader *loader, const struct yaml *map,
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

static int read_state_names(struct loader *loader, const struct yaml *map,
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
        return out_of_memory(loader);
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
static int settle_message(struct loader *loader, const struct yaml *map,
                          struct session_message *message)
{
    char text[200];

    message->bytes = buffer_make(MESSAGE_MAXIMUM);
    if (tree_emit(&message->tree, &message->bytes) < 0)
        return yaml_complain(map, loader->error, "a message of at most 1 MiB");
    if (tree_parse(&message->tree, buffer_view(&message->bytes), false) < 0)
        return out_of_memory(loader);
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
static int check_split(struct loader *loader, const struct yaml *node,
                       struct session_message *message)
{
    const struct model *model = loader->session->model;
    struct split_check check = {.status = SEGMENT_ALONE};
    struct splitter splitter;
    int status;

    joiner_init(&check.joiner, model, MESSAGE_MAXIMUM);
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

static int read_pieces(struct loader *loader, const struct yaml *map,
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
static int check_whole(struct loader *loader, const struct yaml *node, unsigned message)
{
    const struct session *session = loader->session;

    if (!session->messages[message].pieces || !model_acknowledges(session->model))
        return 0;
    return yaml_complain(node, loader->error,
                         "a message without `pieces`: its frames are acknowledged");
}

static int read_message(struct loader *loader, const struct yaml *map, size_t index)
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

/* --- states, rules, invariants ------------------------------------------------------ */

static int read_state(struct loader *loader, const struct yaml *list, size_t index)
{
    struct session_state *state = &loader->session->states[index];

    state->name = list->key;
    return read_message_list(loader, list, &state->path, &state->path_count);
}

static int check_state_names(struct loader *loader)
{
    struct session *session = loader->session;

    for (size_t m = 0; m < session->message_count; m++)
        for (size_t s = 0; s < session->messages[m].state_count; s++) {
            const char *name = session->messages[m].states[s];
            size_t k = 0;

            while (k < session->state_count && strcmp(session->states[k].name, name) != 0)
                k++;
            if (k == session->state_count)
                return error_set(
                    loader->error,
                    "%s:%u:%u: message '%s', key 'states': expected one of the session's states, "
                    "found '%s'",
                    yaml_root(loader->memory->files[loader->memory->file_count - 1])
                        ->file,
                    session->messages[m].line, session->messages[m].column,
                    session->messages[m].name, name);
        }
    return 0;
}

/* `open: true|false`; without it the rule counts before and behind the handshake. */
static int read_opening(struct loader *loader, const struct yaml *map, unsigned *opens)
{
    const struct yaml *node = yaml_get(map, "open");
    bool open = false;

    *opens = OPENING_BEFORE | OPENING_BEHIND;
    if (!node)
        return 0;
    if (!loader->session->opens)
        return yaml_complain(node, loader->error, "`opens` among the `answers`, too");
    if (yaml_read_bool(map, "open", &open, loader->error) < 0)
        return -1;
    *opens = open ? OPENING_BEHIND : OPENING_BEFORE;
    return 0;
}

static int read_expect(struct loader *loader, const struct yaml *map, size_t index)
{
    static const char *const keys[] = {"id",     "when",   "open",  "outcome",
                                       "always", "clause", "model", NULL};
    struct session_expect *rule = &loader->session->expects[index];
    const struct yaml *outcome;

    rule->clause = "";
    if (yaml_check_keys(map, keys, loader->error) < 0 ||
        !yaml_need(map, "id", YAML_SCALAR, loader->error) ||
        !(outcome = yaml_need(map, "outcome", YAML_SCALAR, loader->error)) ||
        yaml_read_text(map, "id", &rule->id, loader->error) < 0 ||
        yaml_read_text(map, "clause", &rule->clause, loader->error) < 0 ||
        yaml_read_bool(map, "always", &rule->always, loader->error) < 0 ||
        read_opening(loader, map, &rule->opens) < 0 ||
        read_expression(loader, map, "when", &rule->when) < 0)
        return -1;
    if (outcome_parse(outcome->text, &rule->outcomes) < 0)
        return yaml_complain(outcome, loader->error,
                             "accept, reject, silence, close joined by '|', or unknown");
    return 0;
}

static int read_context(struct loader *loader, const struct yaml *map, size_t index)
{
    static const char *const keys[] = {"param", "when", "value", "model", NULL};
    struct session_context *entry = &loader->session->contexts[index];
    const struct yaml *param;

    if (yaml_check_keys(map, keys, loader->error) < 0 ||
        !(param = yaml_need(map, "param", YAML_SCALAR, loader->error)) ||
        find_parameter(loader, param, param->text, &entry->parameter) < 0 ||
        read_expression(loader, map, "when", &entry->when) < 0)
        return -1;
    return need_expression(loader, map, "value", &entry->value);
}

static int read_conform(struct loader *loader, const struct yaml *map, size_t index)
{
    static const char *const keys[] = {"id",     "text",  "when", "rule",
                                       "clause", "model", NULL};
    struct session_conform *rule = &loader->session->conforms[index];

    rule->clause = "";
    if (yaml_check_keys(map, keys, loader->error) < 0 ||
        !yaml_need(map, "id", YAML_SCALAR, loader->error) ||
        yaml_read_text(map, "id", &rule->id, loader->error) < 0)
        return -1;
    rule->text = rule->id;
    if (yaml_read_text(map, "text", &rule->text, loader->error) < 0 ||
        yaml_read_text(map, "clause", &rule->clause, loader->error) < 0 ||
        read_expression(loader, map, "when", &rule->when) < 0)
        return -1;
    return need_expression(loader, map, "rule", &rule->rule);
}

static int read_effects(struct loader *loader, const struct yaml *list,
                        struct session_invariant *invariant)
{
    static const char *const keys[] = {"when", "becomes", NULL};

    if (list->kind != YAML_LIST)
        return yaml_complain(list, loader->error, "a list of {when, becomes}");
    invariant->effects = arena_allocate(&loader->memory->arena,
                                        (list->count + 1) * sizeof *invariant->effects);
    if (!invariant->effects)
        return out_of_memory(loader);
    for (const struct yaml *entry = list->child; entry; entry = entry->next) {
        struct session_effect *effect = &invariant->effects[invariant->effect_count++];
        const struct yaml *becomes;

        if (yaml_check_keys(entry, keys, loader->error) < 0 ||
            need_expression(loader, entry, "when", &effect->when) < 0 ||
            !(becomes = yaml_need(entry, "becomes", YAML_SCALAR, loader->error)))
            return -1;
        if (strcmp(becomes->text, "any") != 0 &&
            read_expression(loader, entry, "becomes", &effect->becomes) < 0)
            return -1;
    }
    return 0;
}

static int read_invariant(struct loader *loader, const struct yaml *map, size_t index)
{
    static const char *const keys[] = {"id",      "text",  "read", "value",
                                       "follows", "model", NULL};
    struct session_invariant *invariant = &loader->session->invariants[index];
    const struct yaml *read, *follows = yaml_get(map, "follows");

    if (index >= SESSION_INVARIANTS)
        return yaml_complain(map, loader->error, "at most %d invariants",
                             SESSION_INVARIANTS);
    if (yaml_check_keys(map, keys, loader->error) < 0 ||
        !yaml_need(map, "id", YAML_SCALAR, loader->error) ||
        !(read = yaml_need(map, "read", YAML_SCALAR, loader->error)) ||
        yaml_read_text(map, "id", &invariant->id, loader->error) < 0)
        return -1;
    invariant->text = invariant->id;
    if (yaml_read_text(map, "text", &invariant->text, loader->error) < 0 ||
        find_message(loader, read, &invariant->read) < 0 ||
        check_whole(loader, read, invariant->read) < 0 ||
        need_expression(loader, map, "value", &invariant->value) < 0)
        return -1;
    return follows ? read_effects(loader, follows, invariant) : 0;
}

/* `answers`: a list, since where a reply names its request differs from model to model;
 * the last entry for this model counts. */
static int read_answers(struct loader *loader, const struct yaml *map, size_t index)
{
    static const char *const keys[] = {"model", "belongs", "rejected", "more",
                                       "ends",  "opens",   NULL};
    struct session *session = loader->session;

    (void)index;
    if (yaml_check_keys(map, keys, loader->error) < 0 ||
        need_expression(loader, map, "belongs", &session->belongs) < 0 ||
        need_expression(loader, map, "rejected", &session->rejected) < 0 ||
        read_expression(loader, map, "more", &session->more) < 0 ||
        read_expression(loader, map, "ends", &session->ends) < 0)
        return -1;
    return read_expression(loader, map, "opens", &session->opens);
}

static int read_probe_and_answers(struct loader *loader)
{
    struct session *session = loader->session;
    const struct yaml *root =
        yaml_root(loader->memory->files[loader->memory->file_count - 1]);
    const struct yaml *probe = last_with(loader, "probe"),
                      *canary = last_with(loader, "canary");

    if (!probe)
        return yaml_complain(root, loader->error, "a key `probe` with a message's name");
    if (!canary)
        return yaml_complain(root, loader->error,
                             "a key `canary` with a list of messages");
    if (find_message(loader, probe, &session->probe) < 0 ||
        read_message_list(loader, canary, &session->canary, &session->canary_count) < 0)
        return -1;
    if (session->canary_count == 0)
        return yaml_complain(canary, loader->error, "at least one message");
    if (check_whole(loader, probe, session->probe) < 0)
        return -1;
    for (size_t i = 0; i < session->canary_count; i++)
        if (check_whole(loader, canary, session->canary[i]) < 0)
            return -1;
    if (visit_entries(loader, "answers", YAML_LIST, read_answers) < 0)
        return -1;
    if (!session->belongs)
        return yaml_complain(root, loader->error,
                             "a key `answers` with {belongs, rejected} for model %s",
                             model_id(session->model));
    return 0;
}

/* --- files -------------------------------------------------------------------------- */

/* Reads `path` and, before it, what it extends. */
static int read_file(struct loader *loader, const char *path, unsigned depth)
{
    struct yaml_document *file = yaml_load(path, loader->error);
    const struct yaml *root;
    const char *base = NULL;
    int status = -1;

    if (!file)
        return -1;
    root = yaml_root(file);
    if (yaml_check_keys(root, session_keys, loader->error) < 0 ||
        yaml_read_text(root, "extends", &base, loader->error) < 0)
        goto out;
    if (base) {
        const char *slash = strrchr(path, '/');
        char base_path[1024];

        if (depth + 1 == SESSION_FILES) {
            yaml_complain(yaml_get(root, "extends"), loader->error,
                          "at most %d files that extend each other", SESSION_FILES);
            goto out;
        }
        snprintf(base_path, sizeof base_path, "%.*s%s",
                 slash ? (int)(slash + 1 - path) : 0, path, base);
        if (access(base_path, R_OK) < 0) {
            yaml_complain(yaml_get(root, "extends"), loader->error,
                          "a file that can be read (%s: %s)", base_path, strerror(errno));
            goto out;
        }
        if (read_file(loader, base_path, depth + 1) < 0)
            goto out;
    }
    loader->memory->files[loader->memory->file_count++] = file;
    file = NULL;
    status = 0;
out:
    yaml_close(file);
    return status;
}

static void hash_files(struct loader *loader)
{
    struct hash_state *state = hash_begin();
    struct hash hash;

    for (size_t i = 0; i < loader->memory->file_count; i++) {
        struct view source = yaml_source(loader->memory->files[i]);

        hash_add_integer(state, source.length);
        hash_add(state, source);
    }
    hash = hash_end(state);
    hash_to_text(&hash, loader->session->hash);
}

static int read_session(struct loader *loader, const char *path)
{
    struct session *session = loader->session;
    const struct yaml *root;

    if (read_file(loader, path, 0) < 0)
        return -1;
    hash_files(loader);
    root = yaml_root(loader->memory->files[loader->memory->file_count - 1]);
    if (!yaml_need(root, "session", YAML_SCALAR, loader->error) ||
        yaml_read_text(root, "session", &session->id, loader->error) < 0)
        return -1;
    session->title = session->id;
    if (yaml_read_text(root, "title", &session->title, loader->error) < 0)
        return -1;
    if (read_entries(loader, "messages", YAML_MAP, sizeof *session->messages,
                     (void **)&session->messages, &session->message_count,
                     read_message) < 0)
        return -1;
    if (session->message_count == 0)
        return yaml_complain(root, loader->error,
                             "a key `messages` with at least one message");
    if (read_entries(loader, "states", YAML_MAP, sizeof *session->states,
                     (void **)&session->states, &session->state_count, read_state) < 0)
        return -1;
    if (session->state_count == 0)
        return yaml_complain(
            root, loader->error,
            "a key `states`; its first entry is the state after a reset");
    if (session->states[0].path_count)
        return yaml_complain(last_with(loader, "states")->child, loader->error,
                             "an empty path: the first state is the one after a reset");
    if (check_state_names(loader) < 0 || read_probe_and_answers(loader) < 0 ||
        read_entries(loader, "context", YAML_LIST, sizeof *session->contexts,
                     (void **)&session->contexts, &session->context_count,
                     read_context) < 0 ||
        read_entries(loader, "expect", YAML_LIST, sizeof *session->expects,
                     (void **)&session->expects, &session->expect_count,
                     read_expect) < 0 ||
        read_entries(loader, "conform", YAML_LIST, sizeof *session->conforms,
                     (void **)&session->conforms, &session->conform_count,
                     read_conform) < 0)
        return -1;
    return read_entries(loader, "invariants", YAML_LIST, sizeof *session->invariants,
                        (void **)&session->invariants, &session->invariant_count,
                        read_invariant);
}

struct session *session_load(const char *path, const struct model *model,
                             struct error *error)
{
    struct session *session = calloc(1, sizeof *session);
    struct loader loader = {.session = session, .error = error};

    if (!session || !(session->memory = calloc(1, sizeof *session->memory))) {
        error_set(error, "out of memory while reading %s", path);
        free(session);
        return NULL;
    }
    loader.memory = session->memory;
    session->model = model;
    if (read_session(&loader, path) < 0) {
        session_free(session);
        return NULL;
    }
    return session;
}

void session_free(struct session *session)
{
    struct session_memory *memory;

    if (!session)
        return;
    memory = session->memory;
    for (size_t i = 0; i < session->message_count; i++) {
        tree_free(&session->messages[i].tree);
        buffer_free(&session->messages[i].bytes);
    }
    for (size_t i = 0; i < memory->expression_count; i++)
        expression_free(memory->expressions[i]);
    for (size_t i = 0; i < memory->file_count; i++)
        yaml_close(memory->files[i]);
    arena_free(&memory->arena);
    free(memory);
    free(session);
}
