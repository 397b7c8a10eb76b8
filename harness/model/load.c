#include "model/loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_file(struct loader *loader, const char *path,
                     const struct yaml *importer);

int loader_short_of_memory(const struct loader *loader)
{
    return error_set(loader->error, "%s: memory is short",
                     loader->file_count ? loader->files[0].path : "model");
}

char *loader_keep(struct loader *loader, const char *text)
{
    char *copy = arena_text(&loader->model->arena, text);

    if (!copy)
        loader_short_of_memory(loader);
    return copy;
}

void *loader_grow(struct loader *loader, void **items, size_t *count, size_t *capacity,
                  size_t size)
{
    if (*count == *capacity) {
        size_t more = *capacity ? *capacity * 2 : 16;
        void *grown = realloc(*items, more * size);

        if (!grown) {
            loader_short_of_memory(loader);
            return NULL;
        }
        *items = grown;
        *capacity = more;
    }
    return memset((char *)*items + (*count)++ * size, 0, size);
}

int loader_name(struct loader *loader, const char *text, uint32_t *name)
{
    struct model *model = loader->model;
    const char **slot;

    *name = model_name(model, text, strlen(text));
    if (*name != NONE)
        return 0;
    slot = loader_grow(loader, (void **)&model->names, &model->name_count,
                       &model->name_capacity, sizeof *slot);
    if (!slot)
        return -1;
    *slot = "";
    *name = (uint32_t)model->name_count - 1;
    text = loader_keep(loader, text);
    if (!text)
        return -1;
    model->names[*name] = text;
    return 0;
}

int loader_check_keys(const struct loader *loader, const struct yaml *map,
                      const char *const *known)
{
    struct yaml one;

    if (map->kind != YAML_MAP)
        return yaml_complain(map, loader->error, "a map");
    for (const struct yaml *child = map->child; child; child = child->next) {
        if (child->key[0] == '-' && strncmp(child->key, "-percuss-", 9) != 0)
            continue;
        one = *child;
        one.next = NULL;
        if (yaml_check_keys(&(struct yaml){.kind = YAML_MAP, .child = &one}, known,
                            loader->error) < 0)
            return -1;
    }
    return 0;
}

static int join_texts(struct loader *loader, const struct yaml *list, const char **text)
{
    size_t length = 0;
    char *joined;

    for (const struct yaml *item = list->child; item; item = item->next) {
        if (item->kind != YAML_SCALAR)
            return yaml_complain(item, loader->error, "a text");
        length += strlen(item->text) + 2;
    }
    joined = arena_allocate(&loader->model->arena, length + 1);
    if (!joined)
        return loader_short_of_memory(loader);
    *text = joined;
    for (const struct yaml *item = list->child; item; item = item->next) {
        size_t part = strlen(item->text);

        memcpy(joined, item->text, part);
        memcpy(joined + part, item->next ? "; " : "", item->next ? 2 : 0);
        joined += part + (item->next ? 2 : 0);
    }
    return 0;
}

int loader_read_docs(struct loader *loader, const struct yaml *map, const char **doc,
                     const char **doc_ref)
{
    const struct yaml *references = yaml_get(map, "doc-ref");
    const char *text = "";

    *doc_ref = "";
    if (yaml_read_text(map, "doc", &text, loader->error) < 0)
        return -1;
    *doc = loader_keep(loader, text);
    if (!*doc)
        return -1;
    if (!references)
        return 0;
    if (references->kind == YAML_LIST)
        return join_texts(loader, references, doc_ref);
    if (references->kind != YAML_SCALAR)
        return yaml_complain(references, loader->error, "a text or a list of texts");
    *doc_ref = loader_keep(loader, references->text);
    return *doc_ref ? 0 : -1;
}

int loader_read_outcomes(struct loader *loader, const struct yaml *map, bool *present,
                         unsigned *outcomes)
{
    static const char *const names[] = {"accept", "reject",  "silence",
                                        "close",  "unknown", NULL};
    const struct yaml *node = yaml_get(map, "-percuss-invalid");

    *present = false;
    if (!node)
        return 0;
    if (node->kind != YAML_SCALAR || outcome_parse(node->text, outcomes) < 0) {
        yaml_complain(node, loader->error,
                      "outcomes such as reject, silence|close or unknown");
        return node->kind == YAML_SCALAR
                   ? loader_suggest(loader, node->text, strlen(node->text), names)
                   : -1;
    }
    *present = true;
    return 0;
}

