#include "bundle/tool.h"

#include "bundle/manifest.h"

#include <archive.h>
#include <gnu/libc-version.h>
#include <openssl/crypto.h>
#include <pcap/pcap.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>
#include <zstd.h>

struct part {
    const char *name, *license, *purpose;
    const char *(*version)(void);
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

static const struct part parts[] = {
    {"glibc", "LGPL-2.1-or-later", "C library", gnu_get_libc_version},
    {"jansson", "MIT", "JSON", jansson_version_str},
    {"libarchive", "BSD-2-Clause", "archives of evidence", archive_number},
    {"libpcap", "BSD-3-Clause", "independent captures", pcap_number},
    {"libyaml", "MIT", "models, sessions, campaigns, criteria", yaml_get_version_string},
    {"openssl", "Apache-2.0", "digests and signatures", openssl_version},
    {"sqlite", "blessing", "the store", sqlite3_libversion},
    {"zstd", "BSD-3-Clause", "compression", ZSTD_versionString},
};
enum { PARTS = sizeof parts / sizeof parts[0] };

static int hash_program(char text[HASH_TEXT])
{
    struct hash hash;
    struct error error;

    if (manifest_hash("/proc/self/exe", &hash, &error) < 0)
        return -1;
    hash_to_text(&hash, text);
    return 0;
}

static const char *compiler(void)
{
#ifdef __clang__
    return "clang " __clang_version__;
#else
    return "gcc " __VERSION__;
#endif
}

/* --- versions ----------------------------------------------------------------------- */

/* What the run wrote down of itself and of what it ran on. */
static json_t *run_facts(struct store *store)
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

json_t *tool_self(void)
{
    json_t *libraries = json_object(), *json = NULL;
    char program[HASH_TEXT];

    for (size_t i = 0; i < PARTS; i++)
        json_object_set_new(libraries, parts[i].name, json_string(parts[i].version()));
    if (hash_program(program) == 0)
        json = json_pack("{s:s, s:s, s:s, s:O}", "percuss", PERCUSS_VERSION,
                         "program_sha256", program, "compiler", compiler(), "libraries",
                         libraries);
    json_decref(libraries);
    return json;
}

char *tool_versions(struct store *store)
{
    json_t *self = tool_self(), *json = NULL;
    char *text;

    if (self)
        json = json_pack("{s:o, s:o}", "run", run_facts(store), "bundled_by", self);
    text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
    json_decref(json);
    return text;
}

/* --- bill of materials -------------------------------------------------------------- */

static json_t *component(const struct part *part)
{
    const char *version = part->version();
    char reference[100];

    snprintf(reference, sizeof reference, "pkg:generic/%s@%s", part->name, version);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:[{s:{s:s}}]}", "type", "library",
                     "bom-ref", reference, "name", part->name, "version", version,
                     "description", part->purpose, "purl", reference, "licenses",
                     "license", "id", part->license);
}

/* Without serial number and time stamp: the same program has the same bytes. */
char *tool_sbom(void)
{
    json_t *components = json_array(), *needs = json_array(), *json = NULL;
    char program[HASH_TEXT], *text;

    for (size_t i = 0; i < PARTS; i++) {
        json_t *one = component(&parts[i]);

        json_array_append(needs, json_object_get(one, "bom-ref"));
        json_array_append_new(components, one);
    }
    if (hash_program(program) == 0)
        json = json_pack(
            "{s:s, s:s, s:i, s:{s:{s:s, s:s, s:s, s:s, s:[{s:{s:s}}], s:[{s:s, s:s}]}}, "
            "s:O, s:[{s:s, s:O}]}",
            "bomFormat", "CycloneDX", "specVersion", "1.6", "version", 1, "metadata",
            "component", "type", "application", "bom-ref", "percuss", "name", "percuss",
            "version", PERCUSS_VERSION, "licenses", "license", "id", "BSD-2-Clause",
            "hashes", "alg", "SHA-256", "content", program, "components", components,
            "dependencies", "ref", "percuss", "dependsOn", needs);
    text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
    json_decref(json);
    json_decref(components);
    json_decref(needs);
    return text;
}
