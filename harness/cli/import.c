/* percuss import: recorded traffic becomes seeds, and a table of what it covers. The
 * facts are gathered as JSON; the text is a view of it. */
#include "cli/common.h"
#include "cli/import_json.h"
#include "core/json_text.h"
#include "device/place.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 4096, VALUES_SHOWN = 10, FIELDS_COLUMN = 38 };

static const struct cli_option options[] = {
    {"model", "FILE", "the model (.ksy)"},
    {"protocol", "NAME", "instead: the model of targets/NAME; NAME/MODEL among several"},
    {"session", "FILE",
     "a session: its exemplars are compared with the traffic, its context is followed"},
    {"context", "NAME=VALUE", "what a param of the model is, more after commas"},
    {"port", "P", "the device's port; needed for TCP and UDP"},
    {"out", "FOLDER", "where seeds go (default: corpora/PROTOCOL/imported)"},
    {"json", NULL, "print facts as JSON"},
    {NULL, NULL, NULL},
};

struct job {
    char model_path[PATH_SIZE + 256], folder[PATH_SIZE];
    struct model *model;
    struct session *session;
    struct import import;
};

/* --- text --------------------------------------------------------------------------- */

static json_int_t number_at(const json_t *json, const char *key)
{
    return json_integer_value(json_object_get(json, key));
}

static void print_value(const json_t *value)
{
    if (json_is_integer(value))
        printf("%lld", json_integer_value(value));
    else
        printf("%s", json_string_value(value));
}

static void print_names(const char *title, const json_t *names)
{
    const json_t *name;
    size_t i;

    if (json_array_size(names) == 0)
        return;
    printf("\n%s:\n ", title);
    json_array_foreach(names, i, name) printf(" %s", json_string_value(name));
    putchar('\n');
}

static void print_kinds(const json_t *facts)
{
    const json_t *kind, *name, *exemplars;
    size_t i, k;

    printf("\n%-8s %8s %8s %8s  kind\n", "", "messages", "valid", "seeds");
    json_array_foreach(json_object_get(facts, "kinds"), i, kind)
    {
        printf("%-8s %8lld %8lld %8lld  %s", json_text_at(kind, "direction"),
               number_at(kind, "messages"), number_at(kind, "valid"),
               number_at(kind, "seeds"), json_text_at(kind, "kind"));
        exemplars = json_object_get(kind, "exemplars");
        if (exemplars && json_array_size(exemplars) == 0)
            printf("  (no exemplar in the session)");
        else if (exemplars)
            printf("  (session:");
        json_array_foreach(exemplars, k, name) printf(" %s", json_string_value(name));
        printf("%s\n", json_array_size(exemplars) ? ")" : "");
    }
    print_names("exemplars of the session that were not seen",
                json_object_get(facts, "exemplars_not_seen"));
}

/* Which of the values with a name were seen, then which were not. */
static void print_marked(const json_t *items, const char *title, const char *key)
{
    static const char *const groups[] = {"not seen", "seen"};
    const json_t *item;
    size_t i;

    for (int seen = 1; items && seen >= 0; seen--) {
        size_t count = 0;

        json_array_foreach(items, i, item)
        {
            if (json_is_true(json_object_get(item, "seen")) != seen)
                continue;
            if (count++ == 0)
                printf("%*s%s %s:", FIELDS_COLUMN + 2, "", title, groups[seen]);
            printf(" %s%s", json_text_at(item, key), *json_text_at(item, key) ? "=" : "");
            print_value(json_object_get(item, "value"));
        }
        if (count)
            putchar('\n');
    }
}

