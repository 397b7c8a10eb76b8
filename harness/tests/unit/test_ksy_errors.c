/* Every harness/tests/golden/ksy-errors/NAME.ksy is refused with the text in NAME.txt.
 * PERCUSS_GOLDEN=write writes the texts anew. Files that start with _ are only imported.
 */
#include "model/model.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { FEWEST = 40 };

static int enter_folder(void **state)
{
    (void)state;
    return chdir(PROJECT_FOLDER "/harness/tests/golden/ksy-errors");
}

static int is_model(const struct dirent *file)
{
    const char *dot = strrchr(file->d_name, '.');

    return file->d_name[0] != '_' && dot && strcmp(dot, ".ksy") == 0;
}

static void write_golden(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fprintf(file, "%s\n", text) > 0);
    assert_int_equal(fclose(file), 0);
}

static void compare(const char *name, const char *golden, const char *text)
{
    char expected[1024];
    FILE *file = fopen(golden, "r");
    size_t length;

    if (!file)
        fail_msg("%s is missing; %s gives: %s", golden, name, text);
    length = fread(expected, 1, sizeof expected - 1, file);
    fclose(file);
    expected[length] = '\0';
    expected[strcspn(expected, "\n")] = '\0';
    if (strcmp(expected, text) != 0)
        fail_msg("%s\nexpected: %s\ngave:     %s", name, expected, text);
}

static void check(const char *name, bool write)
{
    struct error error = {""};
    struct model *model = model_load(name, &error);
    unsigned line, column;
    char golden[300], *place;

    if (model)
        fail_msg("%s was loaded", name);
    place = strchr(error.text, ':');
    if (!place || sscanf(place, ":%u:%u: ", &line, &column) != 2 || !line || !column)
        fail_msg("%s: no FILE:LINE:COLUMN: in: %s", name, error.text);
    snprintf(golden, sizeof golden, "%.*s.txt", (int)(strlen(name) - strlen(".ksy")),
             name);
    if (write)
        write_golden(golden, error.text);
    else
        compare(name, golden, error.text);
}

static void every_wrong_model_is_told_as_it_was(void **state)
{
    const char *mode = getenv("PERCUSS_GOLDEN");
    struct dirent **files = NULL;
    int count = scandir(".", &files, is_model, alphasort);

    (void)state;
    assert_true(count >= FEWEST);
    for (int i = 0; i < count; i++) {
        check(files[i]->d_name, mode && strcmp(mode, "write") == 0);
        free(files[i]);
    }
    free(files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_wrong_model_is_told_as_it_was),
    };

    return cmocka_run_group_tests(tests, enter_folder, NULL);
}
