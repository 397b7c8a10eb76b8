#include "bundle/tool.h"

#include "bundle/commit.h"
#include "bundle/loaded.h"

#include <archive.h>
#include <capstone/capstone.h>
#include <elfutils/libdwfl.h>
#include <gnu/libc-version.h>
#include <libserialport.h>
#include <openssl/crypto.h>
#include <pcap/pcap.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>
#include <zstd.h>

/* --- what percuss uses itself ------------------------------------------------------- */

struct part {
    const char *file; /* its name begins so */
    const char *name, *license, *purpose;
    const char *(*version)(void); /* as it says itself */
};

static const char *openssl_version(void)
{
    return OpenSSL_version(OPENSSL_FULL_VERSION_STRING);
}

/* "libarchive 3.6.2", "libpcap version 1.10.3 (with TPACKET_V3)": the number in it. */
static const char *number_in(const char *text)
{
    static _Thread_local char number[32];
    const char *at = text + strcspn(text, "0123456789");

    snprintf(number, sizeof number, "%.*s", (int)strspn(at, "0123456789."), at);
    return number;
}

static const char *archive_number(void)
{
    return number_in(archive_version_string());
}

static const char *pcap_number(void)
{
    return number_in(pcap_lib_version());
}

static const char *capstone_number(void)
{
    static _Thread_local char number[32];
    int major, minor;

    cs_version(&major, &minor);
    snprintf(number, sizeof number, "%d.%d", major, minor);
    return number;
}

static const char *elfutils_version(void)
{
    return dwfl_version(NULL);
}

static const struct part parts[] = {
    {"libc.so", "glibc", "LGPL-2.1-or-later", "C library", gnu_get_libc_version},
    {"libcapstone.so", "capstone", "BSD-3-Clause", "machine code of devices",
     capstone_number},
    {"libdw.so", "elfutils", "GPL-2.0-or-later OR LGPL-3.0-or-later",
     "symbols and lines of firmware", elfutils_version},
    {"libjansson.so", "jansson", "MIT", "JSON", jansson_version_str},
    {"libarchive.so", "libarchive", "BSD-2-Clause", "archives of evidence",
     archive_number},
    {"libpcap.so", "libpcap", "BSD-3-Clause", "independent captures", pcap_number},
    {"libserialport.so", "libserialport", "LGPL-3.0-or-later", "names of serial ports",
     sp_get_package_version_string},
    {"libyaml-0.so", "libyaml", "MIT", "models, sessions, campaigns, criteria",
     yaml_get_version_string},
    {"libcrypto.so", "openssl", "Apache-2.0", "digests and signatures", openssl_version},
    {"libsqlite3.so", "sqlite", "blessing", "the store", sqlite3_libversion},
    {"libzstd.so", "zstd", "BSD-3-Clause", "compression", ZSTD_versionString},
};
enum { PARTS = sizeof parts / sizeof parts[0] };

static const struct part *part_of(const struct loaded_object *object)
{
    for (size_t i = 0; i < PARTS; i++)
        if (strncmp(object->name, parts[i].file, strlen(parts[i].file)) == 0)
            return &parts[i];
    return NULL;
}

static const char *compiler(void)
{
#ifdef __clang__
    return "clang " __clang_version__;
#else
    return "gcc " __VERSION__;
#endif
}

/* "ID=debian" of the system's own description: its value, without quotes. NULL: it has
 * none. */
static const char *system_field(const char *key, char *value, size_t size)
{
    FILE *file = fopen("/etc/os-release", "r");
    char line[512];
    size_t length = strlen(key);

    value[0] = '\0';
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, key, length) != 0 || line[length] != '=')
            continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(value, size, "%.*s",
                 (int)strcspn(line + length + 1 + (line[length + 1] == '"'), "\""),
                 line + length + 1 + (line[length + 1] == '"'));
    }
    if (file)
        fclose(file);
    return value[0] ? value : NULL;
}

/* --- versions ----------------------------------------------------------------------- */

json_t *tool_run_facts(struct store *store)
{
    static const char *const keys[] = {"tool_version", "host", "device", "link",
                                       "link_carries"};
    json_t *json = json_object();
    char text[1024];

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (store_get(store, keys[i], text, sizeof text) == 0)
            json_object_set_new(json, keys[i], json_string(text));
    return json;
}

static json_t *libraries(const struct loaded *loaded)
{
    json_t *list = json_object();

    for (size_t i = 0; i < loaded->count; i++) {
        const struct part *part = part_of(&loaded->objects[i]);
        const char *version = part ? part->version() : loaded->objects[i].version;

        if (loaded->objects[i].name[0])
            json_object_set_new(list, part ? part->name : loaded->objects[i].name,
                                json_string(version ? version : "not known"));
    }
    return list;
}