static void print_fields(const json_t *facts)
{
    const json_t *field, *value, *values;
    size_t i, k;

    printf("\n%-*s %8s  values\n", FIELDS_COLUMN - 8, "field", "seen");
    json_array_foreach(json_object_get(facts, "fields"), i, field)
    {
        values = json_object_get(field, "values");
        printf("%-*s %8lld  ", FIELDS_COLUMN - 8, json_text_at(field, "field"),
               number_at(field, "seen"));
        print_value(json_object_get(field, "minimum"));
        printf(" to ");
        print_value(json_object_get(field, "maximum"));
        printf(", %zu%s:", json_array_size(values),
               json_is_true(json_object_get(field, "values_complete")) ? "" : " or more");
        json_array_foreach(values, k, value)
        {
            if (k == VALUES_SHOWN) {
                printf(" ..");
                break;
            }
            putchar(' ');
            print_value(value);
        }
        putchar('\n');
        print_marked(json_object_get(field, "boundaries"), "boundaries", "label");
        print_marked(json_object_get(field, "choices"), "choices", "name");
    }
    print_names("integer fields that were not seen",
                json_object_get(facts, "fields_not_seen"));
}

static void print_problems(const char *title, const json_t *problems)
{
    const json_t *problem, *packet;
    size_t i, k;

    if (json_array_size(problems) == 0)
        return;
    printf("\n%s:\n", title);
    json_array_foreach(problems, i, problem)
    {
        const char *clause = json_text_at(problem, "clause");

        printf("%8lld x %s: %s%s%s; %lld bytes; packets", number_at(problem, "times"),
               json_text_at(problem, "direction"), json_text_at(problem, "reason"),
               *clause ? "; " : "", clause, number_at(problem, "bytes"));
        json_array_foreach(json_object_get(problem, "packets"), k, packet)
            printf(" %lld", json_integer_value(packet));
        printf("%s of %s\n", number_at(problem, "times") > IMPORT_PACKETS ? " .." : "",
               json_text_at(problem, "file"));
    }
}

static void print_facts(const json_t *facts)
{
    const json_t *packets = json_object_get(facts, "packets");
    const json_t *seeds = json_object_get(facts, "seeds");

    printf("%s: %lld messages, %lld of them valid; %lld new seeds in %s, %lld known\n",
           json_text_at(facts, "model"), number_at(facts, "messages"),
           number_at(facts, "valid"), number_at(seeds, "written"),
           json_text_at(facts, "folder"), number_at(seeds, "known"));
    if (json_object_get(facts, "joined"))
        printf("%lld of the messages joined from several frames\n",
               number_at(facts, "joined"));
    printf("%lld packets, %lld of other ports, %lld not decoded, %lld datagrams lack "
           "fragments, %lld bytes of TCP are missing%s\n",
           number_at(packets, "read"), number_at(packets, "other_ports"),
           number_at(packets, "not_decoded"), number_at(packets, "fragments_missing"),
           number_at(packets, "bytes_lost"),
           json_is_true(json_object_get(packets, "cut")) ? "; a file ends inside a packet"
                                                         : "");
    print_kinds(facts);
    print_fields(facts);
    print_problems("frames that are not valid", json_object_get(facts, "not_valid"));
    print_problems("bytes that no frame took", json_object_get(facts, "no_frame"));
}

/* --- what is imported with what ------------------------------------------------------
 */

static int is_model(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return length > 4 && entry->d_name[0] != '.' &&
           strcmp(entry->d_name + length - 4, ".ksy") == 0;
}

/* The only model of the folder; of several the user must name one. */
static int find_only_model(struct job *job, const char *folder, const char *protocol,
                           struct error *error)
{
    struct dirent **models = NULL;
    int count = scandir(folder, &models, is_model, alphasort), status = 0;
    char names[300] = "";

    for (int i = 0; i < count; i++) {
        size_t used = strlen(names);

        snprintf(names + used, sizeof names - used, " %s/%.*s", protocol,
                 (int)strlen(models[i]->d_name) - 4, models[i]->d_name);
        snprintf(job->model_path, sizeof job->model_path, "%s/%s", folder,
                 models[i]->d_name);
        free(models[i]);
    }
    free(models);
    if (count < 1)
        status = error_set(error, "--protocol %s: no model in %s", protocol, folder);
    else if (count > 1)
        status = error_set(error, "--protocol %s: expected one of%s", protocol, names);
    return status;
}

static int find_protocol(struct job *job, const char *protocol, const char *out,
                         struct error *error)
{
    size_t length = strcspn(protocol, "/");
    char targets[2048], folder[PATH_SIZE];

