/* The `type` key of a field: built-in types, user types with arguments, switches. */
#include "model/loader.h"
#include "model/real.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct leaf {
    enum field_kind kind;
    unsigned bits, flags;
    bool is_signed, big_endian;
    const struct codec *codec;
};

/* u2, s4le, f8 … : 1 when it is one, 0 when the text is something else, -1 with a
 * complaint.
 */
static int read_integer_type(struct loader *loader, const struct yaml *node,
                             const char *text, const struct defaults *defaults,
                             struct leaf *leaf)
{
    const char *order = text + 2;
    unsigned bytes = text[0] && text[1] ? (unsigned)(text[1] - '0') : 0;

    if ((*text != 'u' && *text != 's' && *text != 'f') ||
        (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8) ||
        (*text == 'f' && bytes < 4))
        return 0;
    if (*order && strcmp(order, "be") != 0 && strcmp(order, "le") != 0)
        return 0;
    if (!*order && bytes > 1 && !defaults->has_endian)
        return yaml_complain(node, loader->error,
                             "a byte order: %sbe, %sle or meta/endian", text, text);
    *leaf = (struct leaf){.kind = FIELD_INTEGER,
                          .bits = bytes * 8,
                          .flags = *text == 'f' ? RULE_REAL : 0,
                          .is_signed = *text == 's',
                          .big_endian = *order ? *order == 'b'
                                               : defaults->big_endian || bytes == 1};
    if (!*order && bytes > 1 && defaults->order_from != NONE)
        leaf->flags |= RULE_ORDER;
    return 1;
}

/* b3, b12le */
static int read_bits_type(const char *text, const struct defaults *defaults,
                          struct leaf *leaf)
{
    bool little = defaults->little_bits;
    const char *digit = text + 1;
    unsigned bits = 0;

    if (*text != 'b' || !text[1])
        return 0;
    for (; *digit >= '0' && *digit <= '9' && bits <= 64; digit++)
        bits = bits * 10 + (unsigned)(*digit - '0');
    if (bits < 1 || bits > 64 ||
        (*digit && strcmp(digit, "le") != 0 && strcmp(digit, "be") != 0))
        return 0;
    if (*digit)
        little = *digit == 'l';
    *leaf = (struct leaf){.kind = FIELD_INTEGER,
                          .bits = bits,
                          .flags = RULE_BITS | (bits == 1 ? RULE_BOOL : 0),
                          .big_endian = !little};
    return 1;
}

/* "utf8" and "Utf_8" are other people's ways to write UTF-8. */
static bool same_encoding(const char *a, const char *b)
{
    for (;; a++, b++) {
        a += strspn(a, "-_ ");
        b += strspn(b, "-_ ");
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (!*a)
            return true;
    }
}

/* Texts stay bytes inside; the encoding only says how wide a character is. */
static int read_encoding(struct loader *loader, const struct yaml *map,
                         const struct defaults *defaults, bool *wide)
{
    static const char *const known[] = {
        "ASCII",       "UTF-8",       "ISO-8859-1",  "ISO-8859-2",   "ISO-8859-3",
        "ISO-8859-4",  "ISO-8859-5",  "ISO-8859-6",  "ISO-8859-7",   "ISO-8859-8",
        "ISO-8859-9",  "ISO-8859-10", "ISO-8859-11", "ISO-8859-13",  "ISO-8859-14",
        "ISO-8859-15", "ISO-8859-16", "IBM437",      "windows-1252", "SJIS",
        "UTF-16LE",    "UTF-16BE",    "UTF-32LE",    "UTF-32BE",     NULL};
    const struct yaml *node = yaml_get(map, "encoding");
    const char *encoding = defaults->encoding;

    if (yaml_read_text(map, "encoding", &encoding, loader->error) < 0)
        return -1;
    for (size_t i = 0; encoding && known[i]; i++) {
        if (!same_encoding(encoding, known[i]))
            continue;
        *wide =
            strncmp(known[i], "UTF-16", 6) == 0 || strncmp(known[i], "UTF-32", 6) == 0;
        return 0;
    }
    yaml_complain(node ? node : yaml_get(map, "type"), loader->error,
                  "an encoding for the text: ASCII, UTF-8, ISO-8859-1, UTF-16LE …");
    return encoding ? loader_suggest(loader, encoding, strlen(encoding), known) : -1;
}

static int read_text_type(struct loader *loader, const struct yaml *map,
                          const struct yaml *node, const char *text,
                          const struct defaults *defaults, enum extent extent,
                          struct leaf *leaf)
{
    bool terminated = strcmp(text, "strz") == 0, wide = false;

