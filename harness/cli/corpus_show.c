#include "cli/corpus_show.h"

#include "engine/pool.h"
#include "engine/walk.h"
#include "generate/input.h"
#include "record/store.h"

#include <errno.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 1400 };

struct show {
    const struct session *session;
    struct kin kin;
    struct store *store; /* of the run that the corpus is part of; NULL: none */
    json_t *inputs, *messages;
};

/* --- facts -------------------------------------------------------------------------- */

static json_t *message_facts(struct show *show, struct view message)
{
    struct kinship kin = kin_find(&show->kin, message);

    return json_pack("{ss, sb, sb}", "name", show->session->messages[kin.message].name,
                     "changed", kin.changed, "valid",
                     kin.valid &&
                         walk_is_frame(model_framing(show->session->model), message));
}

/* How many inputs have it, by name: each counts once. */
static void count_names(struct show *show, const json_t *messages)
{
    json_t *seen = json_object(), *message;
    const char *name;
    size_t index;

    json_array_foreach(messages, index, message)
    {
        name = json_string_value(json_object_get(message, "name"));
        if (!json_object_get(seen, name))
            json_object_set_new(show->messages, name,
                                json_integer(1 + json_integer_value(json_object_get(
                                                     show->messages, name))));
        json_object_set_new(seen, name, json_true());
    }
    json_decref(seen);
}

/* What the guided engine noted when it kept the input. */
static void add_reached(const struct show *show, const char *name, json_t *input)
{
    static const char sql[] =
        "SELECT number, how, edges, counts, replies FROM corpus WHERE hash = ?";
    sqlite3_stmt *row = NULL;

    if (sqlite3_prepare_v2(store_database(show->store), sql, -1, &row, NULL) ==
            SQLITE_OK &&
        sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_step(row) == SQLITE_ROW) {
        json_object_set_new(input, "case", json_integer(sqlite3_column_int64(row, 0)));
        json_object_set_new(input, "how",
                            json_string((const char *)sqlite3_column_text(row, 1)));
        for (int i = 2; i < sqlite3_column_count(row); i++)
            json_object_set_new(input, sqlite3_column_name(row, i),
                                json_integer(sqlite3_column_int64(row, i)));
    }
    sqlite3_finalize(row);
}

static int take(void *context, struct view bytes)
{
    struct show *show = context;
    struct view messages[INPUT_MESSAGES];
    size_t count =
        input_split(model_framing(show->session->model), bytes, messages, INPUT_MESSAGES);
    json_t *facts = json_array(), *input;
    char name[POOL_NAME];

    pool_name(bytes, name);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(facts, message_facts(show, messages[i]));
    count_names(show, facts);
    input = json_pack("{ss, sI, so}", "name", name, "bytes", (json_int_t)bytes.length,
                      "messages", facts);
    if (show->store && input)
        add_reached(show, name, input);
    return json_array_append_new(show->inputs, input);
}

/* --- printing ----------------------------------------------------------------------- */

static void print_input(const json_t *input)
{
    const json_t *how = json_object_get(input, "how"), *message;
    size_t index;

    printf("%s %6lld  ", json_string_value(json_object_get(input, "name")),
           json_integer_value(json_object_get(input, "bytes")));
    json_array_foreach(json_object_get(input, "messages"), index, message)
    {
        printf("%s%s%s%s", index ? " " : "",
               json_string_value(json_object_get(message, "name")),
               json_is_true(json_object_get(message, "changed")) ? "*" : "",
               json_is_true(json_object_get(message, "valid")) ? "" : "!");
    }
    if (how)
        printf("  [%s: %lld edges, %lld counts, %lld replies]", json_string_value(how),
               json_integer_value(json_object_get(input, "edges")),
               json_integer_value(json_object_get(input, "counts")),
               json_integer_value(json_object_get(input, "replies")));
    putchar('\n');
}

static void print_all(const struct show *show)
{
    const json_t *input;
    size_t index;

    json_array_foreach(show->inputs, index, input)
    {
        print_input(input);
    }
    printf("\n%zu inputs; of the session's messages, in how many:\n",
           json_array_size(show->inputs));
    for (size_t i = 0; i < show->session->message_count; i++) {
        const char *name = show->session->messages[i].name;

        printf("  %-32s %lld\n", name,
               json_integer_value(json_object_get(show->messages, name)));
    }
}

static int print(const struct show *show, bool json, struct error *error)
{
    json_t *all;

    if (json) {
        all = json_pack("{sO, sO}", "inputs", show->inputs, "messages", show->messages);
        json_dumpf(all, stdout, JSON_INDENT(1));
        putchar('\n');
        json_decref(all);
    } else {
        print_all(show);
    }
    return fflush(stdout) || ferror(stdout)
               ? error_set(error, "standard output: %s", strerror(errno))
               : 0;
}

/* --- all of it ---------------------------------------------------------------------- */

/* The store beside a run's corpus; without one there is nothing to know. */
static int open_store(struct show *show, const char *corpus, struct error *error)
{
    char path[PATH_SIZE];

    if (snprintf(path, sizeof path, "%s/../campaign.db", corpus) >= PATH_SIZE ||
        access(path, R_OK) < 0)
        return 0;
    show->store = store_open(path, false, error);
    return show->store ? 0 : -1;
}

int corpus_show(const char *corpus, const struct session *session, bool json,
                struct error *error)
{
    struct show show = {
        .session = session, .inputs = json_array(), .messages = json_object()};
    struct error ignored;
    int status = -1;

    if (!show.inputs || !show.messages)
        error_set(error, "out of memory");
    else if (kin_init(&show.kin, session, error) == 0 &&
             open_store(&show, corpus, error) == 0 &&
             pool_read(corpus, take, &show, error) == 0)
        status = print(&show, json, error);
    if (show.store)
        store_close(show.store, &ignored);
    kin_free(&show.kin);
    json_decref(show.inputs);
    json_decref(show.messages);
    return status;
}
