/* percuss-libfuzzer: libFuzzer on a campaign's device. It starts percuss-afl, which has
 * the device, and asks it for one execution after the other as afl-fuzz does
 * (forkserver.h), so that nothing of the harness that runs devices is built for
 * libFuzzer; the map lies where libFuzzer looks for counters. A new finding ends
 * libFuzzer, which keeps the input, unless it is told to go on; what is known already
 * never does. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ASKS = 198, TELLS = 199, MAP = 1 << 16, INPUT = 1 << 16, LENGTH = 4 };
enum { PATIENCE_MS = 100, HARNESS_FAILED = 4, FOUND = 77 /* as libFuzzer ends */ };

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
    const char *campaign, *out, *hold;
    bool goes_on;
    unsigned findings;
    pid_t server;
    int asks, tells;
    uint8_t *map, *input;
} state = {.asks = -1, .tells = -1};

__attribute__((section("__libfuzzer_extra_counters"), used)) static uint8_t counters[MAP];

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "percuss-libfuzzer: %s%s%s\n", what, errno ? ": " : "",
            errno ? strerror(errno) : "");
    _exit(HARNESS_FAILED);
}

/* --- how it is called --------------------------------------------------------------- */

static const struct cli_option options[] = {
    {"campaign", "FILE", "the campaign (default: $PERCUSS_CAMPAIGN)"},
    {"out", "DIR", "findings go to DIR/findings (default: the current folder)"},
    {"go-on", NULL, "do not end with the first new finding"},
    {"hold-map", "DIR",
     "tell libFuzzer nothing but which of the inputs in DIR it is: to compare with"},
    {NULL, NULL, NULL}};

static const struct command command = {
    .name = "percuss-libfuzzer",
    .summary = "libFuzzer on a campaign's device",
    .arguments = "[-LIBFUZZER=OPTION...] [FOLDER...]",
    .options = options,
    .details =
        "Options with two dashes are percuss's, and are written --NAME=VALUE; the others,\n"
        "and folders of inputs, are libFuzzer's: -help=1 lists them. percuss-afl, which lies\n"
        "beside this program, runs the device.\n"
        "Exit: as libFuzzer; 77 when there were findings and it went on, 2 a wrong option,\n"
        "4 the harness failed.\n",
    .alone = true,
};

/* Ours among libFuzzer's words. */
static void read_options(int count, char **words)
{
    struct cli_arguments arguments;
    struct error error = {""};
    char *ours[CLI_OPTIONS];
    const char *campaign;
    int known = 0;

    for (int i = 1; i < count && known < CLI_OPTIONS; i++)
        if (strncmp(words[i], "--", 2) == 0)
            ours[known++] = words[i];
    switch (cli_parse(&command, known, ours, &arguments, &error)) {
    case CLI_RUN: break;
    case CLI_HELP:
        if (cli_help(&command, arguments.form, stdout, &error) == 0)
            exit(EXIT_PASS);
        __attribute__((fallthrough));
    case CLI_WRONG: exit(cli_fail(&command, EXIT_USAGE, &error));
    }
    campaign = cli_value(&command, &arguments, "campaign");
    state.campaign = campaign ? campaign : getenv("PERCUSS_CAMPAIGN");
    state.out = cli_value(&command, &arguments, "out");
    state.hold = cli_value(&command, &arguments, "hold-map");
    state.goes_on = cli_value(&command, &arguments, "go-on") != NULL;
}

/* The program beside this one. */
static void find_server(char *path, size_t size)
{
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash;

    self[length > 0 ? length : 0] = '\0';
    slash = strrchr(self, '/');
    snprintf(path, size, "%.*s/percuss-afl", slash ? (int)(slash - self) : 0, self);
}

/* The mutator that this is linked with takes model and session from the environment:
 * those of the campaign, as NAME=VALUE lines. */
static void ask_target(void)
{
    char path[4200], *line = NULL, *value;
    size_t capacity = 0;
    int pipes[2];
    pid_t child;
    FILE *lines;

    find_server(path, sizeof path);
    if (pipe2(pipes, O_CLOEXEC) < 0 || (child = fork()) < 0)
        fail("cannot start percuss-afl");
    if (child == 0) {
        dup2(pipes[1], STDOUT_FILENO);
        execl(path, path, state.campaign, "--target", (char *)NULL);
        fail(path);
    }
    close(pipes[1]);
    lines = fdopen(pipes[0], "r");
    while (lines && getline(&line, &capacity, lines) > 0) {
        line[strcspn(line, "\n")] = '\0';
        value = strchr(line, '=');
        if (value) {
            *value = '\0';
            setenv(line, value + 1, 0);
        }
    }
    free(line);
    if (lines)
        fclose(lines);
    waitpid(child, NULL, 0);
}

