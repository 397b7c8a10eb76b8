#include "engine/kin.h"

#include <stdlib.h>

/* What kind a message is stands in its first bytes, more often than not. */
enum { HEAD = 16, HEAD_WEIGHT = 4 };

int kin_init(struct kin *kin, const struct session *session, struct error *error)
{
    *kin = (struct kin){.session = session};
    tree_init(&kin->tree, session->model);
    kin->shapes = calloc(session->message_count + 1, sizeof *kin->shapes);
    if (!kin->shapes)
        return error_set(error, "out of memory");
    for (size_t i = 0; i < session->message_count; i++)
        kin->shapes[i] = tree_shape(&session->messages[i].tree);
    return 0;
}

void kin_free(struct kin *kin)
{
    if (!kin->session)
        return;
    tree_free(&kin->tree);
    free(kin->shapes);
    *kin = (struct kin){0};
}

static int64_t likeness(struct view a, struct view b)
{
    size_t least = a.length < b.length ? a.length : b.length;
    int64_t score = (int64_t)least - (int64_t)(a.length < b.length ? b.length : a.length);

    for (size_t i = 0; i < least; i++)
        if (a.data[i] == b.data[i])
            score += i < HEAD ? HEAD_WEIGHT : 1;
    return score;
}

struct kinship kin_find(struct kin *kin, struct view message)
{
    bool parsed = tree_parse(&kin->tree, message, false) == 0, same_kind = false;
    struct kinship found = {.valid = parsed && kin->tree.violation_count == 0};
    int64_t best = INT64_MIN;
    uint64_t shape;

    kin->tree.violation_count = 0; /* exemplars are valid; this one may be of a kind */
    shape = parsed ? tree_shape(&kin->tree) : 0;
    for (unsigned i = 0; i < kin->session->message_count; i++) {
        bool same = shape && kin->shapes[i] == shape;
        int64_t score = likeness(message, buffer_view(&kin->session->messages[i].bytes));

        if ((same_kind && !same) || (same == same_kind && score <= best))
            continue;
        same_kind = same;
        best = score;
        found.message = i;
    }
    found.changed =
        !view_equal(message, buffer_view(&kin->session->messages[found.message].bytes));
    return found;
}
