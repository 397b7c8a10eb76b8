/* States, answers and rules of a session. */
#include "generate/session_loader.h"

#include <string.h>

int session_read_state(struct session_loader *loader, const struct yaml *list,
                       size_t index)
{
    struct session_state *state = &loader->session->states[index];

    state->name = list->key;
    return session_read_message_list(loader, list, &state->path, &state->path_count);
}

int session_check_state_names(struct session_loader *loader)
{
    struct session *session = loader->session;

    for (size_t m = 0; m < session->message_count; m++)
        for (size_t s = 0; s < session->messages[m].state_count; s++) {
            const char *name = session->messages[m].states[s];
            size_t k = 0;

            while (k < session->state_count && strcmp(session->states[k].name, name) != 0)
                k++;
            if (k == session->state_count)
                return error_set(
                    loader->error,
                    "%s:%u:%u: message '%s', key 'states': expected one of the session's states, "
                    "found '%s'",
                    yaml_root(loader->memory->files[loader->memory->file_count - 1])
                        ->file,
                    session->messages[m].line, session->messages[m].column,
                    session->messages[m].name, name);
        }
    return 0;
}

/* `open: true|false`; without it the rule counts before and behind the handshake. */
static int read_opening(struct session_loader *loader, const struct yaml *map,
                        unsigned *opens)
{
    const struct yaml *node = yaml_get(map, "open");
    bool open = false;

    *opens = OPENING_BEFORE | OPENING_BEHIND;
    if (!node)
        return 0;
    if (!loader->session->opens)
        return yaml_complain(node, loader->error, "`opens` among the `answers`, too");
    if (yaml_read_bool(map, "open", &open, loader->error) < 0)
        return -1;
    *opens = open ? OPENING_BEHIND : OPENING_BEFORE;
    return 0;
}

int session_read_expect(struct session_loader *loader, const struct yaml *map,
                        size_t index)
{
    static const char *const keys[] = {"id",     "when",    "open",    "outcome",
                                       "always", "several", "goes-on", "clause",
                                       "model",  NULL};
    struct session_expect *rule = &loader->session->expects[index];
    const struct yaml *outcome;

    rule->clause = "";
    if (yaml_check_keys(map, keys, loader->error) < 0 ||
        !yaml_need(map, "id", YAML_SCALAR, loader->error) ||
        !(outcome = yaml_need(map, "outcome", YAML_SCALAR, loader->error)) ||
        yaml_read_text(map, "id", &rule->id, loader->error) < 0 ||
        yaml_read_text(map, "clause", &rule->clause, loader->error) < 0 ||
        yaml_read_bool(map, "always", &rule->always, loader->error) < 0 ||
        yaml_read_bool(map, "several", &rule->several, loader->error) < 0 ||
        yaml_read_bool(map, "goes-on", &rule->goes_on, loader->error) < 0 ||
        read_opening(loader, map, &rule->opens) < 0 ||
        session_read_expression(loader, map, "when", &rule->when) < 0)
        return -1;
    if (outcome_parse(outcome->text, &rule->outcomes) < 0)
        return yaml_complain(outcome, loader->error,
                             "accept, reject, silence, close joined by '|', or unknown");
    if (rule->goes_on && !(rule->outcomes & OUTCOME_SILENCE))
        return yaml_complain(outcome, loader->error,
                             "silence among the outcomes of a rule with `goes-on`");
    return 0;
}

int session_read_context(struct session_loader *loader, const struct yaml *map,
                         size_t index)
{
    static const char *const keys[] = {"param", "when", "value", "model", NULL};
    struct session_context *entry = &loader->session->contexts[index];
    const struct yaml *param;

    if (yaml_check_keys(map, keys, loader->error) < 0 ||
        !(param = yaml_need(map, "param", YAML_SCALAR, loader->error)) ||
        session_find_parameter(loader, param, param->text, &entry->parameter) < 0 ||
        session_read_expression(loader, map, "when", &entry->when) < 0)
        return -1;
    return session_need_expression(loader, map, "value", &entry->value);
}

int session_read_conform(struct session_loader *loader, const struct yaml *map,
                         size_t index)
{
    static const char *const keys[] = {"id",     "text",  "when", "rule",
                                       "clause", "model", NULL};
    struct session_conform *rule = &loader->session->conforms[index];

    rule->clause = "";
    if (yaml_check_keys(map, keys, loader->error) < 0 ||
        !yaml_need(map, "id", YAML_SCALAR, loader->error) ||
        yaml_read_text(map, "id", &rule->id, loader->error) < 0)
        return -1;
    rule->text = rule->id;
    if (yaml_read_text(map, "text", &rule->text, loader->error) < 0 ||
        yaml_read_text(map, "clause", &rule->clause, loader->error) < 0 ||
        session_read_expression(loader, map, "when", &rule->when) < 0)
        return -1;
    return session_need_expression(loader, map, "rule", &rule->rule);
}

static int read_effects(struct session_loader *loader, const struct yaml *list,
                        struct session_invariant *invariant)
{
    static const char *const keys[] = {"when", "becomes", NULL};