    place_share(targets, sizeof targets, "targets");
    if (strlen(protocol) > 200 || protocol[0] == '.')
        return error_set(error, "--protocol: expected a folder of targets, found '%.60s'",
                         protocol);
    if (!out)
        snprintf(job->folder, sizeof job->folder, "corpora/%.*s/imported", (int)length,
                 protocol);
    snprintf(folder, sizeof folder, "%s/%s", targets, protocol);
    if (!protocol[length])
        return find_only_model(job, folder, protocol, error);
    snprintf(job->model_path, sizeof job->model_path, "%.4000s.ksy", folder);
    return 0;
}

/* The folder a model lies in names its protocol. */
static int find_model(struct job *job, const char *model, const char *out,
                      struct error *error)
{
    char *path = realpath(model, NULL), *end = path ? strrchr(path, '/') : NULL;
    const char *name;

    if (!end) {
        free(path);
        return error_set(error, "%s: %s", model, strerror(errno));
    }
    *end = '\0';
    name = strrchr(path, '/');
    if (!out)
        snprintf(job->folder, sizeof job->folder, "corpora/%.200s/imported",
                 name ? name + 1 : "");
    snprintf(job->model_path, sizeof job->model_path, "%s", model);
    free(path);
    return 0;
}

static int prepare(struct job *job, const struct command *command,
                   const struct cli_arguments *arguments, struct error *error)
{
    const char *model = cli_value(command, arguments, "model");
    const char *protocol = cli_value(command, arguments, "protocol");
    const char *session = cli_value(command, arguments, "session");
    const char *out = cli_value(command, arguments, "out");
    struct import_options how = {0};

    if (!model == !protocol)
        return error_set(error, "expected one of --model FILE and --protocol NAME");
    if (common_read_port(command, arguments, &how.port, error) < 0)
        return -1;
    if (out)
        snprintf(job->folder, sizeof job->folder, "%s", out);
    if (protocol ? find_protocol(job, protocol, out, error)
                 : find_model(job, model, out, error))
        return -1;
    job->model = model_load(job->model_path, error);
    if (!job->model)
        return -1;
    if (session) {
        job->session = session_load(session, job->model, error);
        if (!job->session)
            return -1;
    }
    how.folder = job->folder;
    how.session = job->session;
    if (common_read_context(command, arguments, job->model, &how.context, error) < 0)
        return -1;
    return import_begin(&job->import, job->model, &how, error);
}

static int show(const struct job *job, bool json, struct error *error)
{
    json_t *facts = import_json(&job->import, job->session);

    if (!facts)
        return error_set(error, "out of memory");
    if (json) {
        json_dumpf(facts, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        print_facts(facts);
    }
    json_decref(facts);
    if (fflush(stdout) || ferror(stdout))
        return error_set(error, "standard output: %s", strerror(errno));
    return 0;
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    struct error error = {""};
    struct job job = {0};
    int code = EXIT_USAGE;

    if (prepare(&job, command, arguments, &error))
        goto out;
    for (int i = 0; i < arguments->positional_count; i++) {
        if (import_read(&job.import, arguments->positional[i], &error))
            goto out;
    }
    if (import_end(&job.import, &error))
        goto out;
    code = show(&job, cli_value(command, arguments, "json"), &error) ? EXIT_HARNESS
                                                                     : EXIT_PASS;
out:
    if (code != EXIT_PASS)
        cli_fail(command, (enum exit_code)code, &error);
    import_free(&job.import);
    session_free(job.session);
    model_free(job.model);
    return code;
}

extern const struct command command_import;
const struct command command_import = {
    .name = "import",
    .summary = "turn recorded traffic into seeds and a table of what it covers",
    .arguments = "CAPTURE...",
    .positional_minimum = 1,
    .positional_maximum = CLI_POSITIONAL,
    .options = options,
    .details =
        "CAPTURE is a pcap or pcapng file (also .zst) of TCP or UDP, or a serial line\n"
        "as percuss records it; several are read in this order. Each distinct valid\n"
        "message (sequence number and checksum aside) becomes a file\n"
        "NNN-request-KIND.bin or NNN-reply-KIND.bin; what FOLDER holds already is not\n"
        "written again. A recording may hold its users' data: look before you share it.\n",
    .run = run,
};
