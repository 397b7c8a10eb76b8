#include "model/facts.h"

#include "model/loader.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

size_t model_types(const struct model *model)
{
    return model->type_count;
}

struct type_facts model_type(const struct model *model, size_t type)
{
    const struct type *from = &model->types[type];

    return (struct type_facts){
        .name = from->name,
        .doc = from->doc,
        .doc_ref = from->doc_ref,
        .fields = from->sequence,
        .field_count = from->count,
    };
}

bool model_has_direction(const struct model *model)
{
    return model->direction != NONE;
}

bool model_segments(const struct model *model, struct segments_facts *facts)
{
    const struct segments *from = &model->segments;

    if (!from->present)
        return false;
    *facts = (struct segments_facts){
        .type = model->types[from->type].name,
        .bytes = model->names[from->bytes],
        .last = expression_text(from->last),
        .stream = from->stream ? expression_text(from->stream) : NULL,
        .maximum = from->maximum,
        .acknowledged = from->acknowledged,
        .more_count = from->more_count,
        .next_count = from->next_count,
    };
    for (size_t i = 0; i < from->more_count; i++) {
        facts->more[i].field = model->names[from->more[i].name];
        facts->more[i].value = expression_text(from->more[i].value);
    }
    for (size_t i = 0; i < from->next_count; i++) {
        facts->next[i].field = model->names[from->next[i].name];
        facts->next[i].value = expression_text(from->next[i].value);
    }
    return true;
}

/* --- one field ---------------------------------------------------------------------- */

static const char *text_of(const struct expression *expression)
{
    return expression ? expression_text(expression) : NULL;
}

static void codec_name(const struct codec *codec, char *text, size_t size)
{
    if (codec->kind == CODEC_DIGITS)
        snprintf(text, size, "str of digits, base %u", codec->base);
    else
        snprintf(text, size, "base128-%s", codec->kind == CODEC_GROUPS_LE ? "le" : "be");
}

static void integer_name(const struct field *field, const struct rule *rule, char *text,
                         size_t size)
{
    const char *order = field->bits == 8 || (rule->flags & RULE_ORDER) ? ""
                        : field->big_endian                            ? "be"
                                                                       : "le";

    if (rule->codec)
        codec_name(rule->codec, text, size);
    else if (rule->flags & RULE_BITS)
        snprintf(text, size, "b%u%s", field->bits, field->big_endian ? "" : "le");
    else
        snprintf(text, size, "%c%u%s",
                 field->is_real     ? 'f'
                 : field->is_signed ? 's'
                                    : 'u',
                 field->bits / 8, order);
}

static void type_name(const struct model *model, size_t id, char *text, size_t size)
{
    const struct field *field = &model->fields[id];
    const struct rule *rule = &model->rules[id];

    if (rule->switch_on)
        snprintf(text, size, "switch");
    else if (rule->variants)
        snprintf(text, size, "%s", model->types[rule->variants[0].type].name);
    else if (field->element == FIELD_INTEGER)
        integer_name(field, rule, text, size);
    else if (field->element == FIELD_TEXT)
        snprintf(text, size,
                 rule->ending.terminated && rule->ending.terminator == 0 ? "strz"
                                                                         : "str");
    else
        snprintf(text, size, "%s", rule->contents.data ? "contents" : "bytes");
}

static const char *process_name(enum process_kind kind)
{
    static const char *const names[] = {[PROCESS_XOR] = "xor",
                                        [PROCESS_ROTATE_LEFT] = "rol",
                                        [PROCESS_ROTATE_RIGHT] = "ror",
                                        [PROCESS_HEX] = "percuss_hex",
                                        [PROCESS_SLIP] = "percuss_slip"};

    return names[kind];
}

void model_field_facts(const struct model *model, size_t field, struct field_facts *facts)
{
    const struct rule *rule = &model->rules[field];

    *facts = (struct field_facts){
        .condition = text_of(rule->condition),
        .size = text_of(rule->size),
        .count = text_of(rule->count),
        .until = text_of(rule->until),
        .terminator = rule->ending.terminated ? rule->ending.terminator : -1,
        .separator = text_of(rule->separator),
        .process = process_name(rule->process),
        .switch_on = text_of(rule->switch_on),
        .equal = text_of(rule->equal),
        .minimum = text_of(rule->minimum),
        .maximum = text_of(rule->maximum),
        .test = text_of(rule->test),
        .contents = rule->contents,
        .size_to_end = rule->extent == EXTENT_REST,
        .repeat_to_end = rule->repetition == REPEAT_REST,
        .case_count = rule->switch_on ? rule->variant_count : 0,
    };
    type_name(model, field, facts->type, sizeof facts->type);
    for (size_t i = 0; i < rule->any_of_count; i++) {
        size_t used = strlen(facts->any_of);

        snprintf(facts->any_of + used, sizeof facts->any_of - used, "%s%s",
                 used ? ", " : "", expression_text(rule->any_of[i]));
    }
}

