#include "report/product.h"

#include "core/json_text.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

int product_read(const struct report_subject *subject, struct product *product,
                 struct error *error)
{
    struct run_view stated = {.directory = ""};
    struct rows rows;

    *product = (struct product){
        .name = identity_stated(subject->assessment, "device"),
        .version = identity_stated(subject->assessment, "device_version"),
        .images = json_array()};
    if (!product->name)
        return error_set(error, "the assessment does not state device: {name: …}, which "
                                "this format is about");
    stated.store = subject->assessment->store;
    rows = rows_of(&stated,
                   "SELECT sha256 FROM release_image WHERE bridge = '' ORDER BY sha256");
    while (rows_next(&rows))
        json_array_append_new(product->images, json_text(rows_text(&rows, 0)));
    return rows_close(&rows, error);
}

void product_free(struct product *product)
{
    free(product->name);
    free(product->version);
    json_decref(product->images);
    *product = (struct product){0};
}

int product_check(const struct report_subject *subject,
                  const struct report_options *options, struct error *error)
{
    struct product product;
    int status = product_read(subject, &product, error);

    (void)options;
    product_free(&product);
    return status;
}

json_t *product_purl(const struct product *product)
{
    json_t *name = identity_uri("pkg:generic/", product->name, false), *version, *both;

    if (!name || !product->version)
        return name;
    version = identity_uri("@", product->version, false);
    both = json_sprintf("%s%s", json_string_value(name),
                        version ? json_string_value(version) : "");
    json_decref(name);
    json_decref(version);
    return both;
}

json_t *product_component(const struct report_subject *subject,
                          const struct run_view *run, const char *finding)
{
    static const char query[] =
        "SELECT c.ref, c.name, c.version, c.type, c.supplier, c.purl, c.cpe FROM "
        "finding_component f JOIN component c ON c.ref = f.ref WHERE f.folder = ? AND "
        "f.finding = ?";
    const char *folder = subject->assessment->runs[run - subject->runs].folder;
    sqlite3_stmt *statement = NULL;
    json_t *found = NULL;

    if (sqlite3_prepare_v2(store_database(subject->assessment->store), query, -1,
                           &statement, NULL) == SQLITE_OK &&
        sqlite3_bind_text(statement, 1, folder, -1, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_bind_text(statement, 2, finding, -1, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        found = json_object();
        for (int i = 0; i < sqlite3_column_count(statement); i++)
            json_object_set_new(
                found, sqlite3_column_name(statement, i),
                json_text((const char *)sqlite3_column_text(statement, i)));
    }
    sqlite3_finalize(statement);
    return found;
}
