#include "model/model.h"
#include "scratch.h"

static char folder[SCRATCH_PATH], path[SCRATCH_PATH];

static int set_up(void **state)
{
    (void)state;
    scratch_make(folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

#define HEAD "meta:\n  id: m\n  endian: be\n" /* three lines */

static struct model *load(const char *body, struct error *error)
{
    char text[4096];

    snprintf(text, sizeof text, "%s%s", HEAD, body);
    scratch_write(folder, "m.ksy", text, path);
    return model_load(path, error);
}

static void assert_refused(const char *body, unsigned line, const char *message)
{
    struct error error = {""};
    struct model *model = load(body, &error);
    char place[32];

    if (model)
        fail_msg("was loaded:\n%s", body);
    snprintf(place, sizeof place, "m.ksy:%u:", line);
    if (!strstr(error.text, message) || !strstr(error.text, place))
        fail_msg("'%s' does not say '%s' at %s", error.text, message, place);
}

static const struct field *find(const struct model *model, const char *type,
                                const char *name)
{
    for (size_t i = 0; i < model_fields(model); i++) {
        const struct field *field = model_field(model, i);

        if (strcmp(field->name, name) == 0 && strcmp(field->type_name, type) == 0)
            return field;
    }
    fail_msg("no field %s of type %s", name, type);
    return NULL;
}

static struct model *load_shipped(const char *name)
{
    struct error error = {""};
    struct model *model = model_load(name, &error);

    if (!model)
        fail_msg("%s", error.text);
    return model;
}

static void test_modbus_tcp_says_what_its_fields_are(void **state)
{
    struct model *model = load_shipped(PROJECT_FOLDER "/targets/modbus/modbus_tcp.ksy");
    const struct field *field;

    (void)state;
    assert_string_equal(model_id(model), "modbus_tcp");
    assert_int_equal(strlen(model_hash(model)), 64);
    assert_int_equal(find(model, "modbus_tcp", "transaction_id")->role, ROLE_SEQUENCE);
    assert_int_equal(find(model, "modbus_tcp", "length")->role, ROLE_LENGTH);
    field = find(model, "modbus_tcp", "protocol_id");
    assert_true(field->choices_bind && field->choice_count == 1 &&
                field->choices[0] == 0);
    assert_int_equal(field->on_invalid, OUTCOME_SILENCE | OUTCOME_CLOSE);
    assert_int_equal(find(model, "modbus_pdu", "function")->role, ROLE_SWITCH);
    assert_int_equal(find(model, "modbus_pdu", "function")->on_invalid, OUTCOME_REJECT);
    field = find(model, "read_registers_request", "quantity");
    assert_true(field->has_bounds && field->minimum == 1 && field->maximum == 125);
    assert_int_equal(field->bits, 16);
    assert_int_equal(find(model, "write_registers_request", "quantity")->role,
                     ROLE_COUNT);
    assert_int_equal(find(model, "write_registers_request", "byte_count")->role,
                     ROLE_DERIVED);
    assert_int_equal(find(model, "write_coils_request", "quantity")->role, ROLE_LENGTH);
    assert_int_equal(find(model, "write_coils_request", "byte_count")->role,
                     ROLE_DERIVED);
    field = find(model, "write_registers_request", "values");
    assert_int_equal(field->kind, FIELD_ARRAY);
    assert_int_equal(field->element, FIELD_INTEGER);
    assert_int_equal(field->bits, 16);
    model_free(model);
}

static void test_every_shipped_field_is_documented(void **state)
{
    static const char *const names[] = {PROJECT_FOLDER "/targets/modbus/modbus_tcp.ksy",
                                        PROJECT_FOLDER "/targets/modbus/modbus_rtu.ksy"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct model *model = load_shipped(names[i]);

        for (size_t k = 0; k < model_fields(model); k++) {
            const struct field *field = model_field(model, k);

            if (!*field->doc || !*field->doc_ref)
                fail_msg("%s.%s lacks doc or doc-ref", field->type_name, field->name);
        }
        model_free(model);
    }
}

static void test_modbus_rtu_has_framing_and_checksum(void **state)
{
    struct model *model = load_shipped(PROJECT_FOLDER "/targets/modbus/modbus_rtu.ksy");
    const struct framing *framing = model_framing(model);

    (void)state;
    assert_int_equal(framing->kind, FRAMING_SILENCE);
    assert_int_equal(framing->silence_ns, 1750000);
    assert_int_equal(framing->minimum, 4);
    assert_int_equal(framing->maximum, 256);
    assert_int_equal(find(model, "modbus_rtu", "crc")->role, ROLE_CHECKSUM);
    assert_int_equal(find(model, "modbus_rtu", "crc")->on_invalid, OUTCOME_SILENCE);
    assert_false(find(model, "modbus_rtu", "crc")->big_endian);
    model_free(model);
}

static void test_names_of_enums(void **state)
{
    struct error error = {""};
    struct model *model =
        load("seq:\n  - {id: a, type: u1, enum: e}\n  - {id: b, type: u1}\n"
             "enums:\n  e:\n    1: one\n    0x10: {id: sixteen, doc: x}\n",
             &error);

    (void)state;
    assert_non_null(model);
    assert_string_equal(model_enum_name(model, 0, 16), "sixteen");
    assert_null(model_enum_name(model, 0, 2));
    assert_null(model_enum_name(model, 1, 1));
    assert_null(model_enum_name(model, 99, 1));
    assert_int_equal(model_field(model, 0)->choice_count, 2);
    assert_false(model_field(model, 0)->choices_bind);
    model_free(model);
}

static void test_the_hash_covers_imports(void **state)
{
    struct error error = {""};
    char before[65];
    struct model *model;

    (void)state;
    scratch_write(folder, "other.ksy", "meta: {id: other}\nseq:\n  - {id: x, type: u1}\n",
                  path);
    model = load("  imports: [other]\nseq:\n  - {id: a, type: other}\n", &error);
    if (!model)
        fail_msg("%s", error.text);
    snprintf(before, sizeof before, "%s", model_hash(model));
    model_free(model);
    scratch_write(folder, "other.ksy", "meta: {id: other}\nseq:\n  - {id: x, type: s1}\n",
                  path);
    model = load("  imports: [other]\nseq:\n  - {id: a, type: other}\n", &error);
    assert_non_null(model);
    assert_string_not_equal(before, model_hash(model));
    model_free(model);
}

static void test_wrong_keys_are_refused(void **state)
{
    (void)state;
    assert_refused("sequence: []\n", 4, "key 'sequence' is not known here");
    assert_refused("seq:\n  - id: a\n    type: u1\n    -percuss-wrong: 1\n", 7,
                   "key '-percuss-wrong' is not known");
    assert_refused("seq:\n  - id: a\n    type: u1\n    repeat: until\n", 7,
                   "a key repeat-until");
    assert_refused("  ks-opaque-types: true\n", 4, "key 'ks-opaque-types'");
    assert_refused("  bit-endian: me\n", 4, "one of: le, be");
    assert_refused("-percuss-framing:\n  kind: length\n  width: 2\n  maximum: 9\n", 4,
                   "key 'offset' is missing");
    assert_refused("-percuss-framing:\n  kind: silence\n  silence-us: 0\n  maximum: 9\n",
                   6, "key 'silence-us': expected an integer from 1");
    assert_refused("-percuss-framing:\n  kind: terminator\n  start: 0x0b\n  maximum: 9\n",
                   4, "key 'end'");
    assert_refused(
        "-percuss-framing:\n  kind: terminator\n  end: [1, 256]\n  maximum: 9\n", 6,
        "a byte from 0 to 255");
    assert_refused("-percuss-framing:\n  kind: terminator\n  end: []\n  maximum: 9\n", 6,
                   "a list of bytes");
    assert_refused("-percuss-framing:\n  kind: terminator\n  start: 2\n  end: 3\n"
                   "  single: [5, 2]\n  maximum: 9\n",
                   8, "bytes that do not start a frame");
    assert_refused("-percuss-framing:\n  kind: varint\n  maximum: 9\n", 4,
                   "key 'offset' is missing");
    assert_refused("-percuss-framing:\n  kind: varint\n  offset: 1\n  maximum-bytes: 10\n"
                   "  maximum: 9\n",
                   7, "key 'maximum-bytes'");
    assert_refused("seq:\n  - id: a\n    type: u1\n    -percuss-invalid: explode\n", 7,
                   "outcomes such as");
}

static void test_framing_with_marks_or_a_varint(void **state)
{
    struct error error = {""};
    struct model *model = load("-percuss-framing:\n  kind: terminator\n  start: 0x02\n"
                               "  end: [0x0d, 0x0a]\n  single: [5, 6]\n  minimum: 4\n"
                               "  maximum: 99\nseq: []\n",
                               &error);
    const struct framing *framing;

    (void)state;
    if (!model)
        fail_msg("%s", error.text);
    framing = model_framing(model);
    assert_int_equal(framing->kind, FRAMING_TERMINATOR);
    assert_int_equal(framing->start_length, 1);
    assert_int_equal(framing->end_length, 2);
    assert_memory_equal(framing->end, "\r\n", 2);
    assert_int_equal(framing->single_count, 2);
    assert_int_equal(framing->maximum, 99);
    model_free(model);
    model = load("-percuss-framing: {kind: varint, offset: 1, adjust: 2, maximum: 99}\n"
                 "seq: []\n",
                 &error);
    if (!model)
        fail_msg("%s", error.text);
    framing = model_framing(model);
    assert_int_equal(framing->kind, FRAMING_VARINT);
    assert_int_equal(framing->length_offset, 1);
    assert_int_equal(framing->length_width, 4);
    assert_int_equal(framing->length_adjust, 2);
    model_free(model);
}

static void test_other_tools_keys_pass(void **state)
{
    struct error error = {""};
    struct model *model =
        load("-webide-representation: '{a}'\nseq:\n  - {id: a, type: u1, -orig-id: A}\n",
             &error);

    (void)state;
    assert_non_null(model);
    model_free(model);
}

static void test_wrong_types_are_refused(void **state)
{
    (void)state;
    assert_refused("seq:\n  - id: a\n    type: f2\n", 6, "key 'type'");
    assert_refused("seq:\n  - id: a\n    type: b65\n", 6, "key 'type'");
    assert_refused("seq:\n  - id: a\n    type: nonsense\n", 6, "or a type of this model");
    assert_refused("seq:\n  - id: a\n", 5,
                   "expected type, size, size-eos, terminator or contents");
    assert_refused("seq:\n  - id: a\n    type: u2\n    size: 3\n", 6,
                   "no size or terminator");
    assert_refused("seq:\n  - id: a\n    type: str\n    size: 3\n", 6, "an encoding");
    assert_refused("seq:\n  - id: a\n    type: str\n", 6,
                   "size, size-eos or terminator beside str");
    assert_refused("seq:\n  - id: A\n    type: u1\n", 5, "identifier");
    assert_refused("seq:\n  - {id: a, type: u1}\n  - {id: a, type: u1}\n", 6,
                   "not there yet");
    assert_refused("seq:\n  - {id: a, type: t(1)}\ntypes:\n  t: {seq: []}\n", 5,
                   "0 argument(s)");
    assert_refused("params:\n  - {id: other, type: u1}\n", 5, "-percuss-default");
    assert_refused("seq:\n  - id: a\n    type: u1\n    enum: nowhere\n", 7,
                   "name of an enum");
    assert_refused("seq:\n  - {id: a, size: 2, contents: ab}\n", 5, "no type or size");
}

static void test_wrong_expressions_are_refused(void **state)
{
    (void)state;
    assert_refused("seq:\n  - id: a\n    size: b + 1\n", 6, "'b' is no field");
    assert_refused("seq:\n  - id: a\n    size: 1 +\n", 6, "expected a value at the end");
    assert_refused("seq:\n  - id: a\n    type: u1\n    if: _io.nonsense\n", 7,
                   "_io.size");
    assert_refused("seq:\n  - id: a\n    type: u1\n    valid: {min: 3, max: 1}\n", 7,
                   "min");
    assert_refused("seq:\n  - id: a\n    type: u1\n    valid: {min: 3, eq: 1}\n", 7,
                   "one of eq");
    assert_refused("seq:\n  - id: a\n    type: u1\n    -percuss-checksum: crc99\n", 7,
                   "an algorithm");
    assert_refused("seq:\n  - id: a\n    type: u1\n    -percuss-checksum: crc16-modbus\n",
                   7, "as wide as the checksum");
    assert_refused("seq:\n  - id: a\n    type: u2\n    -percuss-checksum:\n"
                   "      algorithm: crc16-modbus\n      from: later\n",
                   9, "key 'from'");
    assert_refused("instances:\n  a: {value: b}\n  b: {value: a}\n", 5, "back to itself");
}

static void test_a_fixed_size_needs_no_inversion(void **state)
{
    struct error error = {""};
    struct model *model = load("seq:\n  - {id: a, type: u1}\n  - {id: b, type: u1}\n"
                               "  - {id: c, size: a * b, -percuss-emit: fixed}\n",
                               &error);

    (void)state;
    assert_non_null(model);
    assert_int_equal(model_field(model, 0)->role, ROLE_PLAIN);
    model_free(model);
}

static void test_sizes_and_casts_are_run_backwards(void **state)
{
    struct error error = {""};
    struct model *model =
        load("seq:\n  - {id: head, type: head}\n  - {id: body, type: body}\n"
             "types:\n  head:\n    seq: [{id: len, type: u2}]\n"
             "  body:\n    seq:\n      - {id: fixed, size: sizeof<head> + 1}\n"
             "      - id: data\n"
             "        size: _parent.as<m>.head.len - sizeof<head> - 3\n",
             &error);

    (void)state;
    if (!model)
        fail_msg("%s", error.text);
    assert_int_equal(find(model, "head", "len")->role, ROLE_LENGTH);
    assert_true(find(model, "body", "fixed")->fixed_length);
    assert_int_equal(find(model, "body", "fixed")->length, 3);
    model_free(model);
}

static void test_imports_stay_in_the_folder(void **state)
{
    (void)state;
    assert_refused("  imports: ['../x']\n", 4, "same folder");
    assert_refused("  imports: [/etc/passwd]\n", 4, "same folder");
    assert_refused("  imports: [nowhere]\n", 4, "import 'nowhere'");
}

static void test_files_may_import_each_other(void **state)
{
    struct error error = {""};
    struct model *model;

    (void)state;
    scratch_write(folder, "other.ksy",
                  "meta: {id: other, imports: [m]}\nseq:\n  - {id: x, type: u1}\n", path);
    model = load("  imports: [other, other]\nseq:\n  - {id: a, type: other}\n", &error);
    assert_non_null(model);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modbus_tcp_says_what_its_fields_are),
        cmocka_unit_test(test_every_shipped_field_is_documented),
        cmocka_unit_test(test_modbus_rtu_has_framing_and_checksum),
        cmocka_unit_test(test_names_of_enums),
        cmocka_unit_test(test_the_hash_covers_imports),
        cmocka_unit_test(test_wrong_keys_are_refused),
        cmocka_unit_test(test_framing_with_marks_or_a_varint),
        cmocka_unit_test(test_other_tools_keys_pass),
        cmocka_unit_test(test_wrong_types_are_refused),
        cmocka_unit_test(test_wrong_expressions_are_refused),
        cmocka_unit_test(test_a_fixed_size_needs_no_inversion),
        cmocka_unit_test(test_sizes_and_casts_are_run_backwards),
        cmocka_unit_test(test_imports_stay_in_the_folder),
        cmocka_unit_test(test_files_may_import_each_other),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
