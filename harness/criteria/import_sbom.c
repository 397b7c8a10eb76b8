/* The device's SBOM: CycloneDX as JSON; SPDX is in import_spdx.c. */
#include "core/json_text.h"
#include "criteria/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_date(const char *text)
{
    static const char shape[] = "dddd-dd-dd";

    for (size_t i = 0; shape[i]; i++)
        if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
            return false;
    return text[10] == '\0' || text[10] == 'T';
}

int import_put_component(const struct import_source *source, const char *spot,
                         const struct import_component *component, struct error *error)
{
    char ref[600], origin[2 * IMPORT_SPOT], date[11] = "";

    if (!component->name[0])
        return import_refuse(source, spot, error, "expected a name of the component");
    if (component->end_of_support[0] && !is_date(component->end_of_support))
        return import_refuse(source, spot, error,
                             "expected a date such as 2028-03-31 as end of support, "
                             "found '%.40s'",
                             component->end_of_support);
    snprintf(date, sizeof date, "%s", component->end_of_support);
    snprintf(ref, sizeof ref, component->ref[0] ? "%s" : "%s@%s",
             component->ref[0] ? component->ref : component->name, component->version);
    if (store_integer(source->store, 0, "SELECT 1 FROM component WHERE ref = ?", "t",
                      ref))
        return import_refuse(source, spot, error,
                             "expected each component once, found '%.200s' again", ref);
    import_origin(source, spot, origin, sizeof origin);
    return store_write(
        source->store, error, "INSERT INTO component VALUES (?,?,?,?,?,?,?,?,?)",
        "ttttttttt", ref, component->name, component->version, component->type,
        component->supplier, component->purl, component->cpe, date, origin);
}

/* The name that the CycloneDX property taxonomy gives it (cdx:lifecycle). */
static const char *end_of_support(const json_t *component)
{
    const json_t *properties = json_object_get(component, "properties"), *property;
    size_t i;

    json_array_foreach(properties, i,
                       property) if (strcmp(json_text_at(property, "name"),
                                            "cdx:lifecycle:milestone:endOfSupport") ==
                                     0) return json_text_at(property, "value");
    return "";
}

static int read_components(const struct import_source *source, const char *where,
                           const json_t *list, struct error *error);

static int read_component(const struct import_source *source, const char *where,
                          const json_t *json, struct error *error)
{
    const char *supplier = json_text_at(json_object_get(json, "supplier"), "name");
    struct import_component component = {
        .ref = json_text_at(json, "bom-ref"),
        .name = json_text_at(json, "name"),
        .version = json_text_at(json, "version"),
        .type = json_text_at(json, "type"),
        .supplier = supplier[0]
                        ? supplier
                        : json_text_at(json_object_get(json, "manufacturer"), "name"),
        .purl = json_text_at(json, "purl"),
        .cpe = json_text_at(json, "cpe"),
        .end_of_support = end_of_support(json)};

    return import_put_component(source, where, &component, error) < 0 ||
                   read_components(source, where, json_object_get(json, "components"),
                                   error) < 0
               ? -1
               : 0;
}

static int read_components(const struct import_source *source, const char *where,
                           const json_t *list, struct error *error)
{
    char spot[IMPORT_SPOT];
    const json_t *json;
    size_t i;

    json_array_foreach(list, i, json)
    {
        snprintf(spot, sizeof spot, "%s%scomponents[%zu]", where, where[0] ? "." : "", i);
        if (read_component(source, spot, json, error) < 0)
            return -1;
    }
    return 0;
}

/* What the SBOM is of counts as a component, too: a finding may be in its own code. */
static int read_cyclonedx(const struct import_source *source, const json_t *root,
                          struct error *error)
{
    const json_t *whole = json_object_get(json_object_get(root, "metadata"), "component");

    if (whole && read_component(source, "metadata.component", whole, error) < 0)
        return -1;
    return read_components(source, "", json_object_get(root, "components"), error);
}

static int read_json(const struct import_source *source, struct view text,
                     struct error *error)
{
    json_t *root = import_object(source, text, error);
    int status = -1;

    if (!root)
        return -1;
    if (strcmp(json_text_at(root, "bomFormat"), "CycloneDX") == 0)
        status = read_cyclonedx(source, root, error);
    else if (strncmp(json_text_at(root, "spdxVersion"), "SPDX-2.", 7) == 0)
        status = import_spdx(source, root, error);
    else
        error_set(
            error,
            "%s: expected an SBOM: `bomFormat` CycloneDX, or `spdxVersion` SPDX-2.…",
            source->path);
    json_decref(root);
    return status;
}

int import_sbom(const struct import_source *source, struct error *error)
{
    struct buffer text = {0};
    int status = import_load(source, &text, error);

    if (status == 0)
        status = import_is_json(buffer_view(&text))
                     ? read_json(source, buffer_view(&text), error)
                     : import_spdx_tags(source, (char *)text.data, error);
    buffer_free(&text);
    return status;
}
