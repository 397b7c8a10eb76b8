/* The model-aware mutator for libFuzzer, as one object file to be linked with an
 * in-process target. The model comes from the command line (--model=FILE.ksy,
 * --session=FILE.yaml: libFuzzer passes over what begins with two dashes), the
 * environment, or from beside the program (setup.h). libFuzzer calls with nothing of ours
 * in hand, so what is here is the process's; it is never taken down. */
#include "fuzz/setup.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* libFuzzer's side of it. */
int LLVMFuzzerInitialize(int *count, char ***words);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size, const uint8_t *other,
                                 size_t other_size, uint8_t *out, size_t most,
                                 unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

/* libFuzzer calls for a cross as often as for a change: of these, one in so many. */
enum { CROSS_ONCE_IN = 4 };

static struct setup setup;
static struct buffer out;
static const char *model_path, *session_path;

static const char *option(const char *word, const char *name)
{
    size_t length = strlen(name);

    return strncmp(word, name, length) == 0 ? word + length : NULL;
}

/* A target that has its own takes the place of this one: then the environment counts. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *count, char ***words)
{
    for (int i = 1; i < *count; i++) {
        const char *model = option((*words)[i], "--model=");
        const char *session = option((*words)[i], "--session=");

        model_path = model ? model : model_path;
        session_path = session ? session : session_path;
    }
    return 0;
}

/* At the first mutation: who only runs inputs needs no model. */
static void begin(size_t most)
{
    struct error error = {""};

    if (!setup.mutator && setup_open(&setup, model_path, session_path, &error) < 0) {
        fprintf(stderr, "percuss's mutator: %s\n", error.text);
        _exit(2);
    }
    buffer_clear(&out);
    out.maximum = most;
}

static size_t deliver(uint8_t *data)
{
    memcpy(data, out.data, out.length);
    return out.length;
}

static size_t engine_bytes(void *context, uint8_t *data, size_t length, size_t most,
                           struct random *random)
{
    (void)context;
    (void)random;
    return LLVMFuzzerMutate(data, length, most);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    struct random random = {seed, 0};

    begin(most);
    if (mutator_change(setup.mutator, (struct view){data, size}, &random, engine_bytes,
                       NULL, &out) < 0 ||
        out.length == 0)
        return LLVMFuzzerMutate(data, size, most);
    return deliver(data);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size, const uint8_t *other,
                                 size_t other_size, uint8_t *crossed, size_t most,
                                 unsigned seed)
{
    struct random random = {seed, 0};

    if (random_next_below(&random, CROSS_ONCE_IN))
        return 0; /* libFuzzer tries something else */
    begin(most);
    if (mutator_cross(setup.mutator, (struct view){data, size},
                      (struct view){other, other_size}, &random, &out) < 0)
        return 0;
    return deliver(crossed);
}
