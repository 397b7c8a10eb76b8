/* percuss decode: shows what a model reads in bytes: one message, many, or the traffic of
 * a capture. */
#include "cli/common.h"
#include "cli/message.h"
#include "core/clock.h"
#include "generate/follow.h"
#include "record/joins.h"
#include "record/traffic.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE_MAXIMUM = 1 << 20, PROBLEM_SHOWN = 64 };

static const struct cli_option options[] = {
    {"model", "FILE", "the model (.ksy); required"},
    {"reply", NULL, "the bytes are a reply, not a request"},
    {"file", "FILE", "decode the bytes of FILE (with --hex-lines: of its lines)"},
    {"hex-lines", NULL, "each line is a message in hex; needs --file or -"},
    {"join", NULL, "--hex-lines follow each other: join what spans several"},
    {"port", "P", "capture: the device's port; other traffic is left out"},
    {"context", "NAME=VALUE", "what a param of the model is, more after commas"},
    {"session", "FILE", "capture: follow what its connections agree on, as it says"},
    {"json", NULL, "one JSON object a message and line"},
    {NULL, NULL, NULL},
};

struct decoder {
    struct model *model;
    struct session *session; /* or NULL */
    struct follower follower;
    struct tree tree;
    struct joins joins;
    bool json, reply, join;
    const struct traffic_piece *piece; /* of a capture; NULL: plain bytes */
    uint64_t messages, invalid, unframed, joined;
    struct error error;
    int code;
};

static int fail(struct decoder *decoder, enum exit_code code)
{
    decoder->code = (int)code;
    return -1;
}

/* --- printing ----------------------------------------------------------------------- */

static void print_time(FILE *out, int64_t wall_ns)
{
    int64_t below = (wall_ns % CLOCK_S + CLOCK_S) % CLOCK_S;
    time_t seconds = (time_t)(wall_ns / CLOCK_S - (wall_ns % CLOCK_S < 0));
    struct tm parts;
    char text[40] = "";

    if (gmtime_r(&seconds, &parts))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    fprintf(out, "%s.%09" PRId64 "Z", text, below);
}

static int dump(json_t *json)
{
    int status = json ? json_dumpf(json, stdout, JSON_COMPACT | JSON_ENSURE_ASCII) : -1;

    putchar('\n');
    json_decref(json);
    return status;
}

static void add_origin(json_t *json, const struct traffic_piece *piece)
{
    if (!piece)
        return;
    json_object_set_new(json, "file", json_string(piece->file));
    json_object_set_new(json, "packet", json_integer((json_int_t)piece->packet));
    json_object_set_new(json, "time_ns", json_integer(piece->wall_ns));
}

static void print_origin(const struct traffic_piece *piece)
{
    if (!piece)
        return;
    printf("\npacket %" PRIu64 "  ", piece->packet);
    print_time(stdout, piece->wall_ns);
    printf("  %s\n", piece->reply ? "<- reply" : "-> request");
}

/* `problem`: what joining says of this frame; `pieces`: how many frames were joined. */
static int print_tree(struct decoder *decoder, const struct tree *tree, struct view bytes,
                      const char *problem, size_t pieces)
{
    int status;

    if (decoder->json) {
        json_t *json = message_json(tree, bytes, pieces);

        add_origin(json, decoder->piece);
        if (json && *problem)
            json_object_set_new(json, "segments", json_string(problem));
        status = dump(json);
    } else {
        print_origin(decoder->piece);
        if (pieces)
            printf("joined from %zu frames: ", pieces);
        if (*problem)
            printf("segments: %s\n", problem);
        status = message_print(stdout, tree, bytes, pieces);
    }
    if (status < 0) {
        error_set(&decoder->error, "out of memory");
        return fail(decoder, EXIT_HARNESS);
    }
    return 0;
}

