/* A session's messages as inputs: each stands behind what leads to its state. */
#include "fuzz/seeds.h"

#include "generate/input.h"
#include "scratch.h"

static struct campaign *load(const char *path)
{
    struct error error;
    struct campaign *campaign = campaign_load(path, "/none", NULL, &error);

    if (!campaign)
        fail_msg("%s", error.text);
    return campaign;
}

static size_t read_seed(const char *folder, const char *name, uint8_t *bytes, size_t size)
{
    char path[2 * SCRATCH_PATH];
    size_t length;
    FILE *file;

    snprintf(path, sizeof path, "%.100s/seeds/%.100s", folder, name);
    file = fopen(path, "r");
    assert_non_null(file);
    length = fread(bytes, 1, size, file);
    fclose(file);
    return length;
}

/* Writes the seeds of a session and reads them again. */
static void check_session(const char *model, const char *session_file)
{
    static uint8_t bytes[INPUT_MAXIMUM];
    char folder[SCRATCH_PATH], path[SCRATCH_PATH], seeds[SCRATCH_PATH + 8], text[700];
    const struct session *session;
    struct campaign *campaign;
    struct error error;
    struct tree tree;

    scratch_make(folder);
    snprintf(seeds, sizeof seeds, "%s/seeds", folder);
    snprintf(text, sizeof text,
             "campaign: seeds\ntarget: {model: %s/%s, session: %s/%s}\n"
             "device: {kind: external}\nlink: {kind: tcp, address: '127.0.0.1:9'}\n",
             PROJECT_FOLDER, model, PROJECT_FOLDER, session_file);
    scratch_write(folder, "campaign.yaml", text, path);
    campaign = load(path);
    session = campaign->session;
    tree_init(&tree, campaign->model);
    if (seeds_write(campaign, seeds, &error) < 0)
        fail_msg("%s", error.text);
    for (unsigned i = 0; i < session->message_count; i++) {
        struct view messages[INPUT_MESSAGES], input = {bytes, 0};
        size_t count;

        input.length = read_seed(folder, session->messages[i].name, bytes, sizeof bytes);
        count =
            input_split(model_framing(campaign->model), input, messages, INPUT_MESSAGES);
        assert_int_equal(count, session_home(session, i)->path_count + 1);
        for (size_t k = 0; k < count; k++) {
            assert_int_equal(tree_parse(&tree, messages[k], false), 0);
            assert_int_equal(tree.violation_count, 0);
        }
    }
    tree_free(&tree);
    campaign_free(campaign);
    scratch_remove(folder);
}

static void test_frames_that_say_their_length(void **state)
{
    (void)state;
    check_session("targets/modbus/modbus_tcp.ksy", "targets/modbus/registers.yaml");
}

static void test_frames_that_silence_ends(void **state)
{
    (void)state;
    check_session("targets/modbus/modbus_rtu.ksy", "targets/modbus/pump.yaml");
}

static void test_a_folder_that_cannot_be_made(void **state)
{
    struct campaign *campaign =
        load(PROJECT_FOLDER "/targets/modbus/campaigns/variants.yaml");
    struct error error = {""};

    (void)state;
    assert_int_equal(seeds_write(campaign, "/nonexistent/seeds", &error), -1);
    assert_non_null(strstr(error.text, "/nonexistent/seeds"));
    campaign_free(campaign);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_that_say_their_length),
        cmocka_unit_test(test_frames_that_silence_ends),
        cmocka_unit_test(test_a_folder_that_cannot_be_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
