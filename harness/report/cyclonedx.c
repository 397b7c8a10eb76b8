#include "report/cyclonedx.h"

#include "core/json_text.h"

#include <string.h>

json_t *cyclonedx_property(const char *name, const char *value)
{
    return json_pack("{s:s, s:o}", "name", name, "value", json_text(value));
}

/* The device, and in it what was released, told by its hash. */
static json_t *device(const struct product *product)
{
    json_t *parts = json_array(), *component, *image;
    size_t i;

    json_array_foreach(product->images, i, image)
    {
        json_array_append_new(
            parts,
            json_pack("{s:s, s:o, s:s, s:[{s:s, s:O}]}", "type", "firmware", "bom-ref",
                      json_sprintf("image-%.16s", json_string_value(image)), "name",
                      "released image", "hashes", "alg", "SHA-256", "content", image));
    }
    component = json_pack("{s:s, s:s, s:o, s:o*, s:o*}", "type", "device", "bom-ref",
                          CYCLONEDX_DEVICE, "name", json_text(product->name), "version",
                          product->version ? json_text(product->version) : NULL, "purl",
                          product_purl(product));
    if (json_array_size(parts))
        json_object_set(component, "components", parts);
    json_decref(parts);
    return component;
}

json_t *cyclonedx_begin(const struct report_subject *subject, struct error *error)
{
    struct product product;
    json_t *bom = NULL, *metadata;

    if (product_read(subject, &product, error) == 0) {
        metadata = json_pack("{s:{s:[{s:s, s:s, s:s}]}, s:o}", "tools", "components",
                             "type", "application", "name", "percuss", "version",
                             PERCUSS_VERSION, "component", device(&product));
        json_object_set_new(metadata, "timestamp", json_utc(identity_time(subject)));
        bom = json_pack("{s:s, s:s, s:s, s:s, s:i, s:o}", "$schema",
                        "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat",
                        "CycloneDX", "specVersion", "1.6", "serialNumber", "", "version",
                        1, "metadata", metadata);
        if (!bom)
            error_set(error, "out of memory");
    }
    product_free(&product);
    return bom;
}

static bool is_type(const char *type)
{
    static const char *const types[] = {"application",      "framework", "library",
                                        "container",        "platform",  "firmware",
                                        "operating-system", "device",    "file",
                                        "device-driver",    NULL};

    for (size_t i = 0; types[i]; i++)
        if (strcmp(types[i], type) == 0)
            return true;
    return false;
}

/* A text of the SBOM; what is not stated is left out. */
static void set_stated(json_t *object, const char *key, const json_t *component,
                       const char *column)
{
    json_t *text = json_object_get(component, column);

    if (json_string_length(text))
        json_object_set(object, key, text);
}

json_t *cyclonedx_add_component(json_t *bom, const json_t *component)
{
    static const char *const keys[] = {"type", "name", "version", "purl", "cpe"};
    const char *type = json_string_value(json_object_get(component, "type"));
    json_t *list = json_object_get(bom, "components"), *known, *node, *ref;
    size_t i;

    if (!type || !is_type(type))
        return NULL;
    ref = json_sprintf("sbom:%s", json_string_value(json_object_get(component, "ref")));
    if (!list) {
        list = json_array();
        json_object_set_new(bom, "components", list);
    }
    json_array_foreach(list, i, known)
    {
        if (json_equal(json_object_get(known, "bom-ref"), ref))
            return ref;
    }
    node = json_pack("{s:O}", "bom-ref", ref);
    for (i = 0; i < sizeof keys / sizeof keys[0]; i++)
        set_stated(node, keys[i], component, keys[i]);
    if (json_string_length(json_object_get(component, "supplier")))
        json_object_set_new(
            node, "supplier",
            json_pack("{s:O}", "name", json_object_get(component, "supplier")));
    json_array_append_new(list, node);
    return ref;
}

int cyclonedx_end(json_t *bom, FILE *out, struct error *error)
{
    char number[IDENTITY_UUID];

    if (bom && identity_document(bom, number) == 0)
        json_object_set_new(bom, "serialNumber", json_string(number));
    return identity_write(bom, out, error);
}
