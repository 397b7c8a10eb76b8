#include "engine/match.h"

#include <stdlib.h>
#include <string.h>

/* What a message of one kind has over any of another. */
enum { SAME_KIND = 1 << 30 };

int matcher_init(struct matcher *matcher, const struct session *session)
{
    *matcher = (struct matcher){.session = session};
    tree_init(&matcher->tree, session->model);
    matcher->kinds = calloc(session->message_count + 1, sizeof *matcher->kinds);
    if (!matcher->kinds || survey_init(&matcher->survey, session->model) < 0)
        return -1;
    for (size_t i = 0; i < session->message_count; i++)
        survey_name(&matcher->survey, &session->messages[i].tree, matcher->kinds[i]);
    return 0;
}

void matcher_free(struct matcher *matcher)
{
    if (matcher->session) {
        tree_free(&matcher->tree);
        survey_free(&matcher->survey);
    }
    free(matcher->kinds);
    *matcher = (struct matcher){0};
}

static long bytes_alike(struct view a, struct view b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    size_t longer = a.length < b.length ? b.length : a.length;
    long alike = 0;

    for (size_t i = 0; i < shorter; i++)
        alike += a.data[i] == b.data[i];
    return alike - (long)(longer - shorter);
}

unsigned matcher_nearest(struct matcher *matcher, struct view message)
{
    const struct session *session = matcher->session;
    char kind[SURVEY_KIND] = "";
    unsigned nearest = 0;
    long best = 0;

    if (tree_parse(&matcher->tree, message, false) == 0)
        survey_name(&matcher->survey, &matcher->tree, kind);
    for (unsigned i = 0; i < session->message_count; i++) {
        long alike = bytes_alike(message, buffer_view(&session->messages[i].bytes));

        if (strcmp(kind, matcher->kinds[i]) == 0)
            alike += SAME_KIND;
        if (i > 0 && alike <= best)
            continue;
        best = alike;
        nearest = i;
    }
    return nearest;
}

int matcher_append_input(struct matcher *matcher, struct view input, uint64_t number,
                         struct sequence *sequence)
{
    struct view messages[INPUT_MESSAGES];
    size_t count = input_split(model_framing(matcher->session->model), input, messages,
                               INPUT_MESSAGES);

    for (size_t i = 0; i < count; i++) {
        struct sequence_step step = {.number = number,
                                     .message = matcher_nearest(matcher, messages[i]),
                                     .fuzzed = true,
                                     .delivery = {.way = DELIVERY_WHOLE}};

        if (sequence_append(sequence, &step, messages[i]) < 0)
            return -1;
    }
    return 0;
}
