/* Every seed in corpora/<target>/seeds/<model>/ is a whole, valid message of
 * targets/<target>/<model>.ksy and is emitted again unchanged; one in
 * <model>@PARAM=VALUE/ in that context. A file whose name begins with "reply-" goes from
 * server to client. */
#include "model/tree.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check_seed(const struct model *model, const struct context *context,
                       const char *path)
{
    bool reply = strstr(path, "/reply-") != NULL;
    FILE *file = fopen(path, "rb");
    static uint8_t bytes[1 << 20];
    struct buffer emitted = buffer_make(sizeof bytes);
    char text[200] = "";
    struct tree tree;
    size_t length;

    assert_non_null(file);
    length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    tree_init(&tree, model);
    tree.context = *context;
    assert_int_equal(tree_parse(&tree, (struct view){bytes, length}, reply), 0);
    if (tree.violation_count)
        fail_msg("%s: %s", path,
                 violation_text(&tree, tree_worst(&tree), text, sizeof text));
    assert_int_equal(tree_emit(&tree, &emitted), 0);
    if (!view_equal(buffer_view(&emitted), (struct view){bytes, length}))
        fail_msg("%s: emitted otherwise", path);
    tree_free(&tree);
    buffer_free(&emitted);
}

/* PARAM=VALUE */
static struct context read_context(const struct model *model, const char *text)
{
    size_t length = strcspn(text, "=");
    int parameter = context_find(model, text, length);
    struct context context = {0};
    struct error expected = {""};

    assert_true(parameter >= 0 && text[length] == '=');
    if (context_read(&context, model, (unsigned)parameter, text + length + 1, &expected) <
        0)
        fail_msg("%s: expected %s", text, expected.text);
    return context;
}

/* `folder`: …/corpora/TARGET/seeds/MODEL[@PARAM=VALUE]. Returns how many seeds it has. */
static size_t check_folder(const char *folder)
{
    char target[64], id[64], path[1024];
    const char *at = strchr(folder, '@');
    struct context context = {0};
    struct error error = {""};
    struct model *model;
    glob_t seeds;
    size_t count;

    assert_int_equal(sscanf(strstr(folder, "/corpora/"),
                            "/corpora/%63[^/]/seeds/%63[^@/]", target, id),
                     2);
    snprintf(path, sizeof path, PROJECT_FOLDER "/targets/%s/%s.ksy", target, id);
    model = model_load(path, &error);
    assert_string_equal(error.text, "");
    if (at)
        context = read_context(model, at + 1);
    snprintf(path, sizeof path, "%s/*", folder);
    assert_int_equal(glob(path, 0, NULL, &seeds), 0);
    for (size_t i = 0; i < seeds.gl_pathc; i++)
        check_seed(model, &context, seeds.gl_pathv[i]);
    count = seeds.gl_pathc;
    globfree(&seeds);
    model_free(model);
    return count;
}

static void every_seed_is_valid_and_comes_back(void **state)
{
    glob_t folders;

    (void)state;
    assert_int_equal(
        glob(PROJECT_FOLDER "/corpora/*/seeds/*", GLOB_ONLYDIR, NULL, &folders), 0);
    assert_true(folders.gl_pathc >= 3);
    for (size_t i = 0; i < folders.gl_pathc; i++)
        assert_true(check_folder(folders.gl_pathv[i]) >=
                    (strchr(folders.gl_pathv[i], '@') ? 1 : 5));
    globfree(&folders);
}

/* A target without a campaign has nobody else to load its files. */
static void every_model_loads(void **state)
{
    struct error error = {""};
    glob_t models;

    (void)state;
    assert_int_equal(glob(PROJECT_FOLDER "/targets/*/*.ksy", 0, NULL, &models), 0);
    for (size_t i = 0; i < models.gl_pathc; i++) {
        struct model *model = model_load(models.gl_pathv[i], &error);

        assert_string_equal(error.text, "");
        model_free(model);
    }
    globfree(&models);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_seed_is_valid_and_comes_back),
        cmocka_unit_test(every_model_loads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
