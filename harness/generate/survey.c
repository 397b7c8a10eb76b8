#include "generate/survey.h"

#include "model/real.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool find_deciders(struct survey *survey)
{
    bool any = false;

    for (size_t id = 0; id < model_fields(survey->model); id++) {
        survey->decides[id] = model_field(survey->model, id)->role == ROLE_SWITCH;
        any |= survey->decides[id];
    }
    return any;
}

int survey_init(struct survey *survey, const struct model *model)
{
    size_t count = model_fields(model);

    *survey = (struct survey){.model = model};
    survey->fields = calloc(count + 1, sizeof *survey->fields);
    survey->decides = calloc(count + 1, sizeof *survey->decides);
    if (!survey->fields || !survey->decides)
        return -1;
    for (size_t id = 0; id < count; id++) {
        survey->fields[id].choices = calloc(model_field(model, id)->choice_count + 1, 1);
        if (!survey->fields[id].choices)
            return -1;
    }
    if (find_deciders(survey))
        return 0;
    for (size_t id = 0; id < count; id++) {
        const struct field *field = model_field(model, id);

        survey->decides[id] =
            field->choice_count && model_enum_name(model, id, field->choices[0]);
        if (survey->decides[id])
            break;
    }
    return 0;
}

void survey_free(struct survey *survey)
{
    for (size_t id = 0; survey->fields && id < model_fields(survey->model); id++)
        free(survey->fields[id].choices);
    free(survey->fields);
    free(survey->decides);
    free(survey->kinds);
    *survey = (struct survey){0};
}

/* --- kinds -------------------------------------------------------------------------- */

static bool is_in_array(const struct tree *tree, uint32_t node)
{
    for (; node != TREE_NONE; node = tree->nodes[node].parent) {
        if (tree->nodes[node].kind == FIELD_ARRAY)
            return true;
    }
    return false;
}

static void add_word(char name[SURVEY_KIND], const char *word)
{
    size_t used = strlen(name);

    snprintf(name + used, SURVEY_KIND - used, "%s%s", used ? "/" : "", word);
}

/* A text that chooses a case: what is printable of it. */
static void add_text(struct view bytes, char name[SURVEY_KIND])
{
    char word[33];
    size_t used = 0;

    for (size_t i = 0; i < bytes.length && used + 1 < sizeof word; i++)
        word[used++] =
            bytes.data[i] > ' ' && bytes.data[i] < 127 ? (char)bytes.data[i] : '_';
    word[used] = '\0';
    add_word(name, word);
}

/* A value without a name says little: the type that it chose is added. */
static void add_decider(const struct survey *survey, const struct tree *tree,
                        uint32_t index, char name[SURVEY_KIND])
{
    const struct node *node = &tree->nodes[index];
    const char *word =
        model_enum_name(survey->model, node->field, (int64_t)node->integer);
    uint32_t next = node->next;
    char text[SURVEY_KIND];

    if (word) {
        add_word(name, word);
        return;
    }
    while (next != TREE_NONE && !tree_field(tree, next)->chosen)
        next = tree->nodes[next].next;
    snprintf(text, sizeof text, "%" PRId64 "%s%s", (int64_t)node->integer,
             next != TREE_NONE && *tree_type(tree, next) ? "-" : "",
             next != TREE_NONE ? tree_type(tree, next) : "");
    add_word(name, text);
}

void survey_name(const struct survey *survey, const struct tree *tree,
                 char name[SURVEY_KIND])
{
    name[0] = '\0';
    for (uint32_t i = 1; i < tree->count; i++) {
        const struct node *node = &tree->nodes[i];

        if (node->kind >= FIELD_GROUP || node->field == TREE_NONE ||
            !survey->decides[node->field] || is_in_array(tree, i))
            continue;
        if (node->kind == FIELD_INTEGER)
            add_decider(survey, tree, i, name);
        else
            add_text(node->bytes, name);
    }
    if (!name[0])
        add_word(name, "message");
}

