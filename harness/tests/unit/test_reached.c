/* What runs reached, of stores that the test fills and the pump's image. CMakeLists.txt
 * leaves it out where no firmware is built. */
#include "core/hash.h"
#include "device/file.h"
#include "report/reached.h"
#include "scratch.h"

#include <jansson.h>
#include <sys/stat.h>

#define IMAGE FIRMWARE_FOLDER "/pump-fixed-an385.elf"

struct bench {
    char folder[SCRATCH_PATH];
    struct blocks *blocks;
    struct error error;
};

static int set_up(void **state)
{
    static struct bench bench;

    memset(&bench, 0, sizeof bench);
    scratch_make(bench.folder);
    bench.blocks = blocks_load(IMAGE, &bench.error);
    *state = &bench;
    return bench.blocks ? 0 : -1;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    blocks_free(bench->blocks);
    scratch_remove(bench->folder);
    return 0;
}

/* A run folder; the caller frees nothing. */
static struct store *make_run(struct bench *bench, const char *name, const char *hash,
                              char path[2 * SCRATCH_PATH])
{
    char file[3 * SCRATCH_PATH];
    struct store *store;

    snprintf(path, 2 * SCRATCH_PATH, "%s/%s", bench->folder, name);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(file, sizeof file, "%s/campaign.db", path);
    store = store_create(file, &bench->error);
    if (!store)
        fail_msg("%s", bench->error.text);
    store_set(store, "campaign_name", name, &bench->error);
    if (hash) {
        store_set(store, "image", IMAGE, &bench->error);
        store_set(store, "image_sha256", hash, &bench->error);
    }
    return store;
}

static void add(struct bench *bench, struct store *store, uint64_t address,
                uint64_t length, uint64_t executions)
{
    assert_int_equal(store_write(store, &bench->error, "INSERT INTO block VALUES (?,?,?)",
                                 "iii", (int64_t)address, (int64_t)length,
                                 (int64_t)executions),
                     0);
}

/* The function's blocks from `first`, `count` of them, as one stretch. */
static void add_blocks(struct bench *bench, struct store *store, const char *name,
                       uint32_t first, uint32_t count, uint64_t executions)
{
    for (uint32_t i = 0; i < bench->blocks->function_count; i++) {
        const struct block_function *function = &bench->blocks->functions[i];
        const struct block *from, *to;

        if (strcmp(function->name, name) != 0)
            continue;
        assert_true(first + count <= function->block_count);
        from = &bench->blocks->list[function->first_block + first];
        to = from + count - 1;
        add(bench, store, from->address, to->address + to->length_bytes - from->address,
            executions);
        return;
    }
    fail_msg("no function %s", name);
}

static const struct block_function *function_named(const struct reached *reached,
                                                   const char *name)
{
    for (uint32_t i = 0; i < reached->blocks->function_count; i++)
        if (strcmp(reached->blocks->functions[i].name, name) == 0)
            return &reached->blocks->functions[i];
    fail_msg("no function %s", name);
    return NULL;
}

static uint32_t number_of(const struct reached *reached, const char *name)
{
    return (uint32_t)(function_named(reached, name) - reached->blocks->functions);
}

static void open_two(struct bench *bench, struct reached *reached)
{
    static char first[2 * SCRATCH_PATH], second[2 * SCRATCH_PATH];
    const char *const runs[] = {first, second};
    char hash[HASH_TEXT];
    struct store *a, *b;

    file_hash_text(IMAGE, hash);
    a = make_run(bench, "one", hash, first);
    add_blocks(bench, a, "main", 0, 3, 7);
    add_blocks(bench, a, "crc16_add", 0, 1, 5);
    add(bench, a, 0xdead0000, 400, 3); /* of no function: RAM, a loader */
    assert_int_equal(store_close(a, &bench->error), 0);
    b = make_run(bench, "t<w>o", hash, second);
    add_blocks(bench, b, "main", 2, 2, 11);
    add_blocks(bench, b, "main", 3, 1, 1);
    assert_int_equal(store_close(b, &bench->error), 0);
    if (reached_open(reached, runs, 2, NULL, &bench->error) < 0)
        fail_msg("%s", bench->error.text);
}

static void test_counts(void **state)
{
    struct bench *bench = *state;
    struct reached reached;
    struct reached_count count;
    uint32_t block, *order;

    open_two(bench, &reached);
    count = reached_blocks(&reached, number_of(&reached, "main"));
    assert_int_equal(count.runs[0], 3);
    assert_int_equal(count.runs[1], 2);
    assert_int_equal(count.together, 4);
    count = reached_blocks(&reached, REACHED_ALL);
    assert_int_equal(count.runs[0], 4);
    assert_int_equal(count.together, 5);
    assert_true(count.all > 400 && count.all < bench->blocks->count);
    block = function_named(&reached, "main")->first_block;
    assert_int_equal(reached.runs[0].executions[block + 2], 7);
    assert_int_equal(reached.runs[1].executions[block + 3], 12);
    count = reached_lines(&reached, number_of(&reached, "crc16_add"));
    assert_true(count.runs[0] > 0 && count.runs[0] < count.all && count.runs[1] == 0);
    order = reached_order(&reached);
    assert_non_null(order);
    for (uint32_t i = 0; i + 1 < reached.blocks->function_count; i++) {
        struct reached_count one = reached_blocks(&reached, order[i]);
        struct reached_count next = reached_blocks(&reached, order[i + 1]);

        assert_true(one.all - one.together >= next.all - next.together);
    }
    free(order);
    reached_close(&reached);
}

