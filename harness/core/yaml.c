#include "core/yaml_document.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { SOURCE_MAXIMUM = 16 << 20, DEPTH_MAXIMUM = 64, KEYS_MAXIMUM = 4096 };

/* One open list or map while reading. */
struct level {
    struct yaml *node, *last;
    const char *key; /* a key that waits for its value */
    unsigned key_line, key_column;
};

struct reader {
    struct yaml_document *document;
    yaml_parser_t parser;
    struct level levels[DEPTH_MAXIMUM];
    unsigned depth;
    bool ended;
    struct error *error;
};

static int refuse(const struct reader *reader, const yaml_event_t *event,
                  const char *what)
{
    return error_set(reader->error, "%s:%zu:%zu: %s", reader->document->file,
                     event->start_mark.line + 1, event->start_mark.column + 1, what);
}

static int out_of_memory(const struct reader *reader)
{
    return error_set(reader->error, "%s: memory is short", reader->document->file);
}

/* The first scalar of a pair inside a map. */
static int take_key(struct reader *reader, struct level *level, const yaml_event_t *event,
                    const char *text)
{
    if (strcmp(text, "<<") == 0)
        return refuse(reader, event, "merge keys (<<) are not supported");
    if (level->node->count >= KEYS_MAXIMUM)
        return refuse(reader, event, "expected at most 4096 keys in one map");
    for (const struct yaml *child = level->node->child; child; child = child->next) {
        if (strcmp(child->key, text) == 0)
            return error_set(reader->error,
                             "%s:%zu:%zu: key '%.80s' is there twice; expected it once "
                             "(it is on line %u)",
                             reader->document->file, event->start_mark.line + 1,
                             event->start_mark.column + 1, text, child->line);
    }
    level->key = text;
    level->key_line = (unsigned)event->start_mark.line + 1;
    level->key_column = (unsigned)event->start_mark.column + 1;
    return 0;
}

static struct yaml *add_node(struct reader *reader, enum yaml_kind kind,
                             const yaml_event_t *event)
{
    struct level *level = reader->depth ? &reader->levels[reader->depth - 1] : NULL;
    struct yaml *node = arena_allocate(&reader->document->arena, sizeof *node);

    if (!node) {
        out_of_memory(reader);
        return NULL;
    }
    node->kind = kind;
    node->file = reader->document->file;
    node->line = node->value_line = (unsigned)event->start_mark.line + 1;
    node->column = node->value_column = (unsigned)event->start_mark.column + 1;
    if (!level) {
        reader->document->root = node;
        return node;
    }
    if (level->node->kind == YAML_MAP) {
        node->key = level->key;
        node->line = level->key_line;
        node->column = level->key_column;
        level->key = NULL;
    }
    if (level->last)
        level->last->next = node;
    else
        level->node->child = node;
    level->last = node;
    level->node->count++;
    return node;
}

static bool key_is_due(const struct reader *reader)
{
    const struct level *level = reader->depth ? &reader->levels[reader->depth - 1] : NULL;

    return level && level->node->kind == YAML_MAP && !level->key;
}

/* Where the text itself begins, and whether its letters are the file's. libyaml counts
 * characters. */
static void note_place(struct yaml *node, const yaml_event_t *event)
{
    yaml_scalar_style_t style = event->data.scalar.style;
    bool quotes = style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
                  style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    size_t width = event->end_mark.column - event->start_mark.column - 2 * quotes;

    node->value_column += quotes;
    node->exact = event->start_mark.line == event->end_mark.line &&
                  width == text_characters(node->text, strlen(node->text));
}

static int take_scalar(struct reader *reader, const yaml_event_t *event)
{
    const char *value = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    struct yaml *node;
    char *text;

    if (event->data.scalar.anchor)
        return refuse(reader, event, "anchors (&) are not supported");
    if (event->data.scalar.tag)
        return refuse(reader, event, "tags (!) are not supported");
    if (memchr(value, 0, length))
        return refuse(reader, event, "expected text without NUL bytes");
    text = arena_text(&reader->document->arena, value);
    if (!text)
        return out_of_memory(reader);
    if (key_is_due(reader))
        return take_key(reader, &reader->levels[reader->depth - 1], event, text);
    node = add_node(reader, YAML_SCALAR, event);
    if (!node)
        return -1;
    node->text = text;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    note_place(node, event);
    return 0;
}

static int open_level(struct reader *reader, enum yaml_kind kind,
                      const yaml_event_t *event, bool anchored, bool tagged)
{
    struct yaml *node;

    if (anchored)
        return refuse(reader, event, "anchors (&) are not supported");
    if (tagged)
        return refuse(reader, event, "tags (!) are not supported");
    if (key_is_due(reader))
        return refuse(reader, event, "expected a plain key, found a list or map as key");
    if (reader->depth == DEPTH_MAXIMUM)
        return refuse(reader, event, "nested more than 64 deep");
    node = add_node(reader, kind, event);
    if (!node)
        return -1;
    reader->levels[reader->depth++] = (struct level){.node = node};
    return 0;
}

