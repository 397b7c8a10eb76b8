/* A session file for the model --model=FILE.ksy, with the files of --beside=FOLDER to
 * extend; what loads judges its own exemplars. */
#include "fuzz.h"

#include "generate/session.h"

#include <stdlib.h>

static const char *beside;
static struct model *model;

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    beside = fuzz_option(*count, *arguments, "beside");
    model = fuzz_load_model(fuzz_option(*count, *arguments, "model"));
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {""};
    struct session *session =
        session_load(fuzz_file(beside, (struct view){data, size}), model, &error);
    struct joiner joiner;
    struct tree tree;

    if (!session && !*error.text)
        abort();
    tree_init(&tree, model);
    joiner_init(&joiner, model, 1 << 20);
    for (size_t i = 0; session && i < session->message_count; i++) {
        struct expectation expectation;

        session_expect(session, buffer_view(&session->messages[i].bytes), i & 1, &joiner,
                       &tree, &expectation);
    }
    tree_free(&tree);
    joiner_free(&joiner);
    session_free(session);
    return 0;
}
