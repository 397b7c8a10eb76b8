#include "engine/pool.h"

#include "generate/input.h"
#include "scratch.h"

enum { DRAWS = 20000 };

static void add(struct pool *pool, const char *text, int64_t cost_ns,
                const uint64_t *features, size_t count)
{
    assert_int_equal(pool_add(pool, view_text(text), cost_ns, features, count), 0);
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
        if (entry < 3)
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
    add(&pool, "common", 0, (const uint64_t[]){1, 4}, 2);
    add(&pool, "rare", 0, (const uint64_t[]){2, 5}, 2);
    add(&pool, "the same, and longer", 0, (const uint64_t[]){2, 5}, 2);
    hit(&cases, 1, 199);
    hit(&cases, 4, 199);
    hit(&cases, 2, 1);
    hit(&cases, 5, 1);
    assert_true(pool_holds(&pool, pool.entries[1].name));
    assert_false(pool_holds(&pool, "ba7816bf8f01cfea414140de5dae2223"));
    draw(&pool, &cases, 1, drawn);
    assert_true(drawn[1] > 70 * drawn[0] && drawn[1] < 140 * drawn[0]); /* 200 / 2 */
    assert_int_equal(drawn[2], 0); /* stands for nothing */
    draw(&pool, &cases, 1, again);
    assert_memory_equal(drawn, again, sizeof drawn); /* the key alone decides */
    pool.entries[1].children = 199;                  /* without anything new */
    draw(&pool, &cases, 1, drawn);
    assert_true(drawn[0] > DRAWS * 2 / 5 && drawn[1] > DRAWS * 2 / 5);
    pool_free(&pool);
    tally_free(&cases);
}

/* What cheaper ones make superfluous goes last. */
static void test_few_are_needed(void **state)
{
    struct pool pool = {0};
    struct tally cases = {0};
    size_t drawn[3];

    (void)state;
    add(&pool, "both, and long", 1000, (const uint64_t[]){1, 2, 3, 4}, 4);
    add(&pool, "one", 1000, (const uint64_t[]){1, 2}, 2);
    add(&pool, "other", 1000, (const uint64_t[]){3, 4}, 2);
    draw(&pool, &cases, 4, drawn);
    assert_int_equal(drawn[0], 0);
    assert_true(drawn[1] > DRAWS * 2 / 5 && drawn[2] > DRAWS * 2 / 5);
    add(&pool, "o", 900, (const uint64_t[]){1, 3, 4}, 3);
    draw(&pool, &cases, 4, drawn);
    assert_int_equal(drawn[2], 0);
    assert_true(drawn[1] > DRAWS / 3); /* for 2, which nothing cheaper has */
    pool_free(&pool);
}

static void test_the_cheapest_stands_for_a_trait(void **state)
{
    struct pool pool = {0};
    struct tally cases = {0};
    size_t drawn[3];

    (void)state;
    add(&pool, "slow", 9000000, (const uint64_t[]){1, 2}, 2);
    add(&pool, "quick", 1000, (const uint64_t[]){1}, 1);
    add(&pool, "another", 0, (const uint64_t[]){3}, 1);
    draw(&pool, &cases, 2, drawn);
    assert_true(drawn[0] > 0 && drawn[1] > 5 * drawn[0]); /* what is quick, first */
    add(&pool, "fast", 500, (const uint64_t[]){2}, 1);
    pool.entries[3].children = 1 << 20;
    draw(&pool, &cases, 2, drawn);
    assert_int_equal(drawn[0], 0);
    pool_free(&pool);
}

static void test_resets_cost(void **state)
{
    struct pool pool = {0};
    struct tally cases = {0};
    size_t drawn[3];

    (void)state;
    add(&pool, "calm", 0, (const uint64_t[]){1}, 1);
    add(&pool, "breaks", 0, (const uint64_t[]){2}, 1);
    pool.entries[0].children = pool.entries[1].children = 99;
    pool.entries[1].breakers = 90;
    draw(&pool, &cases, 3, drawn);
    assert_true(drawn[0] > 7 * drawn[1] && drawn[0] < 14 * drawn[1]);
    pool_free(&pool);
}

static void test_what_is_an_improvement(void **state)
{
    struct pool pool = {0};
    struct tally cases = {0};
    const uint64_t traits[] = {1, 2};

    (void)state;
    assert_false(pool_is_improved(&pool, view_text("a"), 1, traits, 2, &cases));
    add(&pool, "12345678", 1000, traits, 2);
    hit(&cases, 1, 1000);
    assert_true(pool_is_improved(&pool, view_text("123"), 1000, traits, 2, &cases));
    assert_true(pool_is_improved(&pool, view_text("12345678"), 499, traits, 2, &cases));
    assert_false(pool_is_improved(&pool, view_text("1234"), 1000, traits, 2, &cases));
    assert_false(
        pool_is_improved(&pool, view_text("1"), 1, traits, 1, &cases)); /* not rare */
    pool_free(&pool);
    tally_free(&cases);
}

/* More traits than there is room for at first. */
static void test_many_traits(void **state)
{
    struct pool pool = {0};
    struct tally cases = {0};
    struct random random = {.key = 5};
    uint64_t traits[3000];
    char text[20];

    (void)state;
    for (unsigned i = 0; i < 40; i++) {
        for (unsigned k = 0; k < 3000; k++)
            traits[k] = i * 100 + k; /* 100 of its own, at least */
        snprintf(text, sizeof text, "input %u", i);
        add(&pool, text, 1000 - i, traits, 3000);
    }
    assert_int_equal(pool.champion_count, 39 * 100 + 3000);
    for (int i = 0; i < 1000; i++)
        assert_true(pool_draw(&pool, &cases, &random) < 40);
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
    scratch_write(folder, "a-second", "longer", path);
    scratch_write(folder, "empty", "", path);
    scratch_write(folder, "z-long", "", path);
    assert_int_equal(truncate(path, INPUT_MAXIMUM + 1), 0);
    assert_int_equal(pool_read(folder, collect, &all, &error), 0);
    assert_true(view_equal(buffer_view(&all), view_text("abc|longer|"))); /* by length */
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
        cmocka_unit_test(test_few_are_needed),
        cmocka_unit_test(test_the_cheapest_stands_for_a_trait),
        cmocka_unit_test(test_resets_cost),
        cmocka_unit_test(test_what_is_an_improvement),
        cmocka_unit_test(test_many_traits),
        cmocka_unit_test(test_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
