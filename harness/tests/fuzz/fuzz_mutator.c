/* The mutator of --model=FILE.ksy and --session=FILE.yaml: the first eight bytes are the
 * key, the rest is an input that is changed, crossed with what became of it, repaired and
 * made smaller. */
#include "fuzz.h"

#include "generate/mutator.h"

#include <stdio.h>
#include <stdlib.h>

enum { KEY = 8, LONGEST = 2000, REDUCTIONS = 8 };

static struct session *session;
static struct mutator *mutator;
static struct buffer changed, crossed, repaired, again;

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    const struct model *model = fuzz_load_model(fuzz_option(*count, *arguments, "model"));
    struct error error = {""};

    session = session_load(fuzz_option(*count, *arguments, "session"), model, &error);
    mutator = session ? mutator_new(model, session, &error) : NULL;
    if (!mutator) {
        fprintf(stderr, "%s\n", error.text);
        exit(1);
    }
    changed = buffer_make(LONGEST);
    crossed = buffer_make(LONGEST);
    repaired = buffer_make(LONGEST);
    again = buffer_make(LONGEST);
    return 0;
}

static void need(bool holds)
{
    if (!holds)
        abort();
}

static void repair(struct view input)
{
    if (mutator_repair(mutator, input, &repaired) < 0)
        return; /* it does not fit */
    need(mutator_repair(mutator, buffer_view(&repaired), &again) == 0);
    need(view_equal(buffer_view(&repaired), buffer_view(&again)));
}

static void reduce(struct view input)
{
    size_t count = mutator_reductions(mutator, input);

    for (size_t k = 0; k < count && k < REDUCTIONS; k++)
        if (mutator_reduce(mutator, input, k, &again) > 0)
            need(again.length > 0 && again.length < input.length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct random random = {0};
    struct view input;

    if (size < KEY)
        return 0;
    random.key = bytes_read_le(data, KEY);
    input = (struct view){data + KEY, size - KEY};
    need(mutator_change(mutator, input, &random, NULL, NULL, &changed) == 0);
    need(changed.length > 0);
    need(mutator_cross(mutator, input, buffer_view(&changed), &random, &crossed) == 0);
    repair(input);
    reduce(input);
    mutator_keep(mutator, input);
    return 0;
}