static struct survey_kind *find_kind(struct survey *survey, const char *name, bool reply)
{
    static const char others[] = "(others)";
    struct survey_kind *kind;

    for (size_t i = 0; i < survey->kind_count; i++) {
        kind = &survey->kinds[i];
        if (kind->reply == reply && strcmp(kind->name, name) == 0)
            return kind;
    }
    /* Traffic of a fuzzer has no end of kinds. */
    if (survey->kind_count >= SURVEY_KINDS && strcmp(name, others) != 0)
        return find_kind(survey, others, reply);
    if (survey->kind_count == survey->kind_capacity) {
        size_t capacity = survey->kind_capacity ? survey->kind_capacity * 2 : 32;
        struct survey_kind *larger = realloc(survey->kinds, capacity * sizeof *larger);

        if (!larger)
            return NULL;
        survey->kinds = larger;
        survey->kind_capacity = capacity;
    }
    kind = &survey->kinds[survey->kind_count++];
    *kind = (struct survey_kind){.reply = reply};
    snprintf(kind->name, sizeof kind->name, "%s", name);
    return kind;
}

/* --- fields ------------------------------------------------------------------------- */

static bool is_below(const struct field *field, uint64_t a, uint64_t b)
{
    if (field->is_real)
        return real_from_bits(field->bits, a) < real_from_bits(field->bits, b);
    return field->is_signed ? (int64_t)a < (int64_t)b : a < b;
}

static void note_value(struct survey_field *noted, uint64_t value)
{
    for (size_t i = 0; i < noted->value_count; i++) {
        if (noted->values[i] == value)
            return;
    }
    if (noted->value_count < SURVEY_VALUES)
        noted->values[noted->value_count++] = value;
}

static void note(struct survey *survey, const struct node *node)
{
    const struct field *field = model_field(survey->model, node->field);
    struct survey_field *noted = &survey->fields[node->field];
    struct limit limits[LIMITS];
    size_t count = field_limits(field, limits);
    uint64_t value = node->integer;

    if (!noted->seen || is_below(field, value, noted->lowest))
        noted->lowest = value;
    if (!noted->seen || is_below(field, noted->highest, value))
        noted->highest = value;
    noted->seen++;
    for (size_t i = 0; i < count; i++)
        noted->limits[i] |= (uint64_t)limits[i].value == value;
    for (size_t i = 0; i < field->choice_count; i++)
        noted->choices[i] |= (uint64_t)field->choices[i] == value;
    note_value(noted, value);
}

struct survey_kind *survey_take(struct survey *survey, const struct tree *tree)
{
    char name[SURVEY_KIND];
    struct survey_kind *kind;

    survey_name(survey, tree, name);
    kind = find_kind(survey, name, tree->reply);
    if (!kind)
        return NULL;
    kind->messages++;
    kind->valid += tree->violation_count == 0;
    for (uint32_t i = 1; i < tree->count; i++) {
        if (tree->nodes[i].kind == FIELD_INTEGER && tree->nodes[i].field != TREE_NONE)
            note(survey, &tree->nodes[i]);
    }
    return kind;
}

/* --- content ------------------------------------------------------------------------ */

int survey_content(const struct tree *tree, struct view bytes, struct buffer *scratch,
                   struct hash *hash)
{
    buffer_clear(scratch);
    if (buffer_append(scratch, bytes) < 0)
        return -1;
    for (uint32_t i = 1; i < tree->count; i++) {
        const struct node *node = &tree->nodes[i];
        const struct field *field = tree_field(tree, i);

        if (!field || node->kind != FIELD_INTEGER || field->bits != node->length * 8 ||
            (field->role != ROLE_SEQUENCE && field->role != ROLE_CHECKSUM))
            continue;
        memset(scratch->data + node->offset, 0, node->length);
    }
    *hash = hash_of(buffer_view(scratch));
    return 0;
}