static int take_event(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT: return take_scalar(reader, event);
    case YAML_ALIAS_EVENT: return refuse(reader, event, "aliases (*) are not supported");
    case YAML_SEQUENCE_START_EVENT:
        return open_level(reader, YAML_LIST, event, event->data.sequence_start.anchor,
                          event->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        return open_level(reader, YAML_MAP, event, event->data.mapping_start.anchor,
                          event->data.mapping_start.tag);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: reader->depth--; return 0;
    case YAML_DOCUMENT_START_EVENT:
        if (reader->document->root)
            return refuse(reader, event, "expected one document, found a second");
        return 0;
    case YAML_STREAM_END_EVENT: reader->ended = true; return 0;
    default: return 0;
    }
}

static int complain_of_syntax(const struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    size_t line = parser->problem_mark.line;

    return error_set(reader->error, "%s:%zu:%zu: not YAML: %s%s%s",
                     reader->document->file, line + 1, parser->problem_mark.column + 1,
                     parser->context ? parser->context : "", parser->context ? ", " : "",
                     parser->problem ? parser->problem : "unreadable");
}

static int read_events(struct reader *reader)
{
    yaml_event_t event;
    int status;

    while (!reader->ended) {
        if (!yaml_parser_parse(&reader->parser, &event))
            return complain_of_syntax(reader);
        status = take_event(reader, &event);
        yaml_event_delete(&event);
        if (status < 0)
            return -1;
    }
    if (!reader->document->root)
        return error_set(reader->error, "%s:1:1: expected a YAML document, found nothing",
                         reader->document->file);
    return 0;
}

static int complain_of_nul(const struct yaml_document *document, struct view text,
                           const uint8_t *place, struct error *error)
{
    unsigned line = 1;
    const uint8_t *start = text.data;

    for (const uint8_t *byte = text.data; byte < place; byte++) {
        line += *byte == '\n';
        start = *byte == '\n' ? byte + 1 : start;
    }
    return error_set(error, "%s:%u:%zu: expected text, found a NUL byte", document->file,
                     line,
                     text_characters((const char *)start, (size_t)(place - start)) + 1);
}

static int read_document(struct yaml_document *document, struct error *error)
{
    struct view source = buffer_view(&document->source);
    struct reader reader = {.document = document, .error = error};
    const uint8_t *nul = source.length ? memchr(source.data, 0, source.length) : NULL;
    int status;

    if (nul)
        return complain_of_nul(document, source, nul, error);
    if (!yaml_parser_initialize(&reader.parser))
        return out_of_memory(&reader);
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(
        &reader.parser, source.data ? source.data : (const uint8_t *)"", source.length);
    status = read_events(&reader);
    yaml_parser_delete(&reader.parser);
    return status;
}

static struct yaml_document *document_make(const char *name, struct error *error)
{
    struct yaml_document *document = calloc(1, sizeof *document);

    if (document) {
        document->source = buffer_make(SOURCE_MAXIMUM);
        document->file = arena_text(&document->arena, name);
    }
    if (!document || !document->file) {
        error_set(error, "%s: memory is short", name);
        yaml_close(document);
        return NULL;
    }
    return document;
}

static int read_source(struct yaml_document *document, FILE *file, struct error *error)
{
    uint8_t chunk[8192];
    size_t length;

    while ((length = fread(chunk, 1, sizeof chunk, file)) > 0) {
        if (buffer_append(&document->source, (struct view){chunk, length}) < 0)
            return error_set(error, "%s: expected at most 16 MiB", document->file);
    }
    if (ferror(file))
        return error_set(error, "%s: cannot be read: %s", document->file,
                         strerror(errno));
    return 0;
}

struct yaml_document *yaml_load(const char *path, struct error *error)
{
    struct yaml_document *document = document_make(path, error);
    FILE *file = NULL;
    int status = -1;

    if (!document)
        return NULL;
    file = fopen(path, "rbe");
    if (!file)
        error_set(error, "%s: cannot be opened: %s", path, strerror(errno));
    else if (read_source(document, file, error) == 0)
        status = read_document(document, error);
    if (file)
        fclose(file);
    if (status == 0)
        return document;
    yaml_close(document);
    return NULL;
}

struct yaml_document *yaml_parse(const char *name, struct view text, struct error *error)
{
    struct yaml_document *document = document_make(name, error);

    if (!document)
        return NULL;
    if (buffer_append(&document->source, text) < 0)
        error_set(error, "%s: expected at most 16 MiB", name);
    else if (read_document(document, error) == 0)
        return document;
    yaml_close(document);
    return NULL;
}

const struct yaml *yaml_root(const struct yaml_document *document)
{
    return document->root;
}

struct view yaml_source(const struct yaml_document *document)
{
    return buffer_view(&document->source);
}

void yaml_close(struct yaml_document *document)
{
    if (!document)
        return;
    buffer_free(&document->source);
    arena_free(&document->arena);
    free(document);
}