/* Whoever goes on says at its end that there was something. */
static void tell_findings(void)
{
    if (!state.findings)
        return;
    fprintf(stderr, "percuss-libfuzzer: %u findings\n", state.findings);
    fflush(NULL);
    _exit(FOUND);
}

/* libFuzzer passes over what begins with two dashes. */
int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    read_options(*count, *arguments);
    if (!state.campaign) {
        errno = 0;
        fail("--campaign=FILE, or PERCUSS_CAMPAIGN in the environment, is missing");
    }
    ask_target();
    atexit(tell_findings);
    return 0;
}

/* --- the fork server ---------------------------------------------------------------- */

/* Memory that goes when both sides have gone. */
static uint8_t *share(size_t size, const char *variable, int *id)
{
    char text[16];
    void *memory;

    *id = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
    memory = *id < 0 ? (void *)-1 : shmat(*id, NULL, 0);
    if (memory == (void *)-1)
        fail("cannot make shared memory");
    snprintf(text, sizeof text, "%d", *id);
    setenv(variable, text, 1);
    return memory;
}

static _Noreturn void become_server(const int asks[2], const int tells[2])
{
    char path[4200], out[4200], hold[4200];

    find_server(path, sizeof path);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    if (dup2(asks[0], ASKS) < 0 || dup2(tells[1], TELLS) < 0)
        fail("cannot pass on pipes");
    snprintf(out, sizeof out, "--out=%s", state.out ? state.out : ".");
    snprintf(hold, sizeof hold, "--hold-map=%s", state.hold ? state.hold : "");
    execl(path, path, state.campaign, "--once", out, state.hold ? hold : NULL,
          (char *)NULL);
    fail(path);
}

static int32_t hear(void)
{
    int32_t word;
    ssize_t count;

    do
        count = read(state.tells, &word, sizeof word);
    while (count < 0 && errno == EINTR);
    if (count == sizeof word)
        return word;
    /* It has said why. */
    errno = 0;
    fail("percuss-afl has ended");
}

static void tell(int32_t word)
{
    ssize_t count;

    do
        count = write(state.asks, &word, sizeof word);
    while (count < 0 && errno == EINTR);
    if (count != sizeof word)
        fail("percuss-afl has gone");
}

/* In a process of libFuzzer's that runs inputs; with -fork not all of them do. */
static void start(void)
{
    int asks[2], tells[2], map, input;

    signal(SIGPIPE, SIG_IGN);
    state.map = share(MAP, "__AFL_SHM_ID", &map);
    state.input = share(LENGTH + INPUT, "__AFL_SHM_FUZZ_ID", &input);
    if (pipe2(asks, O_CLOEXEC) < 0 || pipe2(tells, O_CLOEXEC) < 0)
        fail("cannot make pipes");
    state.server = fork();
    if (state.server == 0)
        become_server(asks, tells);
    if (state.server < 0)
        fail("cannot start percuss-afl");
    close(asks[0]);
    close(tells[1]);
    state.asks = asks[1];
    state.tells = tells[0];
    hear();
    tell(0);
    shmctl(map, IPC_RMID, NULL);
    shmctl(input, IPC_RMID, NULL);
}

/* --- one execution ------------------------------------------------------------------ */

/* What hangs says nothing until the process that it named is killed. */
static int run(void)
{
    struct pollfd polled = {.events = POLLIN};
    pid_t named;

    tell(0);
    named = hear();
    polled.fd = state.tells;
    while (poll(&polled, 1, PATIENCE_MS) == 0)
        kill(named, SIGKILL);
    return hear();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t length = size < INPUT ? (uint32_t)size : INPUT;
    int status;

    if (!state.server)
        start();
    memcpy(state.input, &length, LENGTH);
    memcpy(state.input + LENGTH, data, length);
    memset(state.map, 0, MAP);
    status = run();
    memcpy(counters, state.map, MAP);
    if (!WIFSIGNALED(status))
        return 0;
    state.findings++;
    if (!state.goes_on)
        abort();
    return 0;
}
