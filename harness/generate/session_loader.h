/* Reading session files, for the files session_*.c alone: each takes the keys it knows
 * and complains with file, line and key. */
#ifndef PERCUSS_GENERATE_SESSION_LOADER_H
#define PERCUSS_GENERATE_SESSION_LOADER_H

#include "core/arena.h"
#include "generate/session.h"

enum { SESSION_FILES = 4, SESSION_EXPRESSIONS = 512, SESSION_MESSAGE = 1 << 20 };

struct session_memory {
    struct arena arena;
    struct yaml_document *files[SESSION_FILES]; /* base first */
    size_t file_count;
    struct expression *expressions[SESSION_EXPRESSIONS];
    size_t expression_count;
};

struct session_loader {
    struct session *session;
    struct session_memory *memory;
    struct error *error;
};

/* --- session_read.c ------------------------------------------------------------------
 */

int session_out_of_memory(struct session_loader *loader);
/* Compiles the expression under `key`; absent gives NULL and 0. */
int session_read_expression(struct session_loader *loader, const struct yaml *map,
                            const char *key, struct expression **expression);
int session_need_expression(struct session_loader *loader, const struct yaml *map,
                            const char *key, struct expression **expression);
int session_find_message(struct session_loader *loader, const struct yaml *node,
                         unsigned *index);
int session_read_message_list(struct session_loader *loader, const struct yaml *list,
                              const unsigned **messages, size_t *count);
/* The last file that has `key` decides a scalar or list that is not joined. */
const struct yaml *session_last_with(const struct session_loader *loader,
                                     const char *key);
/* Counts the entries of `key`, allocates as many of `size`, and visits them. */
int session_read_entries(struct session_loader *loader, const char *key,
                         enum yaml_kind kind, size_t size, void **array, size_t *count,
                         int (*visit)(struct session_loader *, const struct yaml *,
                                      size_t index));
/* Runs `visit` over the entries of `key` in all files, base first, skipping those that
 * name another model; `kind` is what `key` must be. Returns how many were visited, or -1.
 */
long session_visit_entries(struct session_loader *loader, const char *key,
                           enum yaml_kind kind,
                           int (*visit)(struct session_loader *, const struct yaml *,
                                        size_t index));

/* --- one entry of a list or map: session_messages.c, session_rules.c --------------- */

int session_read_message(struct session_loader *loader, const struct yaml *map,
                         size_t index);
/* `capture` of `map`: NAME: expression. */
int session_read_captures(struct session_loader *loader, const struct yaml *map,
                          struct session_capture captures[MESSAGE_HOLES], size_t *count);
/* What is sent and answered as a whole cannot be frames that are acknowledged. */
int session_check_whole(struct session_loader *loader, const struct yaml *node,
                        unsigned message);
/* The position of a param of the model; `name` may stand in any node. */
int session_find_parameter(struct session_loader *loader, const struct yaml *node,
                           const char *name, unsigned *parameter);
int session_read_state(struct session_loader *loader, const struct yaml *list,
                       size_t index);
int session_check_state_names(struct session_loader *loader);
int session_read_expect(struct session_loader *loader, const struct yaml *map,
                        size_t index);
int session_read_context(struct session_loader *loader, const struct yaml *map,
                         size_t index);
int session_read_conform(struct session_loader *loader, const struct yaml *map,
                         size_t index);
int session_read_invariant(struct session_loader *loader, const struct yaml *map,
                           size_t index);
/* The keys that session_watch.c knows. */
int session_read_watched(struct session_loader *loader);
int session_read_probe_and_answers(struct session_loader *loader);
int session_read_greeting(struct session_loader *loader);
int session_read_deviation(struct session_loader *loader, const struct yaml *map,
                           size_t index);

#endif