static char *written(const struct reached *reached, const char *format,
                     const char *source)
{
    struct error error = {""};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    int status;

    assert_non_null(out);
    status = strcmp(format, "html") == 0   ? reached_html(reached, source, out, &error)
             : strcmp(format, "json") == 0 ? reached_json(reached, out, &error)
                                           : reached_text(reached, out, &error);
    fclose(out);
    if (status < 0)
        fail_msg("%s", error.text);
    return text;
}

static void test_texts(void **state)
{
    struct bench *bench = *state;
    struct reached reached;
    char *text;
    json_t *json;

    open_two(bench, &reached);
    text = written(&reached, "text", NULL);
    assert_non_null(strstr(text, "only A reached 3 blocks, in main crc16_add"));
    assert_non_null(strstr(text, "only B reached 1 block, in main"));
    free(text);
    text = written(&reached, "json", NULL);
    json = json_loads(text, 0, NULL);
    assert_non_null(json);
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(json, "blocks"), "reached")),
        5);
    assert_int_equal(json_object_size(json_object_get(json, "files")),
                     reached.lines->file_count);
    json_decref(json);
    free(text);
    reached_close(&reached);
}

static void test_page(void **state)
{
    struct bench *bench = *state;
    struct reached reached;
    char *text;

    open_two(bench, &reached);
    text = written(&reached, "html", PROJECT_FOLDER);
    assert_non_null(strstr(text, "t&lt;w&gt;o"));
    assert_null(strstr(text, "t<w>o"));
    assert_non_null(strstr(text, "targets/firmware/pump/main.c"));
    assert_non_null(strstr(text, "int main(void)"));
    assert_null(strstr(text, "source is not below"));
    free(text);
    text = written(&reached, "html", bench->folder);
    assert_null(strstr(text, "int main(void)"));
    assert_non_null(strstr(text, "source is not below"));
    free(text);
    reached_close(&reached);
}

/* Names in the debug information lead nowhere outside of the folder. */
static void test_page_keeps_inside(void **state)
{
    struct bench *bench = *state;
    struct reached reached;
    char secret[SCRATCH_PATH], inner[2 * SCRATCH_PATH], *text;

    scratch_write(bench->folder, "secret", "do not tell\n", secret);
    snprintf(inner, sizeof inner, "%s/inner", bench->folder);
    assert_int_equal(mkdir(inner, 0700), 0);
    open_two(bench, &reached);
    for (int absolute = 0; absolute < 2; absolute++) {
        free(reached.lines->files[0]);
        reached.lines->files[0] = strdup(absolute ? secret : "../secret");
        text = written(&reached, "html", inner);
        assert_null(strstr(text, "do not tell"));
        free(text);
    }
    text = written(&reached, "html", bench->folder);
    assert_non_null(strstr(text, "do not tell"));
    assert_non_null(strstr(text, "not the file that it was built from"));
    free(text);
    reached_close(&reached);
}

static void refuse(struct bench *bench, const char *const *runs, size_t count,
                   const char *image, const char *complaint)
{
    struct reached reached;

    assert_int_equal(reached_open(&reached, runs, count, image, &bench->error), -1);
    if (!strstr(bench->error.text, complaint))
        fail_msg("%s", bench->error.text);
    reached_close(&reached);
}

static void test_refusals(void **state)
{
    struct bench *bench = *state;
    char good[2 * SCRATCH_PATH], none[2 * SCRATCH_PATH], other[2 * SCRATCH_PATH];
    char mixed[2 * SCRATCH_PATH], hash[HASH_TEXT];
    const char *const two[] = {good, other};
    const char *runs[] = {"/nonexistent"};
    struct store *store;

    file_hash_text(IMAGE, hash);
    store_close(make_run(bench, "good", hash, good), NULL);
    store_close(make_run(bench, "none", NULL, none), NULL);
    store_close(make_run(bench, "other", "00ff", other), NULL);
    store = make_run(bench, "mixed", hash, mixed);
    store_set(store, "image_changed", "00ff", &bench->error);
    store_close(store, NULL);
    refuse(bench, runs, 1, NULL, "not a run folder");
    runs[0] = none;
    refuse(bench, runs, 1, NULL, "no coverage of code");
    runs[0] = mixed;
    refuse(bench, runs, 1, NULL, "changed between its sittings");
    runs[0] = other;
    refuse(bench, runs, 1, NULL, "is not what ran");
    refuse(bench, two, 2, NULL, "different images");
    runs[0] = good;
    refuse(bench, runs, 1, "/nonexistent/x.elf", "--image");
    refuse(bench, runs, 1, FIRMWARE_FOLDER "/pump-defective-an385.elf",
           "is not what ran");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_texts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_page, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_page_keeps_inside, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
