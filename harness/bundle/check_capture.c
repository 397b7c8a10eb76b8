/* The independent capture against the send log, again. */
#include "bundle/evidence.h"
#include "record/compare.h"

#include <sqlite3.h>

struct capture_state {
    struct evidence_folder *evidence;
    struct verification *all;
    int64_t whole, equal, lacking;
};

/* The run said the same of this connection when it ended. */
static bool is_as_stored(struct store *store, const struct capture_comparison *found)
{
    return store_integer(store, 0,
                         "SELECT count(*) FROM capture_check WHERE connection = ? AND "
                         "sent_equal = ? AND received_equal = ?",
                         "tii", found->connection, (int64_t)found->sent_equal,
                         (int64_t)found->received_equal) > 0;
}

static void take_connection(void *context, const struct capture_comparison *found)
{
    struct capture_state *state = context;

    if (!found->whole) {
        state->lacking++;
        return;
    }
    state->whole++;
    state->equal += found->sent_equal && found->received_equal;
    if (!is_as_stored(state->evidence->store, found))
        verification_add(state->all, CHECK_ALTERED, "captures",
                         "connection %s is not as it was compared when the run ended: %s",
                         found->connection,
                         found->note[0] ? found->note : "nothing differs any more");
}

static void conclude(const struct capture_state *state, struct verification *all)
{
    int64_t stored = store_integer(state->evidence->store, 0,
                                   "SELECT count(*) FROM capture_check", "");

    if (stored != state->whole)
        verification_add(all, CHECK_ALTERED, "captures",
                         "%lld connections can be compared, when the run ended it were "
                         "%lld",
                         (long long)state->whole, (long long)stored);
    else if (state->lacking)
        verification_add(all, CHECK_NOTE, "captures",
                         "%lld of %lld connections compared are equal; of %lld a part "
                         "was not captured, as the run recorded",
                         (long long)state->equal, (long long)state->whole,
                         (long long)state->lacking);
    else
        verification_add(all, CHECK_GOOD, "captures",
                         "%lld of %lld connections are equal in the independent capture "
                         "and in the send log, as the run recorded",
                         (long long)state->equal, (long long)state->whole);
}

void check_captures(struct evidence_folder *evidence, struct verification *all)
{
    struct capture_state state = {evidence, all, 0, 0, 0};
    size_t before = all->results[CHECK_ALTERED];
    char folder[FOLDER_PATH];
    struct error error;

    if (!store_integer(evidence->store, 0, "SELECT count(*) FROM capture_check", "")) {
        verification_add(all, CHECK_NOTE, "captures",
                         "the run compared no independent capture with its send log");
        return;
    }
    if (evidence_place(evidence->path, EVIDENCE_RUNS, evidence->run->name, NULL, NULL,
                       folder, &error) < 0 ||
        capture_compare(folder, store_is_server(evidence->store), take_connection, &state,
                        &error) < 0) {
        verification_add(all, CHECK_ALTERED, "captures", "%s", error.text);
        return;
    }
    if (all->results[CHECK_ALTERED] == before)
        conclude(&state, all);
}