/* Bytes that are no message: an answer for each line and piece all the same. */
static void print_problem(const struct decoder *decoder, struct view bytes,
                          const char *problem)
{
    char hex[PROBLEM_SHOWN * 2 + 2];

    bytes_to_hex(view_slice(bytes, 0, PROBLEM_SHOWN), hex, sizeof hex);
    if (decoder->json) {
        json_t *json = json_pack("{s:s, s:I, s:b, s:s, s:[], s:[]}", "problem", problem,
                                 "length", (json_int_t)bytes.length, "reply",
                                 (int)decoder->reply, "hex", hex, "fields", "violations");

        add_origin(json, decoder->piece);
        dump(json);
        return;
    }
    print_origin(decoder->piece);
    printf("%zu bytes that are no frame: %s\n  %s%s\n", bytes.length, problem, hex,
           bytes.length > PROBLEM_SHOWN ? " .." : "");
}

/* The frame, then the message that it makes whole. */
static int join(struct decoder *decoder, struct view bytes)
{
    struct joiner *joiner = joins_of(
        &decoder->joins, decoder->piece ? decoder->piece->connection : 0, decoder->reply);
    int status = joiner ? joiner_take(joiner, &decoder->tree, bytes) : -1;

    if (status < 0) {
        error_set(&decoder->error, "out of memory");
        return fail(decoder, EXIT_HARNESS);
    }
    decoder->invalid += decoder->tree.violation_count > 0;
    if (print_tree(decoder, &decoder->tree, bytes, segment_problem_text(joiner->problem),
                   0) < 0)
        return -1;
    if (status != SEGMENT_WHOLE || joiner->pieces == 0)
        return 0;
    decoder->joined++;
    decoder->invalid += joiner->tree.violation_count > 0;
    return print_tree(decoder, &joiner->tree, buffer_view(&joiner->frame), "",
                      joiner->pieces);
}

static int decode(struct decoder *decoder, struct view bytes)
{
    uint64_t connection = decoder->piece ? decoder->piece->connection : 0;

    decoder->tree.context = follow_context(&decoder->follower, connection);
    if (tree_parse(&decoder->tree, bytes, decoder->reply) < 0) {
        decoder->unframed++;
        print_problem(decoder, bytes, "nested deeper than 64 types, or out of memory");
        return 0;
    }
    decoder->messages++;
    if (follow_take(&decoder->follower, connection, &decoder->tree) < 0) {
        error_set(&decoder->error, "out of memory");
        return fail(decoder, EXIT_HARNESS);
    }
    if (decoder->join && model_has_segments(decoder->model))
        return join(decoder, bytes);
    decoder->invalid += decoder->tree.violation_count > 0;
    return print_tree(decoder, &decoder->tree, bytes, "", 0);
}

/* --- where the bytes are from ------------------------------------------------------- */

static int decode_hex(struct decoder *decoder, const char *text)
{
    struct buffer bytes = buffer_make(MESSAGE_MAXIMUM);
    int status;

    if (bytes_from_hex(&bytes, text) < 0) {
        error_set(&decoder->error,
                  "'%.60s': expected hex digits in pairs, a capture file, or - for the "
                  "standard input",
                  text);
        status = fail(decoder, EXIT_USAGE);
    } else {
        status = decode(decoder, buffer_view(&bytes));
    }
    buffer_free(&bytes);
    return status;
}

static int decode_bytes(struct decoder *decoder, FILE *file, const char *name)
{
    struct buffer bytes = buffer_make(MESSAGE_MAXIMUM);
    uint8_t chunk[4096];
    size_t got;
    int status = 0;

    while (status == 0 && (got = fread(chunk, 1, sizeof chunk, file)) > 0)
        status = buffer_append(&bytes, (struct view){chunk, got});
    if (status)
        error_set(&decoder->error, "%s: expected one message of at most %d bytes", name,
                  MESSAGE_MAXIMUM);
    else if (ferror(file))
        status = error_set(&decoder->error, "%s: %s", name, strerror(errno));
    status = status ? fail(decoder, EXIT_USAGE) : decode(decoder, buffer_view(&bytes));
    buffer_free(&bytes);
    return status;
}

