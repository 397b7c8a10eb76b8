/* Hazards: CSV, one row each, with the terms of ISO 14971:2019, 3 and annex C. */
#include "core/csv.h"
#include "criteria/import.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    ID,
    HAZARD,
    SEQUENCE,
    SITUATION,
    HARM,
    SEVERITY,
    PROBABILITY,
    CONTROL,
    RESIDUAL,
    THREATS
};

static const struct csv_column columns[] = {[ID] = {"id", true},
                                            [HAZARD] = {"hazard", true},
                                            [SEQUENCE] = {"sequence-of-events", false},
                                            [SITUATION] = {"hazardous-situation", true},
                                            [HARM] = {"harm", true},
                                            [SEVERITY] = {"severity", true},
                                            [PROBABILITY] = {"probability", false},
                                            [CONTROL] = {"risk-control", false},
                                            [RESIDUAL] = {"residual-risk", false},
                                            [THREATS] = {"threats", false},
                                            {NULL, false}};

static int put_hazard(const struct import_source *source, const struct csv *csv,
                      size_t row, struct error *error)
{
    const char *id = csv_cell(csv, row, ID);
    char spot[IMPORT_SPOT], origin[2 * IMPORT_SPOT];

    snprintf(spot, sizeof spot, "%u", csv_line(csv, row));
    import_origin(source, spot, origin, sizeof origin);
    if (import_check_id(source, spot, id, error) < 0 ||
        store_write(
            source->store, error, "INSERT INTO hazard VALUES (?,?,?,?,?,?,?,?,?,?)",
            "tttttttttt", id, csv_cell(csv, row, HAZARD), csv_cell(csv, row, SEQUENCE),
            csv_cell(csv, row, SITUATION), csv_cell(csv, row, HARM),
            csv_cell(csv, row, SEVERITY), csv_cell(csv, row, PROBABILITY),
            csv_cell(csv, row, CONTROL), csv_cell(csv, row, RESIDUAL), origin) < 0)
        return -1;
    return import_links(source, spot, csv_cell(csv, row, THREATS), id,
                        "SELECT 1 FROM threat WHERE id = ?", "identifiers of threats",
                        error);
}

int import_hazards(const struct import_source *source, struct error *error)
{
    static import_row *const passes[] = {put_hazard, NULL};

    return import_rows(source, columns, passes, error);
}
