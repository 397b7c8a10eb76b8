#include "cli/until.h"

#include <stdlib.h>
#include <string.h>

static bool exists(const struct criteria *criteria, const char *id)
{
    const struct criterion *criterion;

    for (size_t i = 0; (criterion = criteria_at(criteria, i)); i++)
        if (strcmp(criterion->id, id) == 0)
            return true;
    return false;
}

static int read_list(struct until *until, const struct yaml *list, struct error *error)
{
    for (const struct yaml *item = list->child; item; item = item->next) {
        if (item->kind != YAML_SCALAR || !exists(until->criteria, item->text))
            return yaml_complain(
                item, error, "the id of a criterion (percuss criteria list shows them)");
        if (until->count == UNTIL_CRITERIA)
            return yaml_complain(item, error, "at most %d criteria", UNTIL_CRITERIA);
        until->ids[until->count++] = item->text;
    }
    return 0;
}

static int read_option(struct until *until, const char *option, struct error *error)
{
    char *rest, *id;

    until->text = rest = strdup(option);
    if (!until->text)
        return error_set(error, "out of memory");
    while ((id = strsep(&rest, ","))) {
        if (!exists(until->criteria, id))
            return error_set(error,
                             "--until: expected ids of criteria such as AC-05,AC-06 "
                             "(percuss criteria list shows them), found '%s'",
                             id);
        if (until->count == UNTIL_CRITERIA)
            return error_set(error, "--until: at most %d criteria", UNTIL_CRITERIA);
        until->ids[until->count++] = id;
    }
    return 0;
}

int until_read(struct until *until, const struct criteria *criteria,
               const struct yaml *list, const char *option, struct error *error)
{
    *until = (struct until){.criteria = criteria};
    if (option)
        return read_option(until, option, error);
    return list ? read_list(until, list, error) : 0;
}

void until_free(struct until *until)
{
    free(until->text);
    *until = (struct until){0};
}

bool until_holds(const struct until *until, struct store *store)
{
    struct error ignored;

    for (size_t i = 0; i < until->count; i++)
        if (criteria_met(until->criteria, until->ids[i], store, &ignored) != 1)
            return false;
    return until->count > 0;
}
