/* Every seed in corpora/ is a whole, valid message of its model and is emitted again
 * unchanged. */
#include "model/tree.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static size_t check_seed(const struct model *model, const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t bytes[4096];
    struct buffer emitted = buffer_make(sizeof bytes);
    struct tree tree;
    size_t length;

    assert_non_null(file);
    length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    tree_init(&tree, model);
    assert_int_equal(tree_parse(&tree, (struct view){bytes, length}, false), 0);
    assert_int_equal(tree.violation_count, 0);
    assert_int_equal(tree_emit(&tree, &emitted), 0);
    assert_int_equal(emitted.length, length);
    assert_memory_equal(emitted.data, bytes, length);
    tree_free(&tree);
    buffer_free(&emitted);
    return 1;
}

static void check_model(const char *target, const char *id, size_t expected)
{
    char path[1024];
    struct error error = {""};
    struct model *model;
    struct dirent *entry;
    size_t seeds = 0;
    DIR *folder;

    snprintf(path, sizeof path, PROJECT_FOLDER "/targets/%s/%s.ksy", target, id);
    model = model_load(path, &error);
    assert_string_equal(error.text, "");
    snprintf(path, sizeof path, PROJECT_FOLDER "/corpora/%s/seeds/%s", target, id);
    folder = opendir(path);
    assert_non_null(folder);
    while ((entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, PROJECT_FOLDER "/corpora/%s/seeds/%s/%s", target, id,
                 entry->d_name);
        seeds += check_seed(model, path);
    }
    closedir(folder);
    model_free(model);
    assert_int_equal(seeds, expected);
}

static void test_modbus_tcp(void **state)
{
    (void)state;
    check_model("modbus", "modbus_tcp", 14);
}

static void test_modbus_rtu(void **state)
{
    (void)state;
    check_model("modbus", "modbus_rtu", 14);
}

static void test_dicom_ul(void **state)
{
    (void)state;
    check_model("dicom", "dicom_ul", 25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_modbus_tcp),
                                       cmocka_unit_test(test_modbus_rtu),
                                       cmocka_unit_test(test_dicom_ul)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
