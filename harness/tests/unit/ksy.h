/* What the tests of the grammar's features share: a model from a text, a message parsed
 * from hex at the edge of readable memory, and what it is emitted as. */
#ifndef PERCUSS_TESTS_KSY_H
#define PERCUSS_TESTS_KSY_H

#include "models.h"

#include "core/random.h"
#include "model/tree.h"

#include <sys/mman.h>

struct ksy {
    struct model *model;
    struct tree tree;
    struct buffer bytes, out;
    uint8_t *page; /* its end is followed by memory that may not be touched */
    size_t page_size;
};

static inline struct model *ksy_load(const char *text, struct error *error)
{
    char folder[SCRATCH_PATH], path[SCRATCH_PATH];
    struct model *model;

    scratch_make(folder);
    scratch_write(folder, "m.ksy", text, path);
    model = model_load(path, error);
    scratch_remove(folder);
    return model;
}

static inline void ksy_open(struct ksy *ksy, const char *text)
{
    struct error error = {""};

    *ksy = (struct ksy){.model = ksy_load(text, &error)};
    if (!ksy->model)
        fail_msg("%s", error.text);
    tree_init(&ksy->tree, ksy->model);
    ksy->bytes = buffer_make(70000);
    ksy->out = buffer_make(70000);
    ksy->page_size = (size_t)sysconf(_SC_PAGESIZE);
    ksy->page = mmap(NULL, 2 * ksy->page_size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(ksy->page != MAP_FAILED);
    assert_int_equal(mprotect(ksy->page + ksy->page_size, ksy->page_size, PROT_NONE), 0);
}

static inline void ksy_close(struct ksy *ksy)
{
    tree_free(&ksy->tree);
    model_free(ksy->model);
    buffer_free(&ksy->bytes);
    buffer_free(&ksy->out);
    assert_int_equal(munmap(ksy->page, 2 * ksy->page_size), 0);
}

static inline void ksy_parse_view(struct ksy *ksy, struct view bytes)
{
    uint8_t *start = ksy->page + ksy->page_size - bytes.length;

    assert_true(bytes.length <= ksy->page_size);
    if (bytes.length)
        memcpy(start, bytes.data, bytes.length);
    assert_int_equal(tree_parse(&ksy->tree, (struct view){start, bytes.length}, false),
                     0);
}

/* Hex, or "text:" and the bytes themselves. */
static inline void ksy_bytes(const char *text, struct buffer *bytes)
{
    buffer_clear(bytes);
    if (strncmp(text, "text:", 5) == 0)
        assert_int_equal(buffer_append(bytes, view_text(text + 5)), 0);
    else
        assert_int_equal(bytes_from_hex(bytes, text), 0);
}

static inline void ksy_parse(struct ksy *ksy, const char *text)
{
    ksy_bytes(text, &ksy->bytes);
    ksy_parse_view(ksy, buffer_view(&ksy->bytes));
}

static inline void assert_valid(const struct tree *tree)
{
    char text[200];

    if (tree_worst(tree))
        fail_msg("%s", violation_text(tree, tree_worst(tree), text, sizeof text));
}

static inline void ksy_assert_valid(const struct ksy *ksy)
{
    assert_valid(&ksy->tree);
}

static inline void ksy_assert_invalid(const struct ksy *ksy, const char *expected)
{
    char text[200];

    assert_non_null(tree_worst(&ksy->tree));
    assert_string_equal(
        violation_text(&ksy->tree, tree_worst(&ksy->tree), text, sizeof text), expected);
}

static inline void ksy_assert_tree(const struct ksy *ksy, const char *expected)
{
    char text[2000];

    assert_string_equal(tree_describe(&ksy->tree, text, sizeof text), expected);
}

/* Leaves the bytes in `out`. */
static inline void tree_assert_emits(struct tree *tree, struct buffer *out,
                                     const char *expected)
{
    struct buffer wanted = buffer_make(1 << 20);
    char found[600], text[600];

    ksy_bytes(expected, &wanted);
    buffer_clear(out);
    assert_int_equal(tree_emit(tree, out), 0);
    bytes_to_hex(buffer_view(out), found, sizeof found);
    bytes_to_hex(buffer_view(&wanted), text, sizeof text);
    if (!view_equal(buffer_view(out), buffer_view(&wanted)))
        fail_msg("emitted %s, expected %s", found, text);
    buffer_free(&wanted);
}

static inline void ksy_assert_emits(struct ksy *ksy, const char *expected)
{
    tree_assert_emits(&ksy->tree, &ksy->out, expected);
}

/* Valid, described as told, and the same bytes again: also when the tree owns them. */
static inline void ksy_assert_round_trip(struct ksy *ksy, const char *text,
                                         const char *described)
{
    struct tree copy;

    ksy_parse(ksy, text);
    ksy_assert_valid(ksy);
    ksy_assert_tree(ksy, described);
    ksy_assert_emits(ksy, text);
    ksy_parse(ksy, text);
    assert_int_equal(tree_own_bytes(&ksy->tree), 0);
    memset(ksy->page, 0xee, ksy->page_size);
    ksy_assert_emits(ksy, text);
    tree_init(&copy, ksy->model);
    assert_int_equal(tree_copy(&copy, &ksy->tree), 0);
    tree_free(&ksy->tree);
    ksy->tree = copy;
    ksy_assert_emits(ksy, text);
}

static inline uint32_t ksy_node(const struct ksy *ksy, const char *path)
{
    uint32_t node = tree_find(&ksy->tree, path);

    if (node == TREE_NONE)
        fail_msg("no node %s", path);
    return node;
}

static inline void ksy_set(struct ksy *ksy, const char *path, const char *text)
{
    assert_int_equal(tree_set_bytes(&ksy->tree, ksy_node(ksy, path), view_text(text)), 0);
}

/* Every shorter message is invalid, harmless and can be emitted. */
static inline void ksy_assert_prefixes_fail(struct ksy *ksy, const char *text)
{
    struct buffer whole = buffer_make(4096);

    ksy_bytes(text, &whole);
    for (size_t length = 0; length < whole.length; length++) {
        ksy_parse_view(ksy, (struct view){whole.data, length});
        if (!tree_worst(&ksy->tree))
            fail_msg("%zu bytes of %s pass as valid", length, text);
        buffer_clear(&ksy->out);
        assert_int_equal(tree_emit(&ksy->tree, &ksy->out), 0);
    }
    buffer_free(&whole);
}

/* Random bytes, drawn from those that mean something: no fault, and what is valid comes
 * out as it went in if the model has one form for each tree. */
static inline void ksy_assert_hostile(struct ksy *ksy, const char *alphabet, bool exact)
{
    struct random random = {.key = 7};
    struct buffer letters = buffer_make(256);
    uint8_t bytes[48];

    ksy_bytes(alphabet, &letters);
    for (int round = 0; round < 20000; round++) {
        size_t length = (size_t)random_next_below(&random, sizeof bytes + 1);

        for (size_t i = 0; i < length; i++)
            bytes[i] = letters.data[random_next_below(&random, letters.length)];
        ksy_parse_view(ksy, (struct view){bytes, length});
        buffer_clear(&ksy->out);
        assert_int_equal(tree_emit(&ksy->tree, &ksy->out), 0);
        if (exact && !tree_worst(&ksy->tree))
            assert_true(view_equal(buffer_view(&ksy->out), (struct view){bytes, length}));
    }
    buffer_free(&letters);
}

static inline void ksy_assert_refused(const char *text, unsigned line,
                                      const char *message)
{
    struct error error = {""};
    struct model *model = ksy_load(text, &error);
    char place[32];

    if (model)
        fail_msg("was loaded:\n%s", text);
    snprintf(place, sizeof place, "m.ksy:%u:", line);
    if (!strstr(error.text, message) || !strstr(error.text, place))
        fail_msg("'%s' does not say '%s' at %s", error.text, message, place);
}

/* A message from "path: value" lines, and the bytes it gives. */
static inline void ksy_assert_builds(struct ksy *ksy, const char *values,
                                     const char *expected)
{
    struct error error = {""};
    struct yaml_document *document = yaml_parse("values", view_text(values), &error);

    if (!document)
        fail_msg("%s", error.text);
    if (tree_build(&ksy->tree, ksy->model, false, yaml_root(document), &error) < 0)
        fail_msg("%s", error.text);
    yaml_close(document);
    ksy_assert_emits(ksy, expected);
}

#endif
