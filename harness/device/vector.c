#include "device/spawn.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void vector_free(char **vector)
{
    for (size_t i = 0; vector && vector[i]; i++)
        free(vector[i]);
    free(vector);
}

int vector_add(char ***vector, const char *format, ...)
{
    size_t count = 0;
    va_list arguments;
    char **longer, *text = NULL;
    int length;

    while (*vector && (*vector)[count])
        count++;
    longer = realloc(*vector, (count + 2) * sizeof *longer);
    if (!longer)
        return -1;
    *vector = longer;
    longer[count] = NULL;
    va_start(arguments, format);
    length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return -1;
    longer[count] = text;
    longer[count + 1] = NULL;
    return 0;
}

char **vector_read(const struct yaml *list, struct error *error)
{
    char **vector = NULL;

    if (list->kind != YAML_LIST || !list->child) {
        yaml_complain(list, error, "a list: [program, argument, ...]");
        return NULL;
    }
    for (const struct yaml *one = list->child; one; one = one->next) {
        if (one->kind != YAML_SCALAR) {
            yaml_complain(one, error, "a text, an argument of the command");
            goto fail;
        }
        if (vector_add(&vector, "%s", one->text) < 0) {
            error_set(error, "out of memory");
            goto fail;
        }
    }
    return vector;
fail:
    vector_free(vector);
    return NULL;
}

/* Is there "NAME=" in the vector, for a name of this length? */
static bool has_name(char *const *vector, const char *name, size_t length)
{
    for (size_t i = 0; vector && vector[i]; i++)
        if (strncmp(vector[i], name, length) == 0 && vector[i][length] == '=')
            return true;
    return false;
}

/* The campaign's pairs first, then the defaults, then what we inherited: the first of a
 * name stays, so a stray variable of the caller's shell cannot change the device. */
char **vector_environment(const struct yaml *map, const char *const *defaults,
                          struct error *error)
{
    char **vector = NULL;

    if (map && map->kind != YAML_MAP) {
        yaml_complain(map, error, "a map: {NAME: value, ...}");
        return NULL;
    }
    for (const struct yaml *pair = map ? map->child : NULL; pair; pair = pair->next) {
        if (pair->kind != YAML_SCALAR) {
            yaml_complain(pair, error, "a text, the variable's value");
            goto fail;
        }
        if (vector_add(&vector, "%s=%s", pair->key, pair->text) < 0)
            goto short_of_memory;
    }
    for (size_t i = 0; defaults[i]; i++)
        if (!has_name(vector, defaults[i], strcspn(defaults[i], "=")) &&
            vector_add(&vector, "%s", defaults[i]) < 0)
            goto short_of_memory;
    for (size_t i = 0; environ[i]; i++)
        if (!has_name(vector, environ[i], strcspn(environ[i], "=")) &&
            vector_add(&vector, "%s", environ[i]) < 0)
            goto short_of_memory;
    return vector;
short_of_memory:
    error_set(error, "out of memory");
fail:
    vector_free(vector);
    return NULL;
}