static char *text_of(json_t *json, struct error *error)
{
    char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;

    json_decref(json);
    if (!text)
        error_set(error, "out of memory for what percuss is made of");
    return text;
}

static const char *commit(void)
{
    return tool_commit[0] ? tool_commit : "not known";
}

json_t *tool_self(void)
{
    struct loaded loaded;
    char field[256];
    const char *system = system_field("PRETTY_NAME", field, sizeof field);
    json_t *json = NULL;

    if (loaded_list(&loaded, &(struct error){0}) == 0)
        json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "percuss", PERCUSS_VERSION,
                         "commit", commit(), "program_sha256", loaded.objects[0].sha256,
                         "compiler", compiler(), "system", system ? system : "not known",
                         "libraries", libraries(&loaded));
    loaded_free(&loaded);
    return json;
}

char *tool_versions(json_t *runs, struct error *error)
{
    json_t *self = tool_self();

    if (!self) {
        error_set(error, "a library that percuss runs with cannot be read");
        return NULL;
    }
    return text_of(json_pack("{s:O, s:o}", "runs", runs, "bundled_by", self), error);
}

/* --- bill of materials -------------------------------------------------------------- */

/* One name an object, whichever package it came with. */
static void reference(const struct loaded_object *object, char *text, size_t size)
{
    snprintf(text, size, "%s", object->name[0] ? object->name : "percuss");
}

/* In a package URL '+' and ':' of names and versions are escaped. */
static void put_escaped(FILE *out, const char *text)
{
    for (; *text; text++)
        fprintf(out, strchr("+:", *text) ? "%%%02X" : "%c", (unsigned char)*text);
}

static void set_purl(json_t *component, const struct loaded_object *object)
{
    char system[64], *purl = NULL;
    size_t length;
    FILE *out;

    if (!object->package || !object->version || !object->architecture ||
        !system_field("ID", system, sizeof system) ||
        !(out = open_memstream(&purl, &length)))
        return;
    fprintf(out, "pkg:deb/%s/", system);
    put_escaped(out, object->package);
    putc('@', out);
    put_escaped(out, object->version);
    fprintf(out, "?arch=%s", object->architecture);
    fclose(out);
    json_object_set_new(component, "purl", json_string(purl));
    free(purl);
}

static json_t *component(const struct loaded_object *object)
{
    const struct part *part = part_of(object);
    const char *version = part ? part->version() : object->version;
    char own[256];
    json_t *json;

    reference(object, own, sizeof own);
    json = json_pack("{s:s, s:s, s:s, s:[{s:s, s:s}]}", "type", "library", "bom-ref", own,
                     "name", part ? part->name : object->name, "hashes", "alg", "SHA-256",
                     "content", object->sha256);
    if (version)
        json_object_set_new(json, "version", json_string(version));
    if (part) {
        json_object_set_new(json, "description", json_string(part->purpose));
        json_object_set_new(json, "licenses",
                            json_pack("[{s:s}]", "expression", part->license));
    }
    set_purl(json, object);
    return json;
}

static json_t *needs(const struct loaded_object *object)
{
    json_t *list = json_array();
    char own[256];

    for (size_t i = 0; i < object->need_count; i++)
        json_array_append_new(list, json_string(object->needs[i]));
    reference(object, own, sizeof own);
    return json_pack("{s:s, s:o}", "ref", own, "dependsOn", list);
}

/* Without serial number and time stamp: the same program has the same bytes. */
char *tool_sbom(struct error *error)
{
    json_t *components = json_array(), *dependencies = json_array();
    struct loaded loaded;
    char *text = NULL;
    int status = loaded_list(&loaded, error);

    for (size_t i = 0; status == 0 && i < loaded.count; i++) {
        if (loaded.objects[i].name[0])
            json_array_append_new(components, component(&loaded.objects[i]));
        json_array_append_new(dependencies, needs(&loaded.objects[i]));
    }
    if (status == 0)
        text = text_of(
            json_pack("{s:s, s:s, s:i, s:{s:{s:s, s:s, s:s, s:s, s:[{s:{s:s}}], s:[{s:s, "
                      "s:s}]}}, s:O, s:O}",
                      "bomFormat", "CycloneDX", "specVersion", "1.6", "version", 1,
                      "metadata", "component", "type", "application", "bom-ref",
                      "percuss", "name", "percuss", "version", PERCUSS_VERSION,
                      "licenses", "license", "id", "BSD-2-Clause", "hashes", "alg",
                      "SHA-256", "content", loaded.objects[0].sha256, "components",
                      components, "dependencies", dependencies),
            error);
    json_decref(components);
    json_decref(dependencies);
    loaded_free(&loaded);
    return text;
}
