#include "engine/kin.h"

#include "models.h"

static void expect(struct kin *kin, const char *hex, const char *name, bool valid)
{
    struct buffer bytes = buffer_make(300);
    struct kinship found;

    assert_int_equal(bytes_from_hex(&bytes, hex), 0);
    found = kin_find(kin, buffer_view(&bytes));
    assert_string_equal(kin->session->messages[found.message].name, name);
    assert_true(found.changed);
    assert_int_equal(found.valid, valid);
    buffer_free(&bytes);
}

static void test_each_exemplar_is_its_own(void **state)
{
    struct kin *kin = *state;

    for (unsigned i = 0; i < kin->session->message_count; i++) {
        struct kinship found =
            kin_find(kin, buffer_view(&kin->session->messages[i].bytes));

        assert_int_equal(found.message, i);
        assert_false(found.changed);
        assert_true(found.valid);
    }
}

static void test_what_is_most_alike(void **state)
{
    struct kin *kin = *state;

    /* Read holding registers, others than the exemplar's. */
    expect(kin, "01 03 00 05 00 02 d4 0a", "read_settings", true);
    /* The same, with a wrong checksum, and cut short. */
    expect(kin, "01 03 00 05 00 02 00 00", "read_settings", false);
    expect(kin, "01 03 00", "read_settings", false);
    /* Of the pump's own function, the request to unlock with another code. */
    expect(kin, "01 64 01 00 00 00 00", "unlock", false);
}

static void test_hostile_bytes(void **state)
{
    static const uint8_t zeros[4096];
    struct kin *kin = *state;

    for (size_t length = 0; length <= sizeof zeros; length += 512) {
        struct kinship found = kin_find(kin, (struct view){zeros, length});

        assert_true(found.message < kin->session->message_count);
        assert_true(found.changed);
        assert_false(found.valid);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_exemplar_is_its_own),
        cmocka_unit_test(test_what_is_most_alike),
        cmocka_unit_test(test_hostile_bytes),
    };
    struct model *model = need_model("modbus_rtu.ksy");
    struct session *session = need_session("pump.yaml", model);
    struct error error;
    struct kin kin;
    int failed;

    if (kin_init(&kin, session, &error) < 0)
        return 1;
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        ((struct CMUnitTest *)tests)[i].initial_state = &kin;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    kin_free(&kin);
    session_free(session);
    model_free(model);
    return failed;
}