struct expression *loader_compile(struct loader *loader, const struct yaml *node,
                                  const char *text, uint32_t type)
{
    return loader_compile_part(loader, node, text, 0, type);
}

/* A switch case is the node's key: that is where its expression is. */
static void locate(const struct loader *loader, const struct yaml *node, const char *text,
                   size_t at)
{
    struct yaml key = {.file = node->file, .line = node->line, .kind = YAML_MAP};

    if (text != node->key) {
        yaml_locate(node, at, loader->error);
        return;
    }
    key.column = node->column + (unsigned)text_characters(text, at);
    key.key = node->key;
    yaml_locate(&key, 0, loader->error);
}

struct expression *loader_compile_part(struct loader *loader, const struct yaml *node,
                                       const char *text, size_t offset, uint32_t type)
{
    struct model *model = loader->model;
    struct expression **slot;
    size_t at;

    slot = loader_grow(loader, (void **)&model->expressions, &model->expression_count,
                       &model->expression_capacity, sizeof *slot);
    if (!slot)
        return NULL;
    *slot = program_compile(text, model, type, &at, loader->error);
    if (!*slot)
        locate(loader, node, text, offset + at);
    return *slot;
}

static int check_import_name(struct loader *loader, const struct yaml *item)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

    if (item->kind != YAML_SCALAR || !*item->text ||
        strspn(item->text, allowed) != strlen(item->text))
        return yaml_complain(item, loader->error,
                             "the name of a .ksy file in the same folder");
    return 0;
}

static int read_imports(struct loader *loader, const struct yaml *list, const char *path)
{
    const char *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash + 1 - path) : 0;

    if (list->kind != YAML_LIST)
        return yaml_complain(list, loader->error, "a list of imports");
    for (const struct yaml *item = list->child; item; item = item->next) {
        char *imported = NULL;
        int status;

        if (check_import_name(loader, item) < 0)
            return -1;
        if (asprintf(&imported, "%.*s%s.ksy", folder, path, item->text) < 0)
            return loader_short_of_memory(loader);
        status = read_file(loader, imported, item);
        free(imported);
        if (status < 0)
            return -1;
    }
    return 0;
}

/* What may be said as long as it is off. */
static int check_switches(const struct loader *loader, const struct yaml *meta)
{
    static const char *const names[][2] = {
        {"ks-debug", "false: there is no other mode"},
        {"ks-opaque-types", "false: a type without a description cannot be emitted"}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct yaml *node = yaml_get(meta, names[i][0]);
        bool on = true;

        if (node && (yaml_read_bool(meta, names[i][0], &on, loader->error) < 0 || on))
            return yaml_complain(node, loader->error, "%s", names[i][1]);
    }
    return 0;
}

static int read_meta(struct loader *loader, const struct yaml *root, const char **id)
{
    static const char *const keys[] = {
        "id",         "title",    "application", "file-extension",  "endian",
        "bit-endian", "encoding", "imports",     "license",         "ks-version",
        "xref",       "tags",     "ks-debug",    "ks-opaque-types", NULL};
    const struct yaml *meta = yaml_need(root, "meta", YAML_MAP, loader->error);
    const struct yaml *name;

    if (!meta || loader_check_keys(loader, meta, keys) < 0 ||
        check_switches(loader, meta) < 0)
        return -1;
    name = yaml_need(meta, "id", YAML_SCALAR, loader->error);
    if (!name)
        return -1;
    *id = loader_keep(loader, name->text);
    return *id ? 0 : -1;
}

static int keep_title(struct loader *loader, const struct yaml *root, const char *id)
{
    const char *title = id;

    if (yaml_read_text(yaml_get(root, "meta"), "title", &title, loader->error) < 0)
        return -1;
    loader->model->id = id;
    loader->model->title = loader_keep(loader, title);
    return loader->model->title ? 0 : -1;
}

