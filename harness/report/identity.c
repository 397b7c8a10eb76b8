#include "report/identity.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

int identity_run(const struct run_view *run, char text[HASH_TEXT], struct error *error)
{
    static const char *const keys[] = {"plan_hash", "started_ns"};
    struct hash_state *state = hash_begin();
    struct hash hash;
    char value[200];

    hash_add_text(state, "percuss run");
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (store_get(run->store, keys[i], value, sizeof value) < 0) {
            hash_free(state);
            return error_set(error, "%s: no run was begun in it: it has no %s",
                             run->directory, keys[i]);
        }
        hash_add_text(state, value);
    }
    hash = hash_end(state);
    hash_to_text(&hash, text);
    return 0;
}

void identity_finding(const char *run, const char *finding, char text[IDENTITY_ID])
{
    char name[40];
    size_t used = 0;

    for (; *finding && used + 1 < sizeof name; finding++)
        name[used++] = *finding > 0x20 && *finding < 0x7f ? *finding : '?';
    name[used] = '\0';
    snprintf(text, IDENTITY_ID, "%s@%.16s", name, run);
}

void identity_cause(const char *interface, const char *oracle, const char *cause,
                    char text[HASH_TEXT])
{
    struct hash_state *state = hash_begin();
    struct hash hash;

    hash_add_text(state, interface);
    hash_add_text(state, oracle);
    hash_add_text(state, cause);
    hash = hash_end(state);
    hash_to_text(&hash, text);
}

int identity_document(const json_t *document, char text[IDENTITY_UUID])
{
    char *bytes = json_dumps(document, JSON_COMPACT | JSON_ENSURE_ASCII);
    struct hash hash;
    const uint8_t *b = hash.bytes;

    if (!bytes)
        return -1;
    hash = hash_of((struct view){(uint8_t *)bytes, strlen(bytes)});
    free(bytes);
    hash.bytes[6] = (uint8_t)((hash.bytes[6] & 0x0f) | 0x80);
    hash.bytes[8] = (uint8_t)((hash.bytes[8] & 0x3f) | 0x80);
    snprintf(
        text, IDENTITY_UUID,
        "urn:uuid:%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
        b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12],
        b[13], b[14], b[15]);
    return 0;
}

int64_t identity_time(const struct report_subject *subject)
{
    int64_t last = 0;

    for (size_t i = 0; i < subject->run_count; i++) {
        int64_t at = store_integer(
            subject->runs[i].store, 0,
            "SELECT max(coalesce((SELECT max(coalesce(ended_ns, started_ns)) FROM "
            "sitting), 0), coalesce((SELECT max(at_ns) FROM triage), 0), "
            "coalesce((SELECT max(at_ns) FROM retest), 0))",
            "");

        if (at > last)
            last = at;
    }
    return last;
}

json_t *identity_uri(const char *prefix, const char *text, bool path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789-._~";
    json_t *node;
    char *uri = NULL;
    size_t size;
    FILE *out = open_memstream(&uri, &size);

    if (!out)
        return NULL;
    fputs(prefix, out);
    for (; *text; text++) {
        if (strchr(plain, *text) || (path && *text == '/'))
            fputc(*text, out);
        else
            fprintf(out, "%%%02X", (unsigned char)*text);
    }
    node = fclose(out) == 0 ? json_string(uri) : NULL;
    free(uri);
    return node;
}

char *identity_stated(const struct assessment *assessment, const char *key)
{
    sqlite3_stmt *statement = NULL;
    char *text = NULL;

    if (assessment &&
        sqlite3_prepare_v2(
            store_database(assessment->store),
            "SELECT value FROM assessment_fact WHERE key = ? AND value <> ''", -1,
            &statement, NULL) == SQLITE_OK &&
        sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_text(statement, 0))
        text = strdup((const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return text;
}

int identity_write(json_t *document, FILE *out, struct error *error)
{
    int status = document ? 0 : -1;

    if (document && (json_dumpf(document, out, JSON_INDENT(2) | JSON_ENSURE_ASCII) ||
                     fputc('\n', out) == EOF))
        status = error_set(error, "the report cannot be written");
    json_decref(document);
    return status;
}
