/* A message of the model --model=FILE.ksy: the first byte's lowest bit is its direction.
 */
#include "fuzz.h"

static struct model *model;

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    model = fuzz_load_model(fuzz_option(*count, *arguments, "model"));
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size)
        fuzz_message(model, (struct view){data + 1, size - 1}, data[0] & 1, true);
    return 0;
}
