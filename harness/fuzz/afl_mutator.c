/* The model-aware mutator for AFL++ (4.04c): libpercuss-afl-mutator.so, which
 * AFL_CUSTOM_MUTATOR_LIBRARY names; the model comes from the environment (setup.h). The
 * declarations are ours, after AFL++'s docs/custom_mutators.md. AFL++'s own stages go on
 * beside it; of what they break, half of the inputs are repaired before they run. */
#include "fuzz/setup.h"

#include "core/hash.h"
#include "core/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct afl;
void *afl_custom_init(struct afl *afl, unsigned seed);
void afl_custom_deinit(void *data);
size_t afl_custom_fuzz(void *data, uint8_t *bytes, size_t length, uint8_t **out,
                       uint8_t *other, size_t other_length, size_t most);
size_t afl_custom_post_process(void *data, uint8_t *bytes, size_t length, uint8_t **out);
unsigned afl_custom_fuzz_count(void *data, const uint8_t *bytes, size_t length);
const char *afl_custom_describe(void *data, size_t most);
uint8_t afl_custom_queue_new_entry(void *data, const uint8_t *path, const uint8_t *from);
int32_t afl_custom_init_trim(void *data, uint8_t *bytes, size_t length);
size_t afl_custom_trim(void *data, uint8_t **out);
int32_t afl_custom_post_trim(void *data, uint8_t success);

enum { LONGEST = 1 << 20, DESCRIPTION = 64 };
enum { CROSS_ONCE_IN = 6, REPAIR_ONCE_IN = 2 };
enum { COUNT_LEAST = 64, COUNT_EACH = 32, COUNT_MOST = 512 };

/* What AFL++ looks at until it calls again has a buffer of its own. */
struct afl_mutator {
    struct setup setup;
    struct random random;
    struct buffer changed, repaired, read;
    struct buffer whole, smaller; /* trimming: what is left, and what is tried */
    size_t step, steps;
    struct tally turns; /* of inputs that came to new code, by content: 1 means that one
                           waits for its first */
    bool is_first;      /* what was trimmed last has its first turn */
    char description[DESCRIPTION];
};

void *afl_custom_init(struct afl *afl, unsigned seed)
{
    struct afl_mutator *mutator = calloc(1, sizeof *mutator);
    struct error error = {"memory is short"};

    (void)afl;
    if (!mutator || setup_open(&mutator->setup, NULL, NULL, &error) < 0) {
        /* AFL++ would go on with NULL and end with a bug of its own. */
        fprintf(stderr, "percuss's mutator: %s\n", error.text);
        _exit(2);
    }
    mutator->random = (struct random){seed, 0};
    mutator->changed = buffer_make(LONGEST);
    mutator->repaired = buffer_make(LONGEST);
    mutator->read = buffer_make(LONGEST);
    mutator->whole = buffer_make(LONGEST);
    mutator->smaller = buffer_make(LONGEST);
    return mutator;
}

void afl_custom_deinit(void *data)
{
    struct afl_mutator *mutator = data;

    setup_close(&mutator->setup);
    tally_free(&mutator->turns);
    buffer_free(&mutator->changed);
    buffer_free(&mutator->repaired);
    buffer_free(&mutator->read);
    buffer_free(&mutator->whole);
    buffer_free(&mutator->smaller);
    free(mutator);
}

/* --- changing ----------------------------------------------------------------------- */

size_t afl_custom_fuzz(void *data, uint8_t *bytes, size_t length, uint8_t **out,
                       uint8_t *other, size_t other_length, size_t most)
{
    struct afl_mutator *mutator = data;
    struct view input = {bytes, length};
    int status;

    mutator->changed.maximum = most < LONGEST ? most : LONGEST;
    if (other && other_length && random_next_below(&mutator->random, CROSS_ONCE_IN) == 0)
        status = mutator_cross(mutator->setup.mutator, input,
                               (struct view){other, other_length}, &mutator->random,
                               &mutator->changed);
    else
        status = mutator_change(mutator->setup.mutator, input, &mutator->random, NULL,
                                NULL, &mutator->changed);
    *out = mutator->changed.data;
    return status < 0 ? 0 : mutator->changed.length; /* 0: nothing is run */
}

/* Whether it came to new code and has its first turn now, which is taken with that. */
static bool take_first_turn(struct afl_mutator *mutator, struct view input)
{
    uint64_t key = hash_quick(input, 0);

    return tally_count(&mutator->turns, key) == 1 && tally_add(&mutator->turns, key);
}

/* More of them for what has more to change; most for the first turn of what came to new
 * code, as AFL++ takes it up right then and comes back to it late. */
