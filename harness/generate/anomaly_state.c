/* Anomalies of the conversation: a message in a state that is not its own, handshakes
 * again, sequence numbers of other messages; and walks without any anomaly. */
#include "generate/plan.h"

#include <limits.h>
#include <stdio.h>

/* --- in another state --------------------------------------------------------------- */

/* The k-th state that the message is not at home in. Asked where the message is fuzzed
 * first, so that it happens once a message. What has to be refused in its own state is
 * there for that state, and may be right in others. */
static unsigned foreign_state(const struct site *site, uint64_t k)
{
    const struct session *session = site->session;

    if (site->node ||
        session_home(session, site->message) != &session->states[site->state] ||
        !session_is_sound(session, site->message))
        return UINT_MAX;
    for (unsigned state = 0; state < session->state_count; state++)
        if (!session_belongs(session, site->message, state) && k-- == 0)
            return state;
    return UINT_MAX;
}

static uint64_t elsewhere_count(const struct site *site)
{
    uint64_t count = 0;

    while (foreign_state(site, count) != UINT_MAX)
        count++;
    return count;
}

static void elsewhere_arrange(const struct site *site, uint64_t k,
                              struct arrangement *arrangement)
{
    arrangement->state = foreign_state(site, k);
}

static void elsewhere_label(const struct site *site, uint64_t k, char *text, size_t size)
{
    unsigned state = foreign_state(site, k);

    snprintf(text, size, "in %s",
             state == UINT_MAX ? "?" : site->session->states[state].name);
}

extern const struct anomaly_ops anomaly_elsewhere;
const struct anomaly_ops anomaly_elsewhere = {
    .name = "elsewhere",
    .applies = "messages",
    .summary = "a message in each state that is not its own",
    .cwe = "CWE-841",
    .example = "block data while no transfer was begun",
    .apart = true,
    .count = elsewhere_count,
    .arrange = elsewhere_arrange,
    .label = elsewhere_label,
};

/* --- what leads to the state, again ------------------------------------------------- */

static const unsigned times[] = {2, 3, 8};
enum { TIMES = sizeof times / sizeof times[0] };

static uint64_t again_count(const struct site *site)
{
    bool has_path = site->session->states[site->state].path_count > 0;

    return site->node == 0 && has_path ? TIMES : 0;
}

static void again_arrange(const struct site *site, uint64_t k,
                          struct arrangement *arrangement)
{
    (void)site;
    arrangement->paths = times[k];
}

static void again_label(const struct site *site, uint64_t k, char *text, size_t size)
{
    (void)site;
    snprintf(text, size, "%u times", times[k]);
}

extern const struct anomaly_ops anomaly_again;
const struct anomaly_ops anomaly_again = {
    .name = "again",
    .applies = "messages",
    .summary = "what leads to the state several times: repeated handshakes",
    .cwe = "CWE-841",
    .example = "connect, connect, publish",
    .count = again_count,
    .arrange = again_arrange,
    .label = again_label,
};

/* --- sequence numbers --------------------------------------------------------------- */

/* Messages, not values: numbers of cases stay apart from those of probes. */
static const struct stale {
    const char *label;
    int messages;
    bool twice; /* the message itself goes before, with the number that is used again */
} stales[] = {
    {"as the message before", -1, true},
    {"as in the case before", -SCRIPT_MESSAGES, false},
    {"100 back", -100, false},
    {"100 ahead", 100, false},
    {"10000 back", -10000, false},
    {"10000 ahead", 10000, false},
};
enum { STALES = sizeof stales / sizeof stales[0] };

static uint64_t stale_count(const struct site *site)
{
    const struct field *field = tree_field(site_tree(site), site->node);

    return field && field->role == ROLE_SEQUENCE && site_node(site)->kind == FIELD_INTEGER
               ? STALES
               : 0;
}

static void stale_arrange(const struct site *site, uint64_t k,
                          struct arrangement *arrangement)
{
    arrangement->sequence = stales[k].messages;
    if (stales[k].twice)
        arrangement->before = site->message;
}

static void stale_label(const struct site *site, uint64_t k, char *text, size_t size)
{
    (void)site;
    snprintf(text, size, "%s", stales[k].label);
}

extern const struct anomaly_ops anomaly_stale;
const struct anomaly_ops anomaly_stale = {
    .name = "stale",
    .applies = "sequence numbers",
    .summary = "the sequence number of an earlier message, or one far ahead",
    .cwe = "CWE-294",
    .example = "a request with the number of the one before",
    .count = stale_count,
    .arrange = stale_arrange,
    .label = stale_label,
};

/* --- valid only --------------------------------------------------------------------- */

static const unsigned walks[] = {0, 4, 8, 16, 32};
enum { WALKS = sizeof walks / sizeof walks[0] };

/* Messages that have to be refused are in the session, too. */
static uint64_t valid_count(const struct site *site)
{
    return site->node == 0 && session_is_sound(site->session, site->message) ? WALKS : 0;
}

static void valid_arrange(const struct site *site, uint64_t k,
                          struct arrangement *arrangement)
{
    (void)site;
    arrangement->walk = walks[k];
}

static void valid_label(const struct site *site, uint64_t k, char *text, size_t size)
{
    (void)site;
    if (walks[k])
        snprintf(text, size, "behind %u others", walks[k]);
    else
        snprintf(text, size, "alone");
}

extern const struct anomaly_ops anomaly_valid;
const struct anomaly_ops anomaly_valid = {
    .name = "valid",
    .applies = "messages",
    .summary = "nothing wrong: the message alone, or behind a random walk of valid ones",
    .cwe = "CWE-772",
    .example = "32 valid messages of all states on the way, then this one",
    .count = valid_count,
    .arrange = valid_arrange,
    .label = valid_label,
};
