/* What the file of an assessment declares: device, tester, tool, interfaces, load tests.
 */
#include "core/hash.h"
#include "criteria/assessment_parts.h"
#include "device/file.h"

#include <stdio.h>
#include <string.h>

struct reader {
    struct assessment *assessment;
    struct store *store;
    struct error *error;
};

/* Calls `visit` for each entry of the list `key`. */
static int each(struct reader *reader, const struct yaml *map, const char *key,
                int (*visit)(struct reader *, const struct yaml *entry))
{
    const struct yaml *list = yaml_get(map, key);

    if (!list)
        return 0;
    if (list->kind != YAML_LIST)
        return yaml_complain(list, reader->error, "a list");
    for (const struct yaml *entry = list->child; entry; entry = entry->next)
        if (visit(reader, entry) < 0)
            return -1;
    return 0;
}

static int set_fact(struct reader *reader, const struct yaml *map, const char *key,
                    const char *fact)
{
    const char *value;

    if (assessment_text(map, key, false, &value, reader->error) < 0)
        return -1;
    return value ? store_write(reader->store, reader->error,
                               "INSERT INTO assessment_fact VALUES (?,?)", "tt", fact,
                               value)
                 : 0;
}

/* A map under `key` with these keys; NULL when it is absent, which *status tells from a
 * complaint. */
static const struct yaml *read_map(struct reader *reader, const struct yaml *root,
                                   const char *key, const char *const *keys, int *status)
{
    const struct yaml *map = yaml_get(root, key);

    *status = map ? yaml_check_keys(map, keys, reader->error) : 0;
    return *status < 0 ? NULL : map;
}

/* --- hashes, dates and files -------------------------------------------------------- */

static int need_sha256(struct reader *reader, const struct yaml *map, const char **value)
{
    if (assessment_text(map, "sha256", true, value, reader->error) < 0)
        return -1;
    return strlen(*value) == 64 && strspn(*value, "0123456789abcdef") == 64
               ? 0
               : yaml_complain(yaml_get(map, "sha256"), reader->error,
                               "a SHA-256: 64 lower-case hexadecimal digits");
}

/* Who says so, and when. */
static int need_signature(struct reader *reader, const struct yaml *map, const char **by,
                          const char **date)
{
    static const char shape[] = "dddd-dd-dd";
    size_t i = 0;

    if (assessment_text(map, "by", true, by, reader->error) < 0 ||
        assessment_text(map, "date", true, date, reader->error) < 0)
        return -1;
    while (shape[i] && (shape[i] == 'd' ? (*date)[i] >= '0' && (*date)[i] <= '9'
                                        : (*date)[i] == shape[i]))
        i++;
    return shape[i] || (*date)[i] ? yaml_complain(yaml_get(map, "date"), reader->error,
                                                  "a date such as 2026-11-21")
                                  : 0;
}

enum { RECORD_PATH = 4096 };

/* `record` and `sha256`: a file that is what it was. `text` gets both. */
static int need_record(struct reader *reader, const struct yaml *map,
                       char path[RECORD_PATH], char *text, size_t size)
{
    const char *name, *stated;
    char hash[HASH_TEXT];

    if (assessment_text(map, "record", true, &name, reader->error) < 0 ||
        need_sha256(reader, map, &stated) < 0 ||
        assessment_path(reader->assessment, yaml_get(map, "record"), path, RECORD_PATH,
                        reader->error) < 0)
        return -1;
    if (strcmp(file_hash_text(path, hash), stated) != 0)
        return yaml_refuse(yaml_get(map, "record"), reader->error,
                           "key 'record': SHA-256 of %s: %s, stated is %.16s…", path,
                           file_hash_text(path, hash), stated);
    snprintf(text, size, "%s, sha256 %s", name, stated);
    return 0;
}

/* --- device, tester and tool -------------------------------------------------------- */

static int read_image(struct reader *reader, const struct yaml *entry)
{
    static const char *const keys[] = {"sha256", "bridge", "by", "date", NULL};
    const char *hash, *bridge, *by = "", *date = "";

    if (yaml_check_keys(entry, keys, reader->error) < 0 ||
        need_sha256(reader, entry, &hash) < 0 ||
        assessment_text(entry, "bridge", false, &bridge, reader->error) < 0 ||
        (bridge && need_signature(reader, entry, &by, &date) < 0))
        return -1;
    if (store_integer(reader->store, 0, "SELECT 1 FROM release_image WHERE sha256 = ?",
                      "t", hash))
        return yaml_complain(yaml_get(entry, "sha256"), reader->error, "each image once");
    return store_write(reader->store, reader->error,
                       "INSERT INTO release_image VALUES (?,?,?,?)", "tttt", hash,
                       bridge ? bridge : "", by, date);
}

static int read_device(struct reader *reader, const struct yaml *root)
{
    static const char *const keys[] = {"name", "version", "images", NULL};
    int status;
    const struct yaml *map = read_map(reader, root, "device", keys, &status);

    if (!map)
        return status;
    return set_fact(reader, map, "name", "device") < 0 ||
                   set_fact(reader, map, "version", "device_version") < 0 ||
                   each(reader, map, "images", read_image) < 0
               ? -1
               : 0;
}

