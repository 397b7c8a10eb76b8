/* What the tests of anomalies share: finding one, a site, a case by its label, and making
 * the message. */
#ifndef PERCUSS_TESTS_ANOMALIES_H
#define PERCUSS_TESTS_ANOMALIES_H

#include "generate/plan.h"
#include "models.h"

enum { LABEL = 64 };

static inline const struct anomaly_ops *anomaly_named(const char *name)
{
    for (size_t a = 0; anomaly_kinds[a]; a++)
        if (strcmp(anomaly_kinds[a]->name, name) == 0)
            return anomaly_kinds[a];
    fail_msg("no anomaly %s", name);
    return NULL;
}

static inline struct site site_at(const struct session *session, const char *message,
                                  const char *path)
{
    unsigned m = message_named(session, message);
    uint32_t node = path[0] ? tree_find(&session->messages[m].tree, path) : 0;

    assert_int_not_equal(node, TREE_NONE);
    return (struct site){session, 0, m, node};
}

static inline uint64_t labelled(const struct site *site,
                                const struct anomaly_ops *anomaly, const char *label)
{
    for (uint64_t k = 0; k < anomaly->count(site); k++) {
        char text[LABEL];

        anomaly->label(site, k, text, sizeof text);
        if (strcmp(text, label) == 0)
            return k;
    }
    fail_msg("no case %s", label);
    return 0;
}

/* The message of an anomaly's k-th case. */
static inline void make_message(const struct site *site,
                                const struct anomaly_ops *anomaly, uint64_t k,
                                struct buffer *bytes)
{
    struct tree tree;

    tree_init(&tree, site->session->model);
    assert_int_equal(tree_copy(&tree, site_tree(site)), 0);
    if (anomaly->change)
        assert_int_equal(anomaly->change(site, k, &tree), 0);
    buffer_clear(bytes);
    assert_int_equal(tree_emit(&tree, bytes), 0);
    if (anomaly->rewrite)
        assert_int_equal(anomaly->rewrite(site, k, bytes), 0);
    tree_free(&tree);
}

/* The case of that name gives these bytes, in hex. */
static inline void assert_makes(const struct session *session, const char *message,
                                const char *path, const char *anomaly, const char *label,
                                const char *hex)
{
    struct site site = site_at(session, message, path);
    struct buffer bytes = buffer_make(1 << 20), wanted = buffer_make(1 << 20);
    char text[2048];

    assert_int_equal(bytes_from_hex(&wanted, hex), 0);
    make_message(&site, anomaly_named(anomaly),
                 labelled(&site, anomaly_named(anomaly), label), &bytes);
    bytes_to_hex(buffer_view(&bytes), text, sizeof text);
    if (!view_equal(buffer_view(&bytes), buffer_view(&wanted)))
        fail_msg("%s %s[%s:%s] is %s, not %s", message, path, anomaly, label, text, hex);
    buffer_free(&bytes);
    buffer_free(&wanted);
}

/* A model and a session from their texts. */
struct texts {
    struct model *model;
    struct session *session;
};

static inline void texts_open(struct texts *texts, const char *ksy, const char *yaml)
{
    char folder[SCRATCH_PATH], path[SCRATCH_PATH];

    scratch_make(folder);
    scratch_write(folder, "m.ksy", ksy, path);
    texts->model = need_model(path);
    scratch_write(folder, "s.yaml", yaml, path);
    texts->session = need_session(path, texts->model);
    scratch_remove(folder);
}

static inline void texts_close(struct texts *texts)
{
    session_free(texts->session);
    model_free(texts->model);
}

#endif