static int decode_lines(struct decoder *decoder, FILE *file, const char *name)
{
    struct buffer bytes = buffer_make(MESSAGE_MAXIMUM);
    char *line = NULL;
    size_t size = 0, number = 0;
    ssize_t length;
    int status = 0;

    while (status == 0 && (length = getline(&line, &size, file)) >= 0) {
        number++;
        buffer_clear(&bytes);
        if (strlen(line) != (size_t)length || bytes_from_hex(&bytes, line) < 0) {
            error_set(&decoder->error,
                      "%s:%zu: expected hex digits in pairs, at most %d bytes", name,
                      number, MESSAGE_MAXIMUM);
            status = fail(decoder, EXIT_USAGE);
        } else {
            status = decode(decoder, buffer_view(&bytes));
        }
    }
    if (status == 0 && ferror(file)) {
        error_set(&decoder->error, "%s: %s", name, strerror(errno));
        status = fail(decoder, EXIT_USAGE);
    }
    free(line);
    buffer_free(&bytes);
    return status;
}

static int decode_file(struct decoder *decoder, const char *path, bool lines)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rbe");
    const char *name = file == stdin ? "standard input" : path;
    int status;

    if (!file) {
        error_set(&decoder->error, "%s: %s", path, strerror(errno));
        return fail(decoder, EXIT_USAGE);
    }
    status = (lines ? decode_lines : decode_bytes)(decoder, file, name);
    if (file != stdin)
        fclose(file);
    return status;
}

static void take_piece(void *context, const struct traffic_piece *piece)
{
    struct decoder *decoder = context;

    if (decoder->code)
        return;
    decoder->piece = piece;
    decoder->reply = piece->reply;
    if (piece->problem) {
        decoder->unframed++;
        print_problem(decoder, piece->bytes, piece->problem);
    } else {
        decode(decoder, piece->bytes);
    }
}

static void print_totals(const struct decoder *decoder,
                         const struct traffic_totals *totals)
{
    printf("\n%" PRIu64 " messages, ", decoder->messages);
    if (model_has_segments(decoder->model))
        printf("%" PRIu64 " joined from several, ", decoder->joined);
    printf("%" PRIu64 " of them not valid, %" PRIu64
           " times bytes that are no frame; %" PRIu64 " packets, %" PRIu64
           " not decoded%s\n",
           decoder->invalid, decoder->unframed, totals->packets, totals->not_decoded,
           totals->cut ? "; the file ends inside a packet" : "");
}

static int decode_capture(struct decoder *decoder, const char *path, uint16_t port)
{
    const struct traffic_options how = {.framing = model_framing(decoder->model),
                                        .port = port};
    struct traffic *traffic = traffic_make(&how, take_piece, decoder);
    struct traffic_totals totals;

    decoder->join = true;
    if (!traffic || traffic_read(traffic, path, &decoder->error) ||
        traffic_end(traffic, &totals, &decoder->error))
        fail(decoder, EXIT_USAGE);
    else if (!decoder->json)
        print_totals(decoder, &totals);
    traffic_free(traffic);
    return decoder->code ? -1 : 0;
}

/* --- the command -------------------------------------------------------------------- */

static bool is_capture(const char *what)
{
    return what && strcmp(what, "-") != 0 && access(what, F_OK) == 0;
}