void model_case(const struct model *model, size_t field, size_t index,
                struct case_facts *facts)
{
    const struct variant *variant = &model->rules[field].variants[index];

    if (variant->is_default)
        snprintf(facts->key, sizeof facts->key, "_");
    else if (variant->text.data)
        snprintf(facts->key, sizeof facts->key, "\"%.*s\"", (int)variant->text.length,
                 (const char *)variant->text.data);
    else
        snprintf(facts->key, sizeof facts->key, "%" PRId64, variant->key);
    if (variant->type != NONE)
        snprintf(facts->type, sizeof facts->type, "%s", model->types[variant->type].name);
    else
        type_name(model, variant->field, facts->type, sizeof facts->type);
}

/* --- relations ---------------------------------------------------------------------- */

static void field_name(const struct model *model, size_t id, char *text, size_t size)
{
    snprintf(text, size, "%s.%s", model->fields[id].type_name, model->fields[id].name);
}

/* A path from the group that holds the field: "type.length", "_parent.count". */
static void path_name(const struct model *model, size_t id, const struct path *path,
                      char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    if (path->steps[0] == STEP_CHILD)
        used = (size_t)snprintf(text, size, "%s", model->fields[id].type_name);
    for (size_t i = 0; i < path->count && used < size; i++) {
        const char *name = path->steps[i] == STEP_ROOT     ? "_root"
                           : path->steps[i] == STEP_PARENT ? "_parent"
                           : path->steps[i] == STEP_FIRST  ? "[0]"
                                                           : model->names[path->names[i]];

        used += (size_t)snprintf(text + used, size - used, "%s%s",
                                 used && *name != '[' ? "." : "", name);
    }
}

static void set_expression(struct relation *relation, const struct expression *expression)
{
    snprintf(relation->expression, sizeof relation->expression, "%s",
             expression_text(expression));
}

static void describe_checksum(const struct model *model, const struct checksum *checksum,
                              struct relation *relation)
{
    static const char *const kinds[] = {[CHECKSUM_CRC] = "crc",
                                        [CHECKSUM_SUM] = "sum",
                                        [CHECKSUM_XOR] = "xor",
                                        [CHECKSUM_LRC] = "lrc",
                                        [CHECKSUM_INTERNET] = "internet"};
    struct checksum known;

    snprintf(relation->of, sizeof relation->of, "the bytes %s from %s",
             checksum->kind == CHECKSUM_INTERNET ? "of its type" : "before it",
             checksum->from == FROM_MESSAGE ? "the start of the message"
             : checksum->from == FROM_TYPE  ? "the start of its type"
                                            : model->names[checksum->from_name]);
    for (size_t i = 0; checksum_names[i]; i++) {
        if (checksum_named(checksum_names[i], &known) < 0 ||
            known.kind != checksum->kind || known.width != checksum->width ||
            known.polynomial != checksum->polynomial ||
            known.initial != checksum->initial ||
            known.final_xor != checksum->final_xor || known.reflect != checksum->reflect)
            continue;
        snprintf(relation->expression, sizeof relation->expression, "%s",
                 checksum_names[i]);
        return;
    }
    snprintf(relation->expression, sizeof relation->expression,
             "%s of %u bits, polynomial 0x%" PRIx32 ", initial 0x%" PRIx32
             ", final-xor 0x%" PRIx32 "%s",
             kinds[checksum->kind], checksum->width, checksum->polynomial,
             checksum->initial, checksum->final_xor,
             checksum->reflect ? ", reflected" : "");
}

/* What this field's own value follows from. */
static bool own_relation(const struct model *model, size_t id, struct relation *relation)
{
    const struct field *field = &model->fields[id];
    const struct rule *rule = &model->rules[id];

    *relation = (struct relation){.role = field->role};
    field_name(model, id, relation->field, sizeof relation->field);
    if (rule->checksum) {
        relation->role = ROLE_CHECKSUM;
        describe_checksum(model, rule->checksum, relation);
    } else if (rule->flags & RULE_DERIVES) {
        relation->role = ROLE_DERIVED;
        set_expression(relation, rule->equal);
    } else if (field->role != ROLE_SEQUENCE) {
        return false;
    }
    return true;
}