    if (list->kind != YAML_LIST)
        return yaml_complain(list, loader->error, "a list of {when, becomes}");
    invariant->effects = arena_allocate(&loader->memory->arena,
                                        (list->count + 1) * sizeof *invariant->effects);
    if (!invariant->effects)
        return session_out_of_memory(loader);
    for (const struct yaml *entry = list->child; entry; entry = entry->next) {
        struct session_effect *effect = &invariant->effects[invariant->effect_count++];
        const struct yaml *becomes;

        if (yaml_check_keys(entry, keys, loader->error) < 0 ||
            session_need_expression(loader, entry, "when", &effect->when) < 0 ||
            !(becomes = yaml_need(entry, "becomes", YAML_SCALAR, loader->error)))
            return -1;
        if (strcmp(becomes->text, "any") != 0 &&
            session_read_expression(loader, entry, "becomes", &effect->becomes) < 0)
            return -1;
    }
    return 0;
}

int session_read_invariant(struct session_loader *loader, const struct yaml *map,
                           size_t index)
{
    static const char *const keys[] = {"id",    "text",    "hazard", "read",
                                       "value", "follows", "model",  NULL};
    struct session_invariant *invariant = &loader->session->invariants[index];
    const struct yaml *read, *follows = yaml_get(map, "follows");

    if (index >= SESSION_INVARIANTS)
        return yaml_complain(map, loader->error, "at most %d invariants",
                             SESSION_INVARIANTS);
    if (yaml_check_keys(map, keys, loader->error) < 0 ||
        !yaml_need(map, "id", YAML_SCALAR, loader->error) ||
        !(read = yaml_need(map, "read", YAML_SCALAR, loader->error)) ||
        yaml_read_text(map, "id", &invariant->id, loader->error) < 0)
        return -1;
    invariant->text = invariant->id;
    invariant->hazard = "";
    if (yaml_read_text(map, "text", &invariant->text, loader->error) < 0 ||
        yaml_read_text(map, "hazard", &invariant->hazard, loader->error) < 0 ||
        session_find_message(loader, read, &invariant->read) < 0 ||
        session_check_whole(loader, read, invariant->read) < 0 ||
        session_need_expression(loader, map, "value", &invariant->value) < 0)
        return -1;
    return follows ? read_effects(loader, follows, invariant) : 0;
}

/* `answers`: a list, since where a reply names its request differs from model to model;
 * the last entry for this model counts. */
static int read_answers(struct session_loader *loader, const struct yaml *map,
                        size_t index)
{
    static const char *const keys[] = {"model",  "belongs", "rejected", "more",
                                       "trails", "ends",    "opens",    NULL};
    struct session *session = loader->session;

    (void)index;
    if (yaml_check_keys(map, keys, loader->error) < 0 ||
        session_need_expression(loader, map, "belongs", &session->belongs) < 0 ||
        session_need_expression(loader, map, "rejected", &session->rejected) < 0 ||
        session_read_expression(loader, map, "more", &session->more) < 0 ||
        session_read_expression(loader, map, "trails", &session->trails) < 0 ||
        session_read_expression(loader, map, "ends", &session->ends) < 0)
        return -1;
    return session_read_expression(loader, map, "opens", &session->opens);
}

int session_read_probe_and_answers(struct session_loader *loader)
{
    struct session *session = loader->session;
    const struct yaml *root =
        yaml_root(loader->memory->files[loader->memory->file_count - 1]);
    const struct yaml *probe = session_last_with(loader, "probe"),
                      *canary = session_last_with(loader, "canary");

    if (!probe)
        return yaml_complain(root, loader->error, "a key `probe` with a message's name");
    if (!canary)
        return yaml_complain(root, loader->error,
                             "a key `canary` with a list of messages");
    if (session_find_message(loader, probe, &session->probe) < 0 ||
        session_read_message_list(loader, canary, &session->canary,
                                  &session->canary_count) < 0)
        return -1;
    if (session->canary_count == 0)
        return yaml_complain(canary, loader->error, "at least one message");
    if (session_check_whole(loader, probe, session->probe) < 0)
        return -1;
    for (size_t i = 0; i < session->canary_count; i++)
        if (session_check_whole(loader, canary, session->canary[i]) < 0)
            return -1;
    if (session_visit_entries(loader, "answers", YAML_LIST, read_answers) < 0)
        return -1;
    if (!session->belongs)
        return yaml_complain(root, loader->error,
                             "a key `answers` with {belongs, rejected} for model %s",
                             model_id(session->model));
    return 0;
}

int session_read_greeting(struct session_loader *loader)
{
    static const char *const keys[] = {"when", "capture", NULL};
    struct session_greeting *greeting = &loader->session->greeting;
    const struct yaml *map = session_last_with(loader, "greeting");

    if (!map)
        return 0;
    greeting->expected = true;
    if (map->kind != YAML_MAP)
        return yaml_complain(map, loader->error, "a map {when, capture}");
    if (yaml_check_keys(map, keys, loader->error) < 0 ||
        session_read_expression(loader, map, "when", &greeting->when) < 0)
        return -1;
    return session_read_captures(loader, map, greeting->captures,
                                 &greeting->capture_count);
}

int session_read_deviation(struct session_loader *loader, const struct yaml *map,
                           size_t index)
{
    static const char *const keys[] = {"id", "text", "breaks", "model", NULL};
    struct session_deviation *deviation = &loader->session->deviations[index];

    if (yaml_check_keys(map, keys, loader->error) < 0 ||
        !yaml_need(map, "id", YAML_SCALAR, loader->error) ||
        !yaml_need(map, "text", YAML_SCALAR, loader->error) ||
        !yaml_need(map, "breaks", YAML_SCALAR, loader->error) ||
        yaml_read_text(map, "id", &deviation->id, loader->error) < 0 ||
        yaml_read_text(map, "text", &deviation->text, loader->error) < 0)
        return -1;
    return yaml_read_text(map, "breaks", &deviation->breaks, loader->error);
}
