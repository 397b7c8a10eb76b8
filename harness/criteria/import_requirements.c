/* Controls and requirements: CSV, one row each, and what they answer. */
#include "core/csv.h"
#include "criteria/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID, KIND, TITLE, ANSWERS, INTERFACE, CASES };

static const struct csv_column columns[] = {[ID] = {"id", true},
                                            [KIND] = {"kind", true},
                                            [TITLE] = {"title", true},
                                            [ANSWERS] = {"answers", false},
                                            [INTERFACE] = {"interface", false},
                                            [CASES] = {"cases", false},
                                            {NULL, false}};

/* In a pattern '*' is any text and all else stands for itself; one without a '/' is a
 * message with all that is in it. */
static int write_glob(const char *pattern, char *glob, size_t size)
{
    size_t used = 0;

    for (; *pattern && used + 8 < size; pattern++)
        used += (size_t)snprintf(glob + used, size - used,
                                 *pattern == '[' || *pattern == '?' ? "[%c]" : "%c",
                                 *pattern);
    if (!memchr(glob, '/', used))
        used += (size_t)snprintf(glob + used, size - used, "/*");
    return *pattern ? -1 : 0;
}

static int put_cases(const struct import_source *source, const struct csv *csv,
                     size_t row, struct error *error)
{
    const char *list = csv_cell(csv, row, CASES);
    char pattern[400], glob[1300];

    if (list[0] && strcmp(csv_cell(csv, row, KIND), "requirement") != 0)
        return csv_complain(csv, row, CASES, error,
                            "none for a control: its requirements have them");
    while (import_next_word(&list, pattern, sizeof pattern)) {
        if (strlen(pattern) == sizeof pattern - 1 ||
            write_glob(pattern, glob, sizeof glob) < 0)
            return csv_complain(csv, row, CASES, error, "patterns of under 400 letters");
        if (store_write(source->store, error,
                        "INSERT OR IGNORE INTO requirement_case VALUES (?,?,?)", "ttt",
                        csv_cell(csv, row, ID), pattern, glob) < 0)
            return -1;
    }
    return 0;
}

static int put_requirement(const struct import_source *source, const struct csv *csv,
                           size_t row, struct error *error)
{
    const char *id = csv_cell(csv, row, ID), *kind = csv_cell(csv, row, KIND);
    const char *interface = csv_cell(csv, row, INTERFACE);
    char spot[IMPORT_SPOT], origin[2 * IMPORT_SPOT];

    snprintf(spot, sizeof spot, "%u", csv_line(csv, row));
    import_origin(source, spot, origin, sizeof origin);
    if (strcmp(kind, "control") != 0 && strcmp(kind, "requirement") != 0)
        return csv_complain(csv, row, KIND, error, "control or requirement");
    if (interface[0] &&
        !store_integer(source->store, 0,
                       "SELECT 1 FROM assessed_interface WHERE name = ?", "t", interface))
        return csv_complain(csv, row, INTERFACE, error,
                            "a name of the assessment's `interfaces`");
    if (import_check_id(source, spot, id, error) < 0 ||
        store_write(source->store, error, "INSERT INTO requirement VALUES (?,?,?,?,?)",
                    "ttttt", id, kind, csv_cell(csv, row, TITLE), interface, origin) < 0)
        return -1;
    return put_cases(source, csv, row, error);
}

/* When all rows are there: a requirement may stand before its control. */
static int put_answers(const struct import_source *source, const struct csv *csv,
                       size_t row, struct error *error)
{
    bool control = strcmp(csv_cell(csv, row, KIND), "control") == 0;
    char spot[IMPORT_SPOT];

    snprintf(spot, sizeof spot, "%u", csv_line(csv, row));
    return import_links(source, spot, csv_cell(csv, row, ANSWERS), csv_cell(csv, row, ID),
                        control
                            ? "SELECT 1 FROM threat WHERE id = ?1"
                            : "SELECT 1 FROM threat WHERE id = ?1 UNION SELECT 1 FROM "
                              "requirement WHERE id = ?1 AND kind = 'control'",
                        control ? "a control to answer threats"
                                : "a requirement to answer threats or controls",
                        error);
}

int import_requirements(const struct import_source *source, struct error *error)
{
    static import_row *const passes[] = {put_requirement, put_answers, NULL};

    return import_rows(source, columns, passes, error);
}
