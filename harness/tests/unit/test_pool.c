#include "engine/pool.h"

#include "generate/input.h"
#include "scratch.h"

enum { DRAWS = 20000 };

static void add(struct pool *pool, const char *text, size_t messages,
                const uint64_t *features, size_t count)
{
    assert_int_equal(pool_add(pool, view_text(text), messages, features, count), 0);
}

static void hit(struct tally *cases, uint64_t feature, int times)
{
    for (int i = 0; i < times; i++)
        tally_add(cases, feature);
}

/* How often each of three entries is drawn. */
static void draw(struct pool *pool, const struct tally *cases, uint64_t key,
                 size_t drawn[3])
{
    struct random random = {.key = key};

    drawn[0] = drawn[1] = drawn[2] = 0;
    pool->stale = true;
    for (int i = 0; i < DRAWS; i++) {
        size_t entry = pool_draw(pool, cases, &random);

        assert_true(entry < pool->count);
        drawn[entry]++;
    }
}

static void test_names(void **state)
{
    char name[POOL_NAME];

    (void)state;
    /* FIPS 180-4's example: "abc". */
    assert_string_equal(pool_name(view_text("abc"), name),
                        "ba7816bf8f01cfea414140de5dae2223");
}

static void test_rarity_decides(void **state)
{
    struct pool pool = {0};
    struct tally cases = {0};
    size_t drawn[3], again[3];

    (void)state;
    add(&pool, "common", 1, (const uint64_t[]){1}, 1);
    add(&pool, "rare", 1, (const uint64_t[]){1, 2}, 2);
    add(&pool, "nothing", 1, NULL, 0);
    hit(&cases, 1, 99);
    hit(&cases, 2, 1);
    assert_true(pool_holds(&pool, pool.entries[1].name));
    assert_false(pool_holds(&pool, "ba7816bf8f01cfea414140de5dae2223"));
    draw(&pool, &cases, 1, drawn);
    assert_true(drawn[1] > 30 * drawn[0]); /* (1/2 + 1/100) : 1/100 */
    assert_true(drawn[1] < 80 * drawn[0]);
    assert_true(drawn[2] < DRAWS / 1000);
    draw(&pool, &cases, 1, again);
    assert_memory_equal(drawn, again, sizeof drawn); /* the key alone decides */
    pool_free(&pool);
    tally_free(&cases);
}

static void test_cost_decides(void **state)
{
    struct pool pool = {0};
    struct tally cases = {0};
    size_t drawn[3];

    (void)state;
    add(&pool, "short", 1, (const uint64_t[]){1}, 1);
    add(&pool, "long", 9, (const uint64_t[]){1}, 1);
    add(&pool, "breaks", 1, (const uint64_t[]){1}, 1);
    pool.entries[0].children = pool.entries[2].children = 99;
    pool.entries[2].breakers = 90;
    draw(&pool, &cases, 2, drawn);
    assert_true(drawn[0] > 3 * drawn[1] && drawn[0] < 8 * drawn[1]);
    assert_true(drawn[0] > 6 * drawn[2] && drawn[0] < 20 * drawn[2]);
    pool_free(&pool);
}

static int collect(void *context, struct view input)
{
    struct buffer *all = context;

    buffer_append(all, input);
    return buffer_append(all, view_text("|"));
}

static void test_files(void **state)
{
    char folder[SCRATCH_PATH], path[SCRATCH_PATH];
    struct buffer all = buffer_make(1000);
    struct error error;

    (void)state;
    scratch_make(folder);
    assert_int_equal(pool_write(folder, view_text("abc"), &error), 0);
    assert_int_equal(pool_write(folder, view_text("abc"), &error), 0);
    scratch_write(folder, ".hidden", "no", path);
    scratch_write(folder, "b-second", "def", path);
    scratch_write(folder, "empty", "", path);
    scratch_write(folder, "z-long", "", path);
    assert_int_equal(truncate(path, INPUT_MAXIMUM + 1), 0);
    assert_int_equal(pool_read(folder, collect, &all, &error), 0);
    assert_true(view_equal(buffer_view(&all), view_text("def|abc|"))); /* by name */
    scratch_remove(folder);
    assert_int_equal(pool_read(folder, collect, &all, &error), -1);
    assert_non_null(strstr(error.text, folder));
    assert_int_equal(pool_write(folder, view_text("abc"), &error), -1);
    assert_non_null(strstr(error.text, folder));
    buffer_free(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_rarity_decides),
        cmocka_unit_test(test_cost_decides),
        cmocka_unit_test(test_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