    if (!terminated && strcmp(text, "str") != 0)
        return 0;
    if (!terminated && extent == EXTENT_NONE)
        return yaml_complain(node, loader->error,
                             "size, size-eos or terminator beside str");
    if (read_encoding(loader, map, defaults, &wide) < 0)
        return -1;
    if (terminated && wide)
        return yaml_complain(node, loader->error,
                             "str with a size: strz ends at a zero byte, which is half a "
                             "character here");
    *leaf = (struct leaf){.kind = FIELD_TEXT,
                          .flags = RULE_TEXT | (terminated ? RULE_ENDS : 0) |
                                   (wide ? RULE_WIDE : 0)};
    return 1;
}

/* A user type with -percuss-codec: an integer to percuss. */
static int read_codec_type(const struct model *model, uint32_t scope, const char *text,
                           struct leaf *leaf)
{
    uint32_t type = model_find_type(model, scope, text, strlen(text));

    if (type == NONE || !model->types[type].codec)
        return 0;
    *leaf = (struct leaf){.kind = FIELD_INTEGER, .codec = model->types[type].codec};
    return 1;
}

static int read_leaf(struct loader *loader, uint32_t field, const struct yaml *node,
                     const char *text, struct leaf *leaf)
{
    const struct rule *rule = &loader->model->rules[field];
    const struct defaults *defaults = &loader->model->types[rule->type].defaults;
    int status = read_integer_type(loader, node, text, defaults, leaf);

    if (status == 0)
        status = read_bits_type(text, defaults, leaf);
    if (status == 0)
        status = read_codec_type(loader->model, rule->type, text, leaf);
    if (status == 1 && rule->extent != EXTENT_NONE && !rule->variants)
        return yaml_complain(node, loader->error,
                             "no size or terminator beside an integer type");
    if (status == 0)
        status =
            read_text_type(loader, rule->yaml, node, text, defaults, rule->extent, leaf);
    return status;
}

static void apply_leaf(struct model *model, uint32_t field, const struct leaf *leaf)
{
    struct field *facts = &model->fields[field];

    facts->kind = leaf->kind;
    facts->bits = leaf->bits;
    facts->is_signed = leaf->is_signed;
    facts->big_endian = leaf->big_endian;
    model->rules[field].flags |= leaf->flags;
    facts->is_real = (leaf->flags & RULE_REAL) != 0;
    if (facts->is_real)
        facts->choices = real_choices(leaf->bits, &facts->choice_count);
    if (leaf->codec)
        loader_set_codec(model, field, leaf->codec);
    if ((leaf->flags & RULE_ENDS) && model->rules[field].extent == EXTENT_NONE) {
        model->rules[field].extent = EXTENT_TERMINATED; /* a strz among the cases */
        model->rules[field].ending =
            (struct ending){.terminated = true, .consume = true, .eos_error = true};
    }
}

/* The end of the argument that starts at `text`: a comma or the last ')' outside
 * parentheses. */
static const char *argument_end(const char *text)
{
    unsigned depth = 0;

    for (char quote = 0; *text; text++) {
        if (quote)
            quote = *text == quote ? 0 : quote;
        else if (*text == '"' || *text == '\'')
            quote = *text;
        else if (*text == '(' || *text == '[')
            depth++;
        else if ((*text == ',' || *text == ')') && depth == 0)
            break;
        else if (*text == ')' || *text == ']')
            depth--;
    }
    return text;
}

static int read_arguments(struct loader *loader, const struct yaml *node,
                          const char *text, uint32_t scope, struct variant *variant)
{
    const struct type *type = &loader->model->types[variant->type];
    char argument[256];

    variant->arguments = arena_allocate(
        &loader->model->arena, (type->parameter_count + 1) * sizeof *variant->arguments);
    if (!variant->arguments)
        return loader_short_of_memory(loader);
    while (text && *text && *text != ')') {
        const char *end = argument_end(text);

        if ((size_t)(end - text) >= sizeof argument ||
            variant->argument_count == type->parameter_count)
            break;
        snprintf(argument, sizeof argument, "%.*s", (int)(end - text), text);
        variant->arguments[variant->argument_count] = loader_compile_part(
            loader, node, argument, (size_t)(text - node->text), scope);
        if (!variant->arguments[variant->argument_count++])
            return -1;
        text = *end == ',' ? end + 1 : end;
    }
    if (variant->argument_count != type->parameter_count ||
        (text && strcmp(text, ")") != 0))
        return yaml_complain(node, loader->error, "%zu argument(s) for type %s",
                             type->parameter_count, type->name);
    return 0;
}

static int read_user_type(struct loader *loader, uint32_t field, const struct yaml *node,
                          const char *text, struct variant *variant)
{
    const struct model *model = loader->model;
    const char *open = strchr(text, '(');
    size_t length = open ? (size_t)(open - text) : strlen(text);

    variant->field = NONE;
    variant->type = model_find_type(model, model->rules[field].type, text, length);
    if (variant->type == NONE) {
        yaml_complain(
            node, loader->error,
            "u1 … u8, s1 … s8, f4, f8, b1 … b64, str, strz or a type of this model");
        return loader_suggest_type(loader, text, length);
    }
    if (model->types[variant->type].codec)
        return yaml_complain(node, loader->error,
                             "a type with -percuss-codec without parentheses");
    return read_arguments(loader, node, open ? open + 1 : NULL, model->rules[field].type,
                          variant);
}