static bool was_read(const struct loader *loader, const char *path)
{
    for (uint32_t i = 0; i < loader->file_count; i++) {
        if (strcmp(loader->files[i].path, path) == 0)
            return true;
    }
    return false;
}

static int open_source(struct loader *loader, const char *path,
                       const struct yaml *importer, struct source *source)
{
    source->document = yaml_load(path, loader->error);
    if (!source->document && importer)
        return error_prefix(loader->error, "%s:%u:%u: import '%s': ", importer->file,
                            importer->value_line, importer->value_column, importer->text);
    if (!source->document)
        return -1;
    hash_add_integer(loader->hash, yaml_source(source->document).length);
    hash_add(loader->hash, yaml_source(source->document));
    source->path = loader_keep(loader, path);
    return source->path ? 0 : -1;
}

static int read_file(struct loader *loader, const char *path, const struct yaml *importer)
{
    struct source *source = &loader->files[loader->file_count];
    const struct yaml *root, *imports;
    uint32_t file = loader->file_count;
    const char *id;

    if (was_read(loader, path))
        return 0;
    if (file == FILES_MAXIMUM)
        return yaml_complain(importer, loader->error, "at most %d files", FILES_MAXIMUM);
    loader->file_count++;
    if (open_source(loader, path, importer, source) < 0)
        return -1;
    root = yaml_root(source->document);
    if (read_meta(loader, root, &id) < 0)
        return -1;
    if (file == 0 && keep_title(loader, root, id) < 0)
        return -1;
    if (loader_read_type(loader, root, id, NONE, file) < 0)
        return -1;
    imports = yaml_get(yaml_get(root, "meta"), "imports");
    return imports ? read_imports(loader, imports, source->path) : 0;
}

static int read_framing(struct loader *loader)
{
    struct framing framing;

    for (uint32_t i = 0; i < loader->file_count; i++) {
        const struct yaml *root = yaml_root(loader->files[i].document);

        framing = (struct framing){.kind = FRAMING_DATAGRAM, .maximum = 65535};
        if (yaml_get(root, "-percuss-framing") &&
            loader_read_framing(loader, yaml_get(root, "-percuss-framing"), &framing) < 0)
            return -1;
        if (i == 0)
            loader->model->framing = framing;
    }
    return 0;
}

/* The documents go away: nothing may point into them any more. */
static void forget_documents(struct loader *loader)
{
    struct model *model = loader->model;

    for (size_t i = 0; i < model->field_count; i++)
        model->rules[i].yaml = NULL;
    for (size_t i = 0; i < model->type_count; i++) {
        model->types[i].yaml = NULL;
        for (size_t k = 0; k < model->types[i].instance_count; k++)
            model->types[i].instances[k].yaml = NULL;
    }
    for (uint32_t i = 0; i < loader->file_count; i++)
        yaml_close(loader->files[i].document);
}

static int load(struct loader *loader, const char *path)
{
    if (read_file(loader, path, NULL) < 0 || loader_read_context(loader) < 0 ||
        loader_add_rest(loader) < 0 || loader_check_names(loader) < 0 ||
        loader_measure(loader) < 0)
        return -1;
    for (uint32_t i = 0; i < loader->model->type_count; i++) {
        if (loader_read_fields(loader, i) < 0)
            return -1;
    }
    if (loader_check_cycles(loader) < 0 || loader_relate(loader) < 0)
        return -1;
    for (uint32_t i = 0; i < loader->model->type_count; i++) {
        if (loader_read_segments(loader, i) < 0)
            return -1;
    }
    return read_framing(loader);
}

struct model *model_load(const char *path, struct error *error)
{
    struct loader loader = {.error = error};
    struct hash hash;
    int status = -1;

    loader.model = calloc(1, sizeof *loader.model);
    loader.hash = hash_begin();
    if (loader.model && loader.hash)
        status = load(&loader, path);
    else
        error_set(error, "%s: memory is short", path);
    if (loader.model)
        forget_documents(&loader);
    if (loader.hash) {
        hash = hash_end(loader.hash);
        if (loader.model)
            hash_to_text(&hash, loader.model->hash);
    }
    if (status == 0)
        return loader.model;
    model_free(loader.model);
    return NULL;
}
