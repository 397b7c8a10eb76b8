/* What cases cost without a device: micro MODEL SESSION [MESSAGE] (the session's probe
 * unless it is named). One line of JSON, nanoseconds each, the best of several rounds:
 * other work on the machine only ever adds. */
#include "core/clock.h"
#include "generate/mutator.h"
#include "generate/plan.h"

#include <stdio.h>
#include <string.h>

enum { ROUNDS = 15, TIMES = 2000 };

/* One message through the model: parsed, one field changed, emitted with its lengths
 * right. */
static int64_t time_message(struct generator *generator, struct view message)
{
    struct tree tree;
    struct buffer out = buffer_make(1 << 20);
    int64_t best = INT64_MAX;
    uint32_t node = TREE_NONE;

    tree_init(&tree, generator->plan->session->model);
    for (int round = 0; round < ROUNDS; round++) {
        int64_t began = clock_now_ns(), took;

        for (int i = 0; i < TIMES; i++) {
            if (tree_parse(&tree, message, false) < 0)
                break;
            for (node = (uint32_t)tree.count - 1;
                 node && tree.nodes[node].kind != FIELD_INTEGER;)
                node--;
            tree_set_integer(&tree, node, (uint64_t)i & 0xff, true);
            buffer_clear(&out);
            tree_emit(&tree, &out);
        }
        took = clock_now_ns() - began;
        best = took < best ? took : best;
    }
    tree_free(&tree);
    buffer_free(&out);
    return best / TIMES;
}

/* TIMES inputs of this one message, changed by the mutator: all its ways, as they come.
 */
static int64_t time_mutator(const struct session *session, struct view message)
{
    struct mutator *mutator = mutator_new(session->model, session, NULL);
    struct buffer input = buffer_make(INPUT_MAXIMUM), out = buffer_make(4096);
    int64_t best = INT64_MAX;

    input_append(model_framing(session->model), message, &input);
    for (int round = 0; mutator && round < ROUNDS; round++) {
        int64_t began = clock_now_ns(), took;

        for (uint64_t i = 0; i < TIMES; i++) {
            struct random random = {random_key(1, i), 0};

            mutator_change(mutator, buffer_view(&input), &random, NULL, NULL, &out);
        }
        took = clock_now_ns() - began;
        best = took < best ? took : best;
    }
    mutator_free(mutator);
    buffer_free(&input);
    buffer_free(&out);
    return best / TIMES;
}

/* TIMES cases in a row from `first` on. */
static int64_t time_cases(struct generator *generator, struct script *script,
                          uint64_t first)
{
    int64_t best = INT64_MAX;

    for (int round = 0; round < ROUNDS; round++) {
        int64_t began = clock_now_ns(), took;

        for (uint64_t i = 0; i < TIMES; i++)
            generator_case(generator, first + i, script);
        took = clock_now_ns() - began;
        best = took < best ? took : best;
    }
    return best / TIMES;
}

/* Its place, or the number of messages. */
static unsigned find_message(const struct session *session, const char *name)
{
    unsigned i = 0;

    while (i < session->message_count && strcmp(session->messages[i].name, name) != 0)
        i++;
    return i;
}

int main(int count, char **words)
{
    bool used = count == 3 || count == 4;
    struct error error = {"usage: micro MODEL SESSION [MESSAGE]"};
    struct model *model = used ? model_load(words[1], &error) : NULL;
    struct session *session = model ? session_load(words[2], model, &error) : NULL;
    struct plan plan = {0};
    struct generator generator;
    struct script script;
    struct buffer message = buffer_make(1 << 20);
    unsigned chosen = 0;

    if (session)
        chosen = count == 4 ? find_message(session, words[3]) : session->probe;
    if (session && chosen == session->message_count)
        error_set(&error, "%s: no message %s", words[2], words[3]);
    if (!session || chosen == session->message_count ||
        plan_build(&plan, session, 1, &error) < 0) {
        fprintf(stderr, "%s\n", error.text);
        session_free(session);
        model_free(model);
        return 2;
    }
    script_init(&script);
    generator_init(&generator, &plan);
    generator_exemplar(&generator, chosen, 1, &message);
    printf("{\"parse_mutate_emit_ns\": %lld, \"mutator_ns\": %lld, \"case_ns\": %lld, "
           "\"stacked_case_ns\": %lld}\n",
           (long long)time_message(&generator, buffer_view(&message)),
           (long long)time_mutator(session, buffer_view(&message)),
           (long long)time_cases(&generator, &script, 1),
           (long long)time_cases(&generator, &script, UINT64_C(1000000000)));
    buffer_free(&message);
    script_free(&script);
    generator_free(&generator);
    plan_free(&plan);
    session_free(session);
    model_free(model);
    return 0;
}
