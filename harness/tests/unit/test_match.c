/* Which exemplar a message of an input goes by. */
#include "scratch.h"

#include "engine/campaign.h"
#include "engine/match.h"

#include <string.h>

static struct campaign *campaign;
static struct matcher matcher;

static int start(void **state)
{
    struct error error;

    (void)state;
    campaign = campaign_load(PROJECT_FOLDER "/targets/modbus/campaigns/variants.yaml",
                             "/nonexistent", NULL, &error);
    if (!campaign)
        fail_msg("%s", error.text);
    return matcher_init(&matcher, campaign->session);
}

static int stop(void **state)
{
    (void)state;
    matcher_free(&matcher);
    campaign_free(campaign);
    return 0;
}

static const struct session_message *nearest(struct view bytes)
{
    return &campaign->session->messages[matcher_nearest(&matcher, bytes)];
}

static void test_every_exemplar_is_nearest_to_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < campaign->session->message_count; i++) {
        const struct session_message *message = &campaign->session->messages[i];

        assert_string_equal(nearest(buffer_view(&message->bytes))->name, message->name);
    }
}

static void test_the_kind_counts_more_than_the_bytes(void **state)
{
    /* write_single_register far from the exemplar's address and value. */
    static const uint8_t bytes[] = {9, 9, 0, 0, 0, 6, 7, 6, 0xff, 0xff, 0xff, 0xff};

    (void)state;
    assert_string_equal(nearest((struct view){bytes, sizeof bytes})->name,
                        "write_register");
}

static void test_any_bytes_have_one(void **state)
{
    uint8_t bytes[300];

    (void)state;
    memset(bytes, 0xa5, sizeof bytes);
    for (size_t length = 0; length <= sizeof bytes; length++)
        assert_non_null(nearest((struct view){bytes, length})->name);
}

static void test_an_input_is_one_case(void **state)
{
    struct buffer input = buffer_make(4096);
    struct sequence sequence;
    const struct session *session = campaign->session;

    (void)state;
    sequence_init(&sequence);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(buffer_append(&input, buffer_view(&session->messages[i].bytes)),
                         0);
    assert_int_equal(matcher_append_input(&matcher, buffer_view(&input), 7, &sequence),
                     0);
    assert_int_equal(sequence.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(sequence.steps[i].number, 7);
        assert_int_equal(sequence.steps[i].message, i);
        assert_true(sequence.steps[i].fuzzed);
        assert_true(view_equal(sequence_bytes(&sequence, i),
                               buffer_view(&session->messages[i].bytes)));
    }
    assert_int_equal(matcher_append_input(&matcher, (struct view){NULL, 0}, 8, &sequence),
                     0);
    assert_int_equal(sequence.count, 3);
    sequence_free(&sequence);
    buffer_free(&input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_exemplar_is_nearest_to_itself),
        cmocka_unit_test(test_the_kind_counts_more_than_the_bytes),
        cmocka_unit_test(test_any_bytes_have_one),
        cmocka_unit_test(test_an_input_is_one_case),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