static int check_arguments(const struct command *command,
                           const struct cli_arguments *arguments, struct error *error)
{
    bool lines = cli_value(command, arguments, "hex-lines");
    const char *file = cli_value(command, arguments, "file");
    const char *what = arguments->positional_count ? arguments->positional[0] : NULL;

    if (!cli_value(command, arguments, "model"))
        return error_set(error, "--model FILE.ksy is missing");
    if (!what == !file)
        return error_set(error, "expected one of HEX, -, CAPTURE and --file FILE");
    if (lines && !file && strcmp(what, "-") != 0)
        return error_set(error, "--hex-lines needs --file FILE or -");
    if (cli_value(command, arguments, "join") && !lines)
        return error_set(error, "--join: expected --hex-lines (captures are joined)");
    if (cli_value(command, arguments, "reply") && is_capture(what))
        return error_set(error, "--reply: a capture tells the direction itself");
    if (cli_value(command, arguments, "port") && !is_capture(what))
        return error_set(error, "--port: expected a capture file to read");
    if (cli_value(command, arguments, "session") && !is_capture(what))
        return error_set(error, "--session: expected a capture file to read");
    return 0;
}

static void decode_what(struct decoder *decoder, const struct command *command,
                        const struct cli_arguments *arguments, uint16_t port)
{
    bool lines = cli_value(command, arguments, "hex-lines");
    const char *file = cli_value(command, arguments, "file");
    const char *what = arguments->positional_count ? arguments->positional[0] : "-";

    if (file || strcmp(what, "-") == 0)
        decode_file(decoder, file ? file : what, lines);
    else if (is_capture(what))
        decode_capture(decoder, what, port);
    else
        decode_hex(decoder, what);
}

/* The model, and what its messages are to be read under. */
static int load(struct decoder *decoder, const struct command *command,
                const struct cli_arguments *arguments)
{
    const char *session = cli_value(command, arguments, "session");
    struct context context = {0};

    decoder->model = model_load(cli_value(command, arguments, "model"), &decoder->error);
    if (!decoder->model || common_read_context(command, arguments, decoder->model,
                                               &context, &decoder->error) < 0)
        return -1;
    if (session)
        decoder->session = session_load(session, decoder->model, &decoder->error);
    if (session && !decoder->session)
        return -1;
    tree_init(&decoder->tree, decoder->model);
    joins_init(&decoder->joins, decoder->model);
    follow_begin(&decoder->follower, decoder->session, &context);
    return 0;
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    struct decoder decoder = {.json = cli_value(command, arguments, "json"),
                              .reply = cli_value(command, arguments, "reply"),
                              .join = cli_value(command, arguments, "join")};
    uint16_t port = 0;

    if (check_arguments(command, arguments, &decoder.error) < 0 ||
        common_read_port(command, arguments, &port, &decoder.error) < 0)
        return cli_fail(command, EXIT_USAGE, &decoder.error);
    if (load(&decoder, command, arguments) < 0)
        fail(&decoder, EXIT_USAGE);
    else
        decode_what(&decoder, command, arguments, port);
    if ((fflush(stdout) || ferror(stdout)) && !decoder.code) {
        error_set(&decoder.error, "standard output: %s", strerror(errno));
        fail(&decoder, EXIT_HARNESS);
    }
    if (decoder.code)
        cli_fail(command, (enum exit_code)decoder.code, &decoder.error);
    joins_free(&decoder.joins);
    tree_free(&decoder.tree);
    follow_end(&decoder.follower);
    session_free(decoder.session);
    model_free(decoder.model);
    return decoder.code;
}

extern const struct command command_decode;
const struct command command_decode = {
    .name = "decode",
    .summary = "show what a model reads in a message, or in a capture",
    .arguments = "HEX|-|CAPTURE",
    .positional_maximum = 1,
    .options = options,
    .details =
        "HEX is one message, - its bytes on the standard input, CAPTURE a pcap or pcapng "
        "file (also .zst)\nof TCP, UDP, or a serial line as percuss records it. Without "
        "--port who took a connection is\nthe device, else the lower port. What the model's segments say spans frames is shown "
        "joined\nbehind its last one. Exit: 0 "
        "decoded, also what breaks the model's rules; 2 a file\nor the bytes cannot be "
        "read. The JSON is documented in harness/model/README.md.\n",
    .run = run,
};
