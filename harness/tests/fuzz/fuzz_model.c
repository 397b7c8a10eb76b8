/* A .ksy file, with the files of --beside=FOLDER to import; what loads reads a message.
 */
#include "fuzz.h"

#include <stdlib.h>

static const char *beside;

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    beside = fuzz_option(*count, *arguments, "beside");
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t message[] = {0x01, 0x03, 0x00, 0x10, 0x00, 0x02, 0x04, 0x41,
                                      0x42, 0x00, 0xff, 0x7f, 0x80, 0x00, 0x00, 0x01};
    struct context context = {.known = (uint32_t)size}; /* some params: zeros, "" */
    struct error error = {""};
    struct model *model =
        model_load(fuzz_file(beside, (struct view){data, size}), &error);

    if (!model && !*error.text)
        abort();
    for (int reply = 0; model && reply < 2; reply++) {
        fuzz_message(model, &context, (struct view){message, sizeof message}, reply,
                     false);
        fuzz_message(model, &context, (struct view){data, size < 256 ? size : 256}, reply,
                     false);
    }
    model_free(model);
    return 0;
}
