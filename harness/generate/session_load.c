/* Session files to struct session. Every list is read from the extended file first. */
#include "generate/session_loader.h"

#include "core/hash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const session_keys[] = {
    "session",    "title",        "extends",        "defaults",     "captures",
    "messages",   "states",       "probe",          "canary",       "answers",
    "greeting",   "deviations",   "context",        "expect",       "conform",
    "invariants", "state-reads",  "state-changes",  "reboots",      "resources",
    "canaries",   "reply-limits", "no-state-reads", "wrong-parity", NULL};

/* Reads `path` and, before it, what it extends. */
static int read_file(struct session_loader *loader, const char *path, unsigned depth)
{
    struct yaml_document *file = yaml_load(path, loader->error);
    const struct yaml *root;
    const char *base = NULL;
    int status = -1;

    if (!file)
        return -1;
    root = yaml_root(file);
    if (yaml_check_keys(root, session_keys, loader->error) < 0 ||
        yaml_read_text(root, "extends", &base, loader->error) < 0)
        goto out;
    if (base) {
        const char *slash = strrchr(path, '/');
        char base_path[1024];

        if (depth + 1 == SESSION_FILES) {
            yaml_complain(yaml_get(root, "extends"), loader->error,
                          "at most %d files that extend each other", SESSION_FILES);
            goto out;
        }
        snprintf(base_path, sizeof base_path, "%.*s%s",
                 slash ? (int)(slash + 1 - path) : 0, path, base);
        if (access(base_path, R_OK) < 0) {
            yaml_complain(yaml_get(root, "extends"), loader->error,
                          "a file that can be read (%s: %s)", base_path, strerror(errno));
            goto out;
        }
        if (read_file(loader, base_path, depth + 1) < 0)
            goto out;
    }
    loader->memory->files[loader->memory->file_count++] = file;
    file = NULL;
    status = 0;
out:
    yaml_close(file);
    return status;
}

static void hash_files(struct session_loader *loader)
{
    struct hash_state *state = hash_begin();
    struct hash hash;

    for (size_t i = 0; i < loader->memory->file_count; i++) {
        struct view source = yaml_source(loader->memory->files[i]);

        hash_add_integer(state, source.length);
        hash_add(state, source);
    }
    hash = hash_end(state);
    hash_to_text(&hash, loader->session->hash);
}

static int read_session(struct session_loader *loader, const char *path)
{
    struct session *session = loader->session;
    const struct yaml *root;

    if (read_file(loader, path, 0) < 0)
        return -1;
    hash_files(loader);
    root = yaml_root(loader->memory->files[loader->memory->file_count - 1]);
    if (!yaml_need(root, "session", YAML_SCALAR, loader->error) ||
        yaml_read_text(root, "session", &session->id, loader->error) < 0)
        return -1;
    session->title = session->id;
    if (yaml_read_text(root, "title", &session->title, loader->error) < 0)
        return -1;
    if (session_read_entries(loader, "messages", YAML_MAP, sizeof *session->messages,
                             (void **)&session->messages, &session->message_count,
                             session_read_message) < 0)
        return -1;
    if (session->message_count == 0)
        return yaml_complain(root, loader->error,
                             "a key `messages` with at least one message");
    if (session_read_entries(loader, "states", YAML_MAP, sizeof *session->states,
                             (void **)&session->states, &session->state_count,
                             session_read_state) < 0)
        return -1;
    if (session->state_count == 0)
        return yaml_complain(
            root, loader->error,
            "a key `states`; its first entry is the state after a reset");
    if (session->states[0].path_count)
        return yaml_complain(session_last_with(loader, "states")->child, loader->error,
                             "an empty path: the first state is the one after a reset");
    if (session_check_state_names(loader) < 0 ||
        session_read_probe_and_answers(loader) < 0 || session_read_greeting(loader) < 0 ||
        session_read_entries(loader, "deviations", YAML_LIST, sizeof *session->deviations,
                             (void **)&session->deviations, &session->deviation_count,
                             session_read_deviation) < 0 ||

        session_read_entries(loader, "context", YAML_LIST, sizeof *session->contexts,
                             (void **)&session->contexts, &session->context_count,
                             session_read_context) < 0 ||
        session_read_entries(loader, "expect", YAML_LIST, sizeof *session->expects,
                             (void **)&session->expects, &session->expect_count,
                             session_read_expect) < 0 ||
        session_read_entries(loader, "conform", YAML_LIST, sizeof *session->conforms,
                             (void **)&session->conforms, &session->conform_count,
                             session_read_conform) < 0)
        return -1;
    if (session_read_entries(loader, "invariants", YAML_LIST, sizeof *session->invariants,
                             (void **)&session->invariants, &session->invariant_count,
                             session_read_invariant) < 0)
        return -1;
    return session_read_watched(loader);
}

struct session *session_load(const char *path, const struct model *model,
                             struct error *error)
{
    struct session *session = calloc(1, sizeof *session);
    struct session_loader loader = {.session = session, .error = error};

    if (!session || !(session->memory = calloc(1, sizeof *session->memory))) {
        error_set(error, "out of memory while reading %s", path);
        free(session);
        return NULL;
    }
    loader.memory = session->memory;
    session->model = model;
    if (read_session(&loader, path) < 0) {
        session_free(session);
        return NULL;
    }
    return session;
}

void session_free(struct session *session)
{
    struct session_memory *memory;

    if (!session)
        return;
    memory = session->memory;
    for (size_t i = 0; i < session->message_count; i++) {
        tree_free(&session->messages[i].tree);
        buffer_free(&session->messages[i].bytes);
    }
    for (size_t i = 0; i < memory->expression_count; i++)
        expression_free(memory->expressions[i]);
    for (size_t i = 0; i < memory->file_count; i++)
        yaml_close(memory->files[i]);
    arena_free(&memory->arena);
    free(memory);
    free(session);
}