static int wrong_case(struct loader *loader, const struct yaml *item)
{
    return yaml_refuse(item, loader->error,
                       "key '%.80s': expected an integer, text or enum::member as case",
                       item->key);
}

int loader_read_case_key(struct loader *loader, uint32_t type, const struct yaml *item,
                         struct variant *variant)
{
    struct expression *key;
    struct value value;

    variant->is_default = strcmp(item->key, "_") == 0;
    if (variant->is_default)
        return 0;
    key = loader_compile(loader, item, item->key, type);
    if (!key)
        return -1;
    if (!loader_constant(key, &value))
        return wrong_case(loader, item);
    if (value.kind == VALUE_BYTES) {
        variant->text = value.bytes;
        return 0;
    }
    if (value.kind != VALUE_INTEGER && value.kind != VALUE_BOOL)
        return wrong_case(loader, item);
    variant->key = value.integer;
    return 0;
}

static int read_case(struct loader *loader, uint32_t field, const struct yaml *item,
                     struct variant *variant)
{
    struct model *model = loader->model;
    struct leaf leaf;
    int status;

    if (item->kind != YAML_SCALAR)
        return yaml_complain(item, loader->error, "a type");
    if (loader_read_case_key(loader, model->rules[field].type, item, variant) < 0)
        return -1;
    status = read_leaf(loader, field, item, item->text, &leaf);
    if (status < 0)
        return -1;
    if (status == 0)
        return read_user_type(loader, field, item, item->text, variant);
    variant->type = NONE;
    variant->field =
        loader_add_field(loader, model->rules[field].type, model->rules[field].name);
    if (variant->field == NONE)
        return -1;
    apply_leaf(model, variant->field, &leaf);
    return 0;
}

static int read_switch(struct loader *loader, uint32_t field, const struct yaml *node)
{
    static const char *const keys[] = {"switch-on", "cases", NULL};
    struct model *model = loader->model;
    uint32_t type = model->rules[field].type;
    const struct yaml *on, *cases;
    struct variant *variants;
    size_t count = 0;

    if (loader_check_keys(loader, node, keys) < 0)
        return -1;
    on = yaml_need(node, "switch-on", YAML_SCALAR, loader->error);
    cases = yaml_need(node, "cases", YAML_MAP, loader->error);
    if (!on || !cases)
        return -1;
    model->rules[field].switch_on = loader_compile(loader, on, on->text, type);
    variants = arena_allocate(&model->arena, (cases->count + 1) * sizeof *variants);
    if (!model->rules[field].switch_on)
        return -1;
    if (!variants)
        return loader_short_of_memory(loader);
    model->rules[field].variants = variants;
    for (const struct yaml *item = cases->child; item; item = item->next) {
        if (read_case(loader, field, item, &variants[count++]) < 0)
            return -1;
    }
    model->rules[field].variant_count = count;
    model->fields[field].kind = FIELD_GROUP;
    model->fields[field].chosen = true;
    return 0;
}

static int read_plain_type(struct loader *loader, uint32_t field, const struct yaml *node)
{
    struct model *model = loader->model;
    struct variant *variant;
    struct leaf leaf;
    int status = read_leaf(loader, field, node, node->text, &leaf);

    if (status < 0)
        return -1;
    if (status == 1) {
        apply_leaf(model, field, &leaf);
        return 0;
    }
    variant = arena_allocate(&model->arena, sizeof *variant);
    if (!variant)
        return loader_short_of_memory(loader);
    variant->is_default = true;
    if (read_user_type(loader, field, node, node->text, variant) < 0)
        return -1;
    model->rules[field].variants = variant;
    model->rules[field].variant_count = 1;
    model->fields[field].kind = FIELD_GROUP;
    return 0;
}

int loader_read_type_key(struct loader *loader, uint32_t field)
{
    struct rule *rule = &loader->model->rules[field];
    const struct yaml *node = yaml_get(rule->yaml, "type");

    if (node && node->kind == YAML_MAP)
        return read_switch(loader, field, node);
    if (node && node->kind == YAML_SCALAR)
        return read_plain_type(loader, field, node);
    if (node)
        return yaml_complain(node, loader->error, "a type or a switch-on map");
    if (rule->extent == EXTENT_NONE)
        return yaml_refuse(
            rule->yaml, loader->error,
            "field '%s': expected type, size, size-eos, terminator or contents",
            loader->model->fields[field].name);
    loader->model->fields[field].kind = FIELD_BYTES;
    return 0;
}