static int read_tester(struct reader *reader, const struct yaml *root)
{
    static const char *const keys[] = {"name", "organisation", "independence", NULL};
    int status;
    const struct yaml *map = read_map(reader, root, "tester", keys, &status);

    if (!map)
        return status;
    return set_fact(reader, map, "name", "tester") < 0 ||
                   set_fact(reader, map, "organisation", "organisation") < 0 ||
                   set_fact(reader, map, "independence", "independence") < 0
               ? -1
               : 0;
}

static int read_validation(struct reader *reader, const struct yaml *entry)
{
    static const char *const keys[] = {"version", "host", "record", "sha256",
                                       "by",      "date", NULL};
    const char *version, *host, *by, *date;
    char record[5200], path[RECORD_PATH];

    if (yaml_check_keys(entry, keys, reader->error) < 0 ||
        assessment_text(entry, "version", true, &version, reader->error) < 0 ||
        assessment_text(entry, "host", true, &host, reader->error) < 0 ||
        need_record(reader, entry, path, record, sizeof record) < 0 ||
        assessment_check_validation(path, entry, record, sizeof record, reader->error) <
            0 ||
        need_signature(reader, entry, &by, &date) < 0)
        return -1;
    return store_write(reader->store, reader->error,
                       "INSERT OR REPLACE INTO tool_validation VALUES (?,?,?,?,?)",
                       "ttttt", version, host, record, by, date);
}

/* --- interfaces and load ------------------------------------------------------------ */

static int read_interface(struct reader *reader, const struct yaml *entry)
{
    static const char *const keys[] = {"name", "protocol", "excluded", NULL};
    const char *name, *protocol, *excluded;

    if (yaml_check_keys(entry, keys, reader->error) < 0 ||
        assessment_text(entry, "name", true, &name, reader->error) < 0 ||
        assessment_text(entry, "protocol", false, &protocol, reader->error) < 0 ||
        assessment_text(entry, "excluded", false, &excluded, reader->error) < 0)
        return -1;
    if (store_integer(reader->store, 0, "SELECT 1 FROM assessed_interface WHERE name = ?",
                      "t", name))
        return yaml_complain(yaml_get(entry, "name"), reader->error,
                             "each interface once");
    return store_write(reader->store, reader->error,
                       "INSERT INTO assessed_interface VALUES (?,?,?)", "ttt", name,
                       protocol ? protocol : "", excluded ? excluded : "");
}

static int read_load(struct reader *reader, const struct yaml *entry)
{
    static const char *const keys[] = {"interface", "percent", "minutes", "held", "tool",
                                       "record",    "sha256",  "by",      "date", NULL};
    const char *interface, *tool, *by, *date;
    double percent = 0, minutes = 0;
    bool held = false;
    char record[4200], path[RECORD_PATH];

    if (yaml_check_keys(entry, keys, reader->error) < 0 ||
        assessment_text(entry, "interface", true, &interface, reader->error) < 0 ||
        assessment_text(entry, "tool", true, &tool, reader->error) < 0 ||
        !yaml_need(entry, "percent", YAML_SCALAR, reader->error) ||
        yaml_read_real(entry, "percent", 1, 1e6, &percent, reader->error) < 0 ||
        !yaml_need(entry, "minutes", YAML_SCALAR, reader->error) ||
        yaml_read_real(entry, "minutes", 0, 1e6, &minutes, reader->error) < 0 ||
        !yaml_need(entry, "held", YAML_SCALAR, reader->error) ||
        yaml_read_bool(entry, "held", &held, reader->error) < 0 ||
        need_record(reader, entry, path, record, sizeof record) < 0 ||
        need_signature(reader, entry, &by, &date) < 0)
        return -1;
    return store_write(reader->store, reader->error,
                       "INSERT INTO load_test VALUES (NULL,?,?,?,?,?,?,?,?)", "trritttt",
                       interface, percent, minutes, (int64_t)held, tool, record, by,
                       date);
}

int assessment_read_declared(struct assessment *assessment, const struct yaml *root,
                             struct error *error)
{
    struct reader reader = {assessment, assessment->store, error};

    /* That it is an assessment is itself a fact, which criteria ask for. */
    if (store_write(reader.store, error, "INSERT INTO assessment_fact VALUES (?,?)", "tt",
                    "assessment", assessment->name) < 0 ||
        set_fact(&reader, root, "title", "title") < 0 || read_device(&reader, root) < 0 ||
        read_tester(&reader, root) < 0 ||
        each(&reader, root, "validation", read_validation) < 0 ||
        each(&reader, root, "interfaces", read_interface) < 0 ||
        each(&reader, root, "load", read_load) < 0 ||
        assessment_read_trace(assessment, root, error) < 0)
        return -1;
    return 0;
}
