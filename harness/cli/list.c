/* percuss list: what this build knows, from the tables that register it and the folders
 * beside it. */
#include "cli/common.h"
#include "core/escape.h"
#include "core/json_text.h"
#include "device/place.h"
#include "device/power.h"
#include "generate/anomaly.h"
#include "link/link.h"
#include "model/model.h"
#include "oracle/oracle.h"
#include "report/report.h"

#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {"json", NULL, "as JSON"},
    {"targets", "DIR", "the folder of protocols (list protocols)"},
    {"probe", NULL, "also what this machine has of them (list links)"},
    {NULL, NULL, NULL}};

/* What one `list` prints: rows of named texts. */
struct listing {
    bool as_json, probe;
    json_t *rows;
    const char *targets;
};

static void set_text(json_t *row, const char *key, const char *value)
{
    json_object_set_new(row, key, json_text(value));
}

/* One row: name and summary, then pairs of key and value up to a NULL key. Empty values
 * are left out of the text form. */
static void add(const struct listing *listing, const char *name, const char *summary,
                const char *const (*more)[2])
{
    json_t *row;

    if (listing->as_json) {
        row = json_object();
        set_text(row, "name", name);
        set_text(row, "summary", summary);
        for (; more && (*more)[0]; more++)
            set_text(row, (*more)[0], (*more)[1]);
        json_array_append_new(listing->rows, row);
        return;
    }
    printf("%-14s ", name);
    escape_write(stdout, summary, ESCAPE_TERMINAL);
    fputc('\n', stdout);
    for (; more && (*more)[0]; more++) {
        if (!(*more)[1][0])
            continue;
        printf("%-14s %s: ", "", (*more)[0]);
        escape_write(stdout, (*more)[1], ESCAPE_TERMINAL);
        fputc('\n', stdout);
    }
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

/* --- wires of this machine ---------------------------------------------------------- */

static void add_wire(void *context, const char *address, const char *what,
                     const char *obstacle)
{
    json_t *wire = json_object();

    set_text(wire, "address", address);
    set_text(wire, "is", what);
    set_text(wire, "obstacle", or_empty(obstacle));
    json_array_append_new(context, wire);
}

static void print_wires(const json_t *wires)
{
    const json_t *wire;
    size_t index;

    json_array_foreach(wires, index, wire)
    {
        const char *is = json_string_value(json_object_get(wire, "is"));
        const char *obstacle = json_string_value(json_object_get(wire, "obstacle"));

        printf("%-14s here: ", "");
        escape_write(stdout, json_string_value(json_object_get(wire, "address")),
                     ESCAPE_TERMINAL);
        fputs(is[0] ? " is " : "", stdout);
        escape_write(stdout, is, ESCAPE_TERMINAL);
        printf("%s%s\n", obstacle[0] ? ": " : "", obstacle);
    }
}

/* In the row that was added last. */
static void set_wires(const struct listing *listing, json_t *wires, const char *why)
{
    json_t *row = json_array_get(listing->rows, json_array_size(listing->rows) - 1);

    json_object_set(row, "here", wires);
    if (why[0])
        set_text(row, "none_here", why);
}

/* Of kinds that can tell. Nothing is opened: an open port may reset what hangs on it. */
static void list_wires(const struct listing *listing, const struct link_ops *kind)
{
    json_t *wires = json_array();
    const struct link_finder finder = {.found = add_wire, .context = wires};
    struct error why = {""};

    if (kind->probe(&finder, &why) < 0 && !listing->as_json)
        printf("%-14s none here: %s\n", "", why.text);
    if (!listing->as_json)
        print_wires(wires);
    else
        set_wires(listing, wires, why.text);
    json_decref(wires);
}

static int list_links(const struct listing *listing, struct error *error)
{
    char carries[200];

    (void)error;
    for (size_t i = 0; link_kinds[i]; i++) {
        const struct link_ops *kind = link_kinds[i];
        const char *more[][2] = {
            {"carries", carries_text(kind->carries, carries, sizeof carries)},
            {"keys", or_empty(kind->keys)},
            {NULL, NULL}};

        add(listing, kind->name, kind->summary, (const char *const(*)[2])more);
        if (listing->probe && kind->probe)
            list_wires(listing, kind);
    }
    return 0;
}

static int list_devices(const struct listing *listing, struct error *error)
{
    char resets[80];

    (void)error;
    for (size_t i = 0; device_kinds[i]; i++) {
        const char *more[][2] = {
            {"keys", or_empty(device_kinds[i]->keys)},
            {"resets", reset_kinds_text(device_kinds[i]->resets, resets, sizeof resets)},
            {NULL, NULL}};

        add(listing, device_kinds[i]->name, device_kinds[i]->summary,
            (const char *const(*)[2])more);
    }
    return 0;
}

static int list_power(const struct listing *listing, struct error *error)
{
    char keys[200];

    (void)error;
    for (const struct power_driver *driver = power_drivers; driver->name; driver++) {
        const char *more[][2] = {
            {"settings", power_driver_keys(driver, keys, sizeof keys)},
            {"on", or_empty(driver->commands[POWER_ON])},
            {"off", or_empty(driver->commands[POWER_OFF])},
            {"asked by", or_empty(driver->query)},
            {NULL, NULL}};

        add(listing, driver->name, driver->summary, (const char *const(*)[2])more);
    }
    return 0;
}

static int list_oracles(const struct listing *listing, struct error *error)
{
    (void)error;
    for (size_t i = 0; oracle_kinds[i]; i++) {
        const struct oracle_ops *kind = oracle_kinds[i];
        const char *more[][2] = {{"kind", kind->hard ? "hard" : "soft"},
                                 {"does not see", or_empty(kind->blind_to)},
                                 {NULL, NULL}};

        add(listing, kind->name, kind->summary, (const char *const(*)[2])more);
    }
    return 0;
}

/* A table: what there is to compare stands under each other. */
static void print_anomaly(const char *name, const char *applies, const char *cwe,
                          const char *summary, const char *example)
{
    printf("%-14s %-17s %-9s %s\n%-42s e.g. %s\n", name, applies, cwe, summary, "",
           example);
}

static int list_anomalies(const struct listing *listing, struct error *error)
{
    (void)error;
    if (!listing->as_json)
        printf("%-14s %-17s %-9s %s\n", "id", "applies to", "CWE", "what it does");
    for (size_t i = 0; anomaly_kinds[i]; i++) {
        const struct anomaly_ops *kind = anomaly_kinds[i];
        const char *more[][2] = {{"applies", or_empty(kind->applies)},
                                 {"hunts", or_empty(kind->cwe)},
                                 {"example", or_empty(kind->example)},
                                 {NULL, NULL}};

        if (listing->as_json)
            add(listing, kind->name, kind->summary, (const char *const(*)[2])more);
        else
            print_anomaly(kind->name, or_empty(kind->applies), kind->cwe, kind->summary,
                          kind->example);
    }
    return 0;
}

static int list_reports(const struct listing *listing, struct error *error)
{
    static const char *const of[] = {[REPORT_OF_RUN] = "run",
                                     [REPORT_OF_ASSESSMENT] = "assessment",
                                     [REPORT_OF_RUN | REPORT_OF_ASSESSMENT] =
                                         "run, assessment"};

    (void)error;
    for (size_t i = 0; report_kinds[i]; i++) {
        unsigned can = report_kinds[i]->can;
        const char *more[][2] = {
            {"file", or_empty(report_kinds[i]->file)},
            {"of", of[can & (REPORT_OF_RUN | REPORT_OF_ASSESSMENT)]},
            {"for", can & REPORT_HAS_AUDIENCES ? "engineer, fda, mdr, procurement" : ""},
            {NULL, NULL}};

        add(listing, report_kinds[i]->name, report_kinds[i]->summary,
            (const char *const(*)[2])more);
    }
    return 0;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int is_model(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return length > 4 && entry->d_name[0] != '.' &&
           strcmp(entry->d_name + length - 4, ".ksy") == 0;
}

/* A model that does not load is shown with its reason: whoever looks for it wants to
 * know. */
static void add_model(const struct listing *listing, const char *folder,
                      const char *protocol, const char *file)
{
    char path[4096], name[600];
    struct error error = {""};
    const char *more[][2] = {{"model", path}, {"error", error.text}, {NULL, NULL}};
    struct model *model;

    snprintf(path, sizeof path, "%s/%s/%s", folder, protocol, file);
    snprintf(name, sizeof name, "%s/%.*s", protocol, (int)(strlen(file) - 4), file);
    model = model_load(path, &error);
    add(listing, name, model ? model_title(model) : "cannot be read",
        (const char *const(*)[2])more);
    model_free(model);
}

static int list_protocols(const struct listing *listing, struct error *error)
{
    struct dirent **protocols = NULL, **models;
    char folder[2048], path[4096];
    int count;

    if (listing->targets)
        snprintf(folder, sizeof folder, "%s", listing->targets);
    else
        place_share(folder, sizeof folder, "targets");
    count = scandir(folder, &protocols, is_visible, alphasort);
    if (count < 0)
        return error_set(error, "%s: the folder of protocols cannot be read: %m", folder);
    for (int i = 0; i < count; i++) {
        int found;

        models = NULL;
        snprintf(path, sizeof path, "%s/%s", folder, protocols[i]->d_name);
        found = scandir(path, &models, is_model, alphasort);
        for (int j = 0; j < found; j++) {
            add_model(listing, folder, protocols[i]->d_name, models[j]->d_name);
            free(models[j]);
        }
        free(models);
        free(protocols[i]);
    }
    free(protocols);
    return 0;
}

static const struct kind {
    const char *name, *summary;
    int (*list)(const struct listing *listing, struct error *error);
} kinds[] = {
    {"links", "wires to a device", list_links},
    {"devices", "ways to start, reset and observe a device", list_devices},
    {"power", "drivers that switch a device's power or hold its reset", list_power},
    {"oracles", "judges of what a device did", list_oracles},
    {"anomalies", "what is done to messages, fields and their order", list_anomalies},
    {"reports", "forms of report", list_reports},
    {"protocols", "message models", list_protocols},
    {NULL, NULL, NULL},
};

static int list_kinds(const struct listing *listing, struct error *error)
{
    (void)error;
    for (size_t i = 0; kinds[i].name; i++)
        add(listing, kinds[i].name, kinds[i].summary, NULL);
    return 0;
}

static int (*find_kind(const char *name, struct error *error))(const struct listing *,
                                                               struct error *)
{
    enum { KINDS = sizeof kinds / sizeof kinds[0] };
    const char *names[KINDS] = {NULL}, *nearest;

    if (!name)
        return list_kinds;
    for (size_t i = 0; kinds[i].name; i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return kinds[i].list;
        names[i] = kinds[i].name;
    }
    nearest = cli_nearest(name, names);
    error_set(error, "nothing is called '%s'; %s%s", name,
              nearest ? "did you mean " : "percuss list shows what there is",
              nearest ? nearest : "");
    return NULL;
}

static int run_list(const struct command *command, const struct cli_arguments *arguments)
{
    struct listing listing = {.as_json = cli_value(command, arguments, "json") != NULL,
                              .probe = cli_value(command, arguments, "probe") != NULL,
                              .targets = cli_value(command, arguments, "targets")};
    struct error error = {""};
    int (*list)(const struct listing *, struct error *) =
        find_kind(arguments->positional_count ? arguments->positional[0] : NULL, &error);
    int code = EXIT_PASS;

    if (!list)
        return cli_fail(command, EXIT_USAGE, &error);
    listing.rows = json_array();
    if (list(&listing, &error))
        code = cli_fail(command, EXIT_USAGE, &error);
    else if (listing.as_json && (json_dumpf(listing.rows, stdout, JSON_INDENT(2)) ||
                                 fputc('\n', stdout) == EOF))
        code = EXIT_HARNESS;
    json_decref(listing.rows);
    return code;
}

const struct command command_list = {
    .name = "list",
    .summary =
        "show links, devices, power drivers, oracles, anomalies, reports or protocols",
    .arguments = "[KIND]",
    .positional_maximum = 1,
    .options = options,
    .details =
        "KIND is links, devices, power, oracles, anomalies, reports or protocols; without it the "
        "kinds are listed.\nProtocols are the folders of --targets DIR, else of "
        "$PERCUSS_SHARE/targets, else of those\nthat this percuss came with.\n"
        "--probe: serial ports with their USB identity, other wires by name; none is "
        "opened.",
    .run = run_list,
};
