/* The bare recorded loop that percuss is measured against: bare_loop CAPTURE PORT FOLDER.
 *
 * Replays what a campaign did (read from its send log before the clock starts) against
 * the server on 127.0.0.1:PORT: the same bytes in the same order, the same connections
 * opened, half-closed, reset, and as many reply bytes awaited as the campaign got. Each
 * message goes to a pcapng file with one write(2), each case to SQLite in batches of
 * 1,000. Nothing is generated, parsed or judged. FOLDER/cases.txt gets, a line a case:
 * number, messages, nanoseconds of the campaign (from its log), nanoseconds here, 1 when
 * a wait is in it. Both times are between the same two messages: the case's first and
 * the next case's first. No harness code is in here. */
#include "script.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 1000, PATIENCE_US = 100 * 1000 };
/* A gap between a message and its reply that only waiting makes. */
static const int64_t sleep_ns = 900 * 1000;
/* The campaign's patience with an answer, and a little less. */
static const int64_t patience_ns = 45 * 1000 * 1000;

struct loop {
    struct sockaddr_in server;
    int socket, capture;
    sqlite3 *database;
    sqlite3_stmt *insert;
    unsigned pending;
    size_t short_reads, failures;
};

struct tally {
    uint64_t number, sent, received;
    int64_t began_ns;
};

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* --- recording ---------------------------------------------------------------------- */

static int open_capture(const char *path)
{
    static const uint32_t head[] = {0x0a0d0d0a, 28,         0x1a2b3c4d, 1,
                                    0xffffffff, 0xffffffff, 28,         1,
                                    32,         147,        0,          9 | 1 << 16,
                                    9,          0,          32}; /* link type USER0,
                                                                    nanoseconds */
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (file >= 0 && write(file, head, sizeof head) != (ssize_t)sizeof head) {
        close(file);
        file = -1;
    }
    return file;
}

/* One enhanced packet block. */
static void record(struct loop *loop, const uint8_t *bytes, size_t length, bool sent,
                   int64_t at)
{
    uint8_t block[2048] = {0};
    size_t data = length < 1900 ? length : 1900, padded = (data + 3) / 4 * 4;
    uint32_t size = (uint32_t)(28 + padded + 8 + 4 + 4);
    const uint32_t head[] = {6,
                             size,
                             0,
                             (uint32_t)((uint64_t)at >> 32),
                             (uint32_t)at,
                             (uint32_t)data,
                             (uint32_t)length};
    const uint32_t tail[] = {2 | 4 << 16, sent ? 2 : 1, 0, size};

    memcpy(block, head, sizeof head);
    if (data)
        memcpy(block + 28, bytes, data);
    memcpy(block + 28 + padded, tail, sizeof tail);
    loop->failures += write(loop->capture, block, size) != (ssize_t)size;
}

