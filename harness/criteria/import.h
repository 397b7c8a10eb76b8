/* What the work is for, from the files that people have: threats, requirements, hazards
 * and the device's SBOM, into the tables of an assessment's store. Each file may have
 * been written by anybody: complaints name file and line, or the place in a JSON text.
 * One thread. */
#ifndef PERCUSS_CRITERIA_IMPORT_H
#define PERCUSS_CRITERIA_IMPORT_H

#include "core/csv.h"
#include "core/error.h"
#include "record/store.h"

#include <jansson.h>

/* A file to read. Complaints name `path`, rows `name`: as the assessment calls it. */
struct import_source {
    struct store *store;
    const char *path, *name;
};

/* In this order, since each may name what those before it have. 0, or -1 and *error. */
/* OWASP Threat Dragon 2 (JSON), or CSV. */
int import_threats(const struct import_source *source, struct error *error);
/* CSV: controls and requirements, and which threats and controls they answer. */
int import_requirements(const struct import_source *source, struct error *error);
/* CSV after ISO 14971, and which threats lead to the hazards. */
int import_hazards(const struct import_source *source, struct error *error);
/* CycloneDX (JSON), SPDX 2 (JSON, tag-value). */
int import_sbom(const struct import_source *source, struct error *error);

/* --- what the readers share: import.c ----------------------------------------------- */

enum { IMPORT_SPOT = 200 }; /* a place in a file: its line, or "detail.diagrams[0]" */

/* The file, at most 16 MiB, with a zero byte behind it. The buffer is the caller's. */
int import_load(const struct import_source *source, struct buffer *text,
                struct error *error);
/* A table: every row by the first of `passes`, then by the next; NULL ends them. */
typedef int import_row(const struct import_source *source, const struct csv *csv,
                       size_t row, struct error *error);
int import_rows(const struct import_source *source, const struct csv_column *columns,
                import_row *const *passes, struct error *error);
bool import_is_json(struct view text); /* begins as an object does */
json_t *import_object(const struct import_source *source, struct view text,
                      struct error *error);
/* "path:spot: " and the text into *error; returns -1. */
int import_refuse(const struct import_source *source, const char *spot,
                  struct error *error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* An identifier of a threat, control, requirement or hazard: without blanks, commas and
 * semicolons, and not given before. */
int import_check_id(const struct import_source *source, const char *spot, const char *id,
                    struct error *error);
/* "name:spot" */
void import_origin(const struct import_source *source, const char *spot, char *text,
                   size_t size);
/* Links from each of a list's identifiers to `target`; the list is parted by blanks,
 * commas and semicolons. Each is to be found by `known` (SQL, ?1 is the identifier),
 * which `expected` says in words. */
int import_links(const struct import_source *source, const char *spot, const char *list,
                 const char *target, const char *known, const char *expected,
                 struct error *error);
/* The next word of such a list; false at its end. */
bool import_next_word(const char **list, char *word, size_t size);

/* One row of `component`; "" where nothing is stated. */
struct import_component {
    const char *ref, *name, *version, *type, *supplier, *purl, *cpe, *end_of_support;
};
int import_put_component(const struct import_source *source, const char *spot,
                         const struct import_component *component, struct error *error);
/* SPDX 2, as JSON and as tag-value text, which is changed. */
int import_spdx(const struct import_source *source, const json_t *root,
                struct error *error);
int import_spdx_tags(const struct import_source *source, char *text, struct error *error);

#endif