unsigned afl_custom_fuzz_count(void *data, const uint8_t *bytes, size_t length)
{
    struct afl_mutator *mutator = data;
    struct view input = {bytes, length};
    size_t parts = mutator_reductions(mutator->setup.mutator, input);
    size_t count = COUNT_LEAST + COUNT_EACH * parts;
    bool first = mutator->is_first || take_first_turn(mutator, input);

    mutator->is_first = false;
    return (unsigned)(first || count > COUNT_MOST ? COUNT_MOST : count);
}

/* Part of the names of the files that AFL++ keeps. */
const char *afl_custom_describe(void *data, size_t most)
{
    struct afl_mutator *mutator = data;

    return mutator_describe(mutator->setup.mutator, mutator->description,
                            most < DESCRIPTION ? most : DESCRIPTION);
}

/* AFL++ runs and keeps what this gives, and gives it again what it kept. So the bytes
 * alone decide, and what was repaired stays as it is. */
static struct view repair_some(struct afl_mutator *mutator, struct view input)
{
    if (hash_quick(input, 0) % REPAIR_ONCE_IN ||
        mutator_repair(mutator->setup.mutator, input, &mutator->repaired) < 0 ||
        mutator->repaired.length == 0)
        return input;
    return buffer_view(&mutator->repaired);
}

size_t afl_custom_post_process(void *data, uint8_t *bytes, size_t length, uint8_t **out)
{
    struct afl_mutator *mutator = data;
    struct view input = repair_some(mutator, (struct view){bytes, length});
    bool repaired = input.data != bytes;

    *out = repaired ? mutator->repaired.data : bytes;
    return input.length;
}

/* --- what others found -------------------------------------------------------------- */

static int read_file(const char *path, struct buffer *bytes)
{
    FILE *file = fopen(path, "rb");
    size_t got = 1;

    buffer_clear(bytes);
    while (file && got && buffer_reserve(bytes, 4096) == 0) {
        got = fread(bytes->data + bytes->length, 1, 4096, file);
        bytes->length += got;
    }
    if (file)
        fclose(file);
    return file ? 0 : -1;
}

/* Its messages may be spliced into others. 0: the entry itself was not changed. */
uint8_t afl_custom_queue_new_entry(void *data, const uint8_t *path, const uint8_t *from)
{
    struct afl_mutator *mutator = data;

    (void)from;
    if (read_file((const char *)path, &mutator->read) < 0)
        return 0;
    mutator_keep(mutator->setup.mutator, buffer_view(&mutator->read));
    /* AFL++'s word for code that no input had reached. Without memory it is one of many.
     */
    if (strstr((const char *)path, ",+cov"))
        tally_add(&mutator->turns, hash_quick(buffer_view(&mutator->read), 0));
    return 0;
}

/* --- trimming ----------------------------------------------------------------------- */

int32_t afl_custom_init_trim(void *data, uint8_t *bytes, size_t length)
{
    struct afl_mutator *mutator = data;

    buffer_clear(&mutator->whole);
    mutator->step = mutator->steps = 0;
    /* What is left behind the trimming has other bytes. */
    mutator->is_first = take_first_turn(mutator, (struct view){bytes, length});
    if (buffer_append(&mutator->whole, (struct view){bytes, length}) == 0)
        mutator->steps =
            mutator_reductions(mutator->setup.mutator, buffer_view(&mutator->whole));
    return (int32_t)mutator->steps;
}

/* The next smaller input, as it will run: AFL++ writes it over the longer one. */
static bool make_smaller(struct afl_mutator *mutator)
{
    struct buffer *smaller = &mutator->smaller;
    struct view runs;

    if (mutator_reduce(mutator->setup.mutator, buffer_view(&mutator->whole),
                       mutator->step, smaller) < 1)
        return false;
    runs = repair_some(mutator, buffer_view(smaller));
    if (runs.data == smaller->data)
        return true;
    buffer_clear(smaller);
    return runs.length < mutator->whole.length && buffer_append(smaller, runs) == 0;
}

/* An empty one is not run, and counts as one that failed. */
size_t afl_custom_trim(void *data, uint8_t **out)
{
    struct afl_mutator *mutator = data;

    if (!make_smaller(mutator))
        buffer_clear(&mutator->smaller);
    *out = mutator->smaller.length ? mutator->smaller.data : mutator->whole.data;
    return mutator->smaller.length;
}

/* How far it is: of the steps that there were, those that are not left. */
int32_t afl_custom_post_trim(void *data, uint8_t success)
{
    struct afl_mutator *mutator = data;
    size_t left;

    if (success) {
        struct buffer before = mutator->whole;

        mutator->whole = mutator->smaller;
        mutator->smaller = before;
    } else {
        mutator->step++;
    }
    left = mutator_reductions(mutator->setup.mutator, buffer_view(&mutator->whole));
    left = left > mutator->step ? left - mutator->step : 0;
    return (int32_t)(left < mutator->steps ? mutator->steps - left : 0);
}