/* Which field gives the size, the count, the case or the separator of this one. */
static bool other_relation(const struct model *model, size_t id, enum field_role role,
                           struct relation *relation)
{
    const struct rule *rule = &model->rules[id];
    const struct linear *linear =
        role == ROLE_LENGTH ? &rule->size_from : &rule->count_from;

    *relation = (struct relation){.role = role};
    field_name(model, id, relation->of, sizeof relation->of);
    if (role == ROLE_SWITCH && rule->switch_on) {
        set_expression(relation, rule->switch_on);
        return true;
    }
    if (role == ROLE_SEPARATOR && rule->separator) {
        path_name(model, id, rule->ending.declared, relation->field,
                  sizeof relation->field);
        return true;
    }
    if (role == ROLE_SWITCH || role == ROLE_SEPARATOR || !linear->present)
        return false;
    path_name(model, id, &linear->source, relation->field, sizeof relation->field);
    set_expression(relation, role == ROLE_LENGTH ? rule->size : rule->count);
    return true;
}

void model_relations(const struct model *model,
                     void (*take)(void *context, const struct relation *relation),
                     void *context)
{
    static const enum field_role others[] = {ROLE_LENGTH, ROLE_COUNT, ROLE_SWITCH,
                                             ROLE_SEPARATOR};
    struct relation relation;

    for (size_t type = 0; type < model->type_count; type++) {
        for (size_t i = 0; i < model->types[type].count; i++) {
            uint32_t id = model->types[type].sequence[i];

            if (own_relation(model, id, &relation))
                take(context, &relation);
            for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
                if (other_relation(model, id, others[k], &relation))
                    take(context, &relation);
            }
        }
    }
}

/* --- one way only ------------------------------------------------------------------- */

/* Everything about one field that parsing reads and emission does not answer. */
struct search {
    void (*take)(void *context, const struct one_way *one_way);
    void *context;
    struct one_way found;
};

static void tell(struct search *search, const char *key,
                 const struct expression *expression, const char *why)
{
    search->found.key = key;
    search->found.expression = expression ? expression_text(expression) : "";
    search->found.why = why;
    search->take(search->context, &search->found);
}

static bool is_constant(const struct expression *expression)
{
    struct value value;

    return loader_constant(expression, &value);
}

static void search_extent(struct search *search, const struct rule *rule)
{
    static const char by_place[] = "follows from the bytes around it (_io)";
    static const char fixed[] = "is not linear in one field, or is -percuss-emit: fixed: "
                                "nothing is computed back from the content";

    if (rule->extent == EXTENT_EXPRESSION && !(rule->flags & RULE_INVERTS_SIZE))
        tell(search, "size", rule->size, rule->size->uses_io ? by_place : fixed);
    if (rule->extent == EXTENT_REST)
        tell(search, "size-eos", NULL, "takes what is left: no field tells its length");
    if (rule->repetition == REPEAT_REST)
        tell(search, "repeat: eos", NULL, "takes what is left: no field tells its count");
    if (rule->repetition == REPEAT_COUNT && !(rule->flags & RULE_INVERTS_COUNT) &&
        !is_constant(rule->count))
        tell(search, "repeat-expr", rule->count, rule->count->uses_io ? by_place : fixed);
}

static void search_rules(struct search *search, const struct rule *rule)
{
    static const char checked[] = "is checked; no value is computed from it";
    static const char limits[] = "is checked; without constants there are no boundaries";

    if (rule->condition)
        tell(search, "if", rule->condition,
             "decides when parsing and building; emission keeps what is there");
    if (rule->equal && !(rule->flags & RULE_DERIVES) && !is_constant(rule->equal))
        tell(search, "valid", rule->equal, checked);
    if (rule->minimum)
        tell(search, "valid/min", rule->minimum, limits);
    if (rule->maximum)
        tell(search, "valid/max", rule->maximum, limits);
    for (size_t i = 0; i < rule->any_of_count; i++) {
        if (!is_constant(rule->any_of[i]))
            tell(search, "valid/any-of", rule->any_of[i], checked);
    }
    if (rule->test)
        tell(search, "valid/expr", rule->test, checked);
}

void model_one_ways(const struct model *model,
                    void (*take)(void *context, const struct one_way *one_way),
                    void *context)
{
    struct search search = {.take = take, .context = context};

    for (size_t type = 0; type < model->type_count; type++) {
        for (size_t i = 0; i < model->types[type].count; i++) {
            uint32_t id = model->types[type].sequence[i];

            field_name(model, id, search.found.field, sizeof search.found.field);
            search_extent(&search, &model->rules[id]);
            search_rules(&search, &model->rules[id]);
        }
    }
}
