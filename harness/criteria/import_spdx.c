/* An SBOM as SPDX 2 (2.2, 2.3): packages, from JSON or tag-value text. */
#include "core/json_text.h"
#include "criteria/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SPDX 2.3, 3.2: nothing is stated, in words. */
static const char *stated(const char *text)
{
    return strcmp(text, "NOASSERTION") == 0 || strcmp(text, "NONE") == 0 ? "" : text;
}

/* 7.5: "Organization: NAME", "Person: NAME" */
static const char *supplier_of(const char *text)
{
    static const char *const kinds[] = {"Organization:", "Person:", NULL};

    for (size_t i = 0; kinds[i]; i++)
        if (strncmp(text, kinds[i], strlen(kinds[i])) == 0)
            return text + strlen(kinds[i]) + strspn(text + strlen(kinds[i]), " ");
    return stated(text);
}

/* 7.21: a reference's type decides what it is. */
static void take_reference(struct import_component *component, const char *type,
                           const char *locator)
{
    if (strcmp(type, "purl") == 0)
        component->purl = locator;
    else if (strncmp(type, "cpe2", 4) == 0)
        component->cpe = locator;
}

/* --- JSON --------------------------------------------------------------------------- */

int import_spdx(const struct import_source *source, const json_t *root,
                struct error *error)
{
    const json_t *packages = json_object_get(root, "packages"), *package, *reference;
    char spot[IMPORT_SPOT];
    size_t i, j;

    json_array_foreach(packages, i, package)
    {
        struct import_component component = {
            .ref = json_text_at(package, "SPDXID"),
            .name = json_text_at(package, "name"),
            .version = stated(json_text_at(package, "versionInfo")),
            .type = json_text_at(package, "primaryPackagePurpose"),
            .supplier = supplier_of(json_text_at(package, "supplier")),
            .purl = "",
            .cpe = "",
            .end_of_support = stated(json_text_at(package, "validUntilDate"))};

        json_array_foreach(json_object_get(package, "externalRefs"), j, reference)
            take_reference(&component, json_text_at(reference, "referenceType"),
                           json_text_at(reference, "referenceLocator"));
        snprintf(spot, sizeof spot, "packages[%zu]", i);
        if (import_put_component(source, spot, &component, error) < 0)
            return -1;
    }
    return 0;
}

/* --- tag-value ---------------------------------------------------------------------- */

struct tags {
    const struct import_source *source;
    struct import_component component;
    bool in_package;
    unsigned line, package_line;
    struct error *error;
};

static const struct import_component nothing = {"", "", "", "", "", "", "", ""};

static int put_package(struct tags *tags)
{
    char spot[IMPORT_SPOT];

    if (!tags->in_package)
        return 0;
    tags->in_package = false;
    snprintf(spot, sizeof spot, "%u", tags->package_line);
    return import_put_component(tags->source, spot, &tags->component, tags->error);
}

/* "PACKAGE-MANAGER purl pkg:…" */
static void take_reference_tag(struct import_component *component, char *value)
{
    char *type = value + strcspn(value, " "), *locator;

    type += strspn(type, " ");
    locator = type + strcspn(type, " ");
    if (*locator)
        *locator++ = '\0';
    take_reference(component, type, locator + strspn(locator, " "));
}

static int take_tag(struct tags *tags, const char *tag, char *value)
{
    static const char *const others[] = {"FileName", "SnippetSPDXID", "LicenseID",
                                         "Relationship", NULL};
    struct import_component *component = &tags->component;

    if (strcmp(tag, "PackageName") == 0) {
        if (put_package(tags) < 0)
            return -1;
        tags->in_package = true;
        tags->package_line = tags->line;
        *component = nothing;
        component->name = value;
        return 0;
    }
    for (size_t i = 0; others[i]; i++)
        if (strcmp(tag, others[i]) == 0)
            return put_package(tags);
    if (!tags->in_package)
        return 0;
    if (strcmp(tag, "SPDXID") == 0)
        component->ref = value;
    else if (strcmp(tag, "PackageVersion") == 0)
        component->version = stated(value);
    else if (strcmp(tag, "PackageSupplier") == 0)
        component->supplier = supplier_of(value);
    else if (strcmp(tag, "PrimaryPackagePurpose") == 0)
        component->type = value;
    else if (strcmp(tag, "ValidUntilDate") == 0)
        component->end_of_support = stated(value);
    else if (strcmp(tag, "ExternalRef") == 0)
        take_reference_tag(component, value);
    return 0;
}

/* Ends the line, which goes on to </text> when <text> is in it; *next is the one behind,
 * *lines how many it was. */
static int cut_line(const struct tags *tags, char *line, char **next, unsigned *lines)
{
    char *end = line + strcspn(line, "\n"), *open, last = *end;

    *end = '\0';
    open = strstr(line, "<text>");
    *end = last;
    if (open && !(open = strstr(open, "</text>")))
        return error_set(tags->error, "%s:%u: expected </text> behind <text>",
                         tags->source->path, tags->line);
    if (open && open > end)
        end = open + strcspn(open, "\n");
    *next = *end ? end + 1 : end;
    *lines = 0;
    for (const char *at = line; at < *next; at++)
        *lines += *at == '\n';
    while (end > line && strchr(" \t\r", end[-1]))
        end--;
    *end = '\0';
    return 0;
}

static int read_line(struct tags *tags, char *line)
{
    char *tag = line + strspn(line, " \t"), *value = strchr(tag, ':');

    if (!*tag || *tag == '#')
        return 0;
    if (!value)
        return error_set(tags->error,
                         "%s:%u: expected an SBOM: CycloneDX or SPDX as JSON, or SPDX as "
                         "lines `Tag: value`",
                         tags->source->path, tags->line);
    *value++ = '\0';
    return take_tag(tags, tag, value + strspn(value, " \t"));
}

int import_spdx_tags(const struct import_source *source, char *text, struct error *error)
{
    struct tags tags = {.source = source, .line = 1, .error = error};
    bool spdx = false;
    unsigned lines = 0;

    text += strncmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    for (char *next = text, *line = text; *line; line = next, tags.line += lines) {
        if (cut_line(&tags, line, &next, &lines) < 0 || read_line(&tags, line) < 0)
            return -1;
        spdx = spdx || strcmp(line, "SPDXVersion") == 0;
    }
    if (!spdx)
        return error_set(error, "%s: expected an SBOM: no line begins with SPDXVersion:",
                         source->path);
    return put_package(&tags);
}
