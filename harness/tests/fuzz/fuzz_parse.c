/* A message of the model --model=FILE.ksy, in --context=PARAM=VALUE if given: the first
 * byte's lowest bit is its direction. */
#include "fuzz.h"

static struct model *model;
static struct context context;

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    model = fuzz_load_model(fuzz_option(*count, *arguments, "model"));
    context = fuzz_context(*count, *arguments, model);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size)
        fuzz_message(model, &context, (struct view){data + 1, size - 1}, data[0] & 1,
                     true);
    return 0;
}