static int open_database(struct loop *loop, const char *path)
{
    unlink(path);
    if (sqlite3_open(path, &loop->database) != SQLITE_OK ||
        sqlite3_exec(
            loop->database,
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE cases ("
            "number INTEGER PRIMARY KEY, verdict TEXT, latency_us INTEGER, sent_bytes "
            "INTEGER, received_bytes INTEGER); BEGIN",
            NULL, NULL, NULL) != SQLITE_OK)
        return -1;
    return sqlite3_prepare_v2(loop->database,
                              "INSERT OR REPLACE INTO cases VALUES (?,?,?,?,?)", -1,
                              &loop->insert, NULL) == SQLITE_OK
               ? 0
               : -1;
}

static void store(struct loop *loop, const struct tally *tally)
{
    if (tally->number == 0)
        return;
    sqlite3_bind_int64(loop->insert, 1, (sqlite3_int64)tally->number);
    sqlite3_bind_text(loop->insert, 2, "pass", -1, SQLITE_STATIC);
    sqlite3_bind_int64(loop->insert, 3, (now_ns() - tally->began_ns) / 1000);
    sqlite3_bind_int64(loop->insert, 4, (sqlite3_int64)tally->sent);
    sqlite3_bind_int64(loop->insert, 5, (sqlite3_int64)tally->received);
    loop->failures += sqlite3_step(loop->insert) != SQLITE_DONE;
    sqlite3_reset(loop->insert);
    if (++loop->pending < BATCH)
        return;
    loop->pending = 0;
    loop->failures +=
        sqlite3_exec(loop->database, "COMMIT; BEGIN", NULL, NULL, NULL) != SQLITE_OK;
}

/* --- the wire ----------------------------------------------------------------------- */

static void reset_connection(struct loop *loop)
{
    if (loop->socket >= 0)
        close(loop->socket); /* with RST: SO_LINGER is 0 */
    loop->socket = -1;
}

static void open_connection(struct loop *loop)
{
    const struct timeval patience = {.tv_usec = PATIENCE_US};

    reset_connection(loop);
    loop->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(loop->socket, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    setsockopt(loop->socket, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0},
               sizeof(struct linger));
    setsockopt(loop->socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(loop->socket, (struct sockaddr *)&loop->server, sizeof loop->server) < 0)
        loop->failures++;
}

/* Awaits `length` bytes; 0: the peer's close. */
static size_t receive(struct loop *loop, uint8_t *into, size_t room, size_t length)
{
    size_t got = 0;

    do {
        ssize_t count = recv(loop->socket, into, room, 0);

        if (count <= 0) {
            loop->short_reads += length > 0;
            break;
        }
        got += (size_t)count;
    } while (length == 0 || got < length);
    return got;
}

/* --- the loop ----------------------------------------------------------------------- */

/* What follows in the log before the next message is what this one got. */
static size_t bytes_awaited(const struct script *script, size_t *index)
{
    size_t bytes = 0;

    while (*index + 1 < script->count &&
           script->actions[*index + 1].kind == ACTION_RECEIVE &&
           script->actions[*index + 1].stretch == script->actions[*index].stretch)
        bytes += script->actions[++*index].length;
    return bytes;
}

/* Does one action and the receiving behind it; done_ns gets the time of each. */
static void act(struct loop *loop, const struct script *script, size_t *index,
                int64_t *done_ns, struct tally *tally)
{
    const struct action *action = &script->actions[*index];
    uint8_t reply[4096];
    size_t first = *index, awaited;

    done_ns[first] = now_ns();
    if (action->kind == ACTION_OPEN) {
        open_connection(loop);
        record(loop, NULL, 0, true, done_ns[first]);
    } else if (action->kind == ACTION_SEND) {
        record(loop, action->bytes, action->length, true, done_ns[first]);
        if (send(loop->socket, action->bytes, action->length, MSG_NOSIGNAL) < 0)
            loop->short_reads++;
        tally->sent += action->length;
    } else if (action->kind == ACTION_END) {
        shutdown(loop->socket, SHUT_WR);
        record(loop, NULL, 0, true, done_ns[first]);
    } else if (action->kind == ACTION_EOF) {
        receive(loop, reply, sizeof reply, 0);
        done_ns[first] = now_ns();
        record(loop, NULL, 0, false, done_ns[first]);
    } else if (action->kind == ACTION_RESET) {
        record(loop, NULL, 0, true, done_ns[first]);
        reset_connection(loop);
    }
    awaited = action->kind == ACTION_RECEIVE ? action->length : 0;
    awaited += bytes_awaited(script, index);
    if (awaited == 0)
        return;
    awaited = receive(loop, reply, sizeof reply, awaited);
    tally->received += awaited;
    for (size_t i = action->kind == ACTION_RECEIVE ? first : first + 1; i <= *index; i++)
        done_ns[i] = now_ns();
    record(loop, reply, awaited < sizeof reply ? awaited : sizeof reply, false,
           done_ns[*index]);
}

static void replay(struct loop *loop, const struct script *script, int64_t *done_ns)
{
    struct tally tally = {0};

    for (size_t i = 0; i < script->count; i++) {
        const struct action *action = &script->actions[i];
        bool begins = i == 0 || script->actions[i - 1].stretch != action->stretch;

        if (action->number != tally.number) {
            store(loop, &tally);
            tally = (struct tally){.number = action->number, .began_ns = now_ns()};
        }
        /* A stretch may begin on a connection that an earlier one opened. */
        if (begins && action->kind != ACTION_OPEN)
            open_connection(loop);
        act(loop, script, &i, done_ns, &tally);
    }
    store(loop, &tally);
    sqlite3_exec(loop->database, "COMMIT", NULL, NULL, NULL);
}

/* --- figures ------------------------------------------------------------------------ */

/* The server sleeps before some answers and waits for the rest of a message, and campaign
 * and loop wait where no answer comes. */
static bool is_asleep(const struct action *before, const struct action *after,
                      int64_t campaign_ns, int64_t bare_ns)
{
    bool waits = after->kind == ACTION_RECEIVE || after->kind == ACTION_EOF ||
                 before->kind == ACTION_SEND;

    return campaign_ns > patience_ns ||
           (waits && (campaign_ns > sleep_ns || bare_ns > sleep_ns));
}

/* Case [first, end) lasts up to the first message of the next one in the same stretch. */
static void print_case(FILE *out, const struct script *script, const int64_t *done_ns,
                       size_t first, size_t end)
{
    const struct action *actions = script->actions;
    bool joined = end < script->count && actions[end].stretch == actions[first].stretch;
    size_t last = joined ? end : end - 1;
    unsigned messages = 0;
    bool asleep = false;

    for (size_t i = first; i < end; i++) {
        messages += actions[i].kind == ACTION_SEND;
        asleep |= i > first && is_asleep(&actions[i - 1], &actions[i],
                                         actions[i].logged_ns - actions[i - 1].logged_ns,
                                         done_ns[i] - done_ns[i - 1]);
    }
    fprintf(out, "%llu %u %lld %lld %d\n", (unsigned long long)actions[first].number,
            messages, (long long)(actions[last].logged_ns - actions[first].logged_ns),
            (long long)(done_ns[last] - done_ns[first]), asleep);
}

static int report(const struct script *script, const int64_t *done_ns, const char *path)
{
    FILE *out = fopen(path, "we");
    size_t first = 0;

    if (!out)
        return -1;
    for (size_t i = 1; i <= script->count; i++)
        if (i == script->count ||
            script->actions[i].number != script->actions[first].number ||
            script->actions[i].stretch != script->actions[first].stretch) {
            print_case(out, script, done_ns, first, i);
            first = i;
        }
    return fclose(out);
}

int main(int count, char **words)
{
    struct loop loop = {.socket = -1, .capture = -1};
    struct script script = {0};
    int64_t *done_ns = NULL;
    char path[1024];
    int status = 1;

    if (count != 4) {
        fprintf(stderr, "usage: bare_loop CAPTURE PORT FOLDER\n");
        return 2;
    }
    loop.server =
        (struct sockaddr_in){.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)strtoul(words[2], NULL, 10)),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (script_read(&script, words[1]) < 0)
        goto out;
    done_ns = calloc(script.count, sizeof *done_ns);
    snprintf(path, sizeof path, "%s/bare.pcapng", words[3]);
    loop.capture = open_capture(path);
    snprintf(path, sizeof path, "%s/bare.db", words[3]);
    if (!done_ns || loop.capture < 0 || open_database(&loop, path) < 0) {
        fprintf(stderr, "bare_loop: cannot record in %s\n", words[3]);
        goto out;
    }
    replay(&loop, &script, done_ns);
    snprintf(path, sizeof path, "%s/cases.txt", words[3]);
    if (report(&script, done_ns, path) != 0) {
        perror(path);
        goto out;
    }
    if (loop.failures || loop.short_reads)
        fprintf(stderr,
                "bare_loop: %zu failures, %zu answers shorter than the campaign's\n",
                loop.failures, loop.short_reads);
    status = loop.failures ? 1 : 0;
out:
    reset_connection(&loop);
    if (loop.capture >= 0)
        close(loop.capture);
    sqlite3_finalize(loop.insert);
    sqlite3_close(loop.database);
    free(done_ns);
    script_free(&script);
    return status;
}
