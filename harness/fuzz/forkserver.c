#include "fuzz/forkserver.h"

#include "generate/input.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ASKS = 198, TELLS = 199 };
enum { ENDING_MS = 200 };

/* The hello word: bits that offer something, and the map's size in what is left. */
static const uint32_t options_on = 0x80000001, option_map_size = 0x40000000,
                      option_shared_input = 0x01000000;
enum { MAP_SIZE_SHIFT = 1, LENGTH = sizeof(uint32_t) };

/* afl-fuzz looks for this text in the program: here is a process that outlives inputs, so
 * it offers them in shared memory. */
static const char persistent[] __attribute__((used)) = "##SIG_AFL_PERSISTENT##";

bool forkserver_wanted(void)
{
    return getenv("__AFL_SHM_ID") && fcntl(ASKS, F_GETFD) >= 0 &&
           fcntl(TELLS, F_GETFD) >= 0;
}

/* --- shared memory ------------------------------------------------------------------ */

/* The segment that the variable names; NULL without the variable, or when it is not
 * there. */
static void *attach(const char *variable, int *id, size_t *size)
{
    const char *text = getenv(variable);
    struct shmid_ds about;
    char *end;
    long number;
    void *memory;

    *id = -1;
    if (!text)
        return NULL;
    number = strtol(text, &end, 10);
    if (end == text || *end || number < 0 || number > INT_MAX ||
        shmctl((int)number, IPC_STAT, &about) < 0)
        return NULL;
    memory = shmat((int)number, NULL, 0);
    if (memory == (void *)-1)
        return NULL;
    *id = (int)number;
    *size = about.shm_segsz;
    return memory;
}

/* Its pipes close a moment before a process has ended; whether it was waited for does not
 * matter. */
static bool has_ended(pid_t pid)
{
    struct pollfd polled = {pidfd_open(pid, 0), POLLIN, 0};
    bool ended = polled.fd < 0 ? errno == ESRCH : poll(&polled, 1, ENDING_MS) == 1;

    if (polled.fd >= 0)
        close(polled.fd);
    return ended;
}

/* A fuzzer that was killed could not remove its memory. */
static void release(const void *memory, int id)
{
    struct shmid_ds about;

    if (!memory)
        return;
    shmdt(memory);
    if (shmctl(id, IPC_STAT, &about) == 0 && has_ended(about.shm_cpid))
        shmctl(id, IPC_RMID, NULL);
}

int forkserver_open(struct forkserver *server, size_t map_size, const char *file,
                    struct error *error)
{
    *server = (struct forkserver){.file = file};
    fcntl(ASKS, F_SETFD, FD_CLOEXEC);
    fcntl(TELLS, F_SETFD, FD_CLOEXEC);
    server->map = attach("__AFL_SHM_ID", &server->map_id, &server->map_size);
    if (!server->map || server->map_size < map_size)
        return error_set(
            error, "the fuzzer's map is not there, or smaller than %zu bytes", map_size);
    server->map_size = map_size;
    server->shared =
        attach("__AFL_SHM_FUZZ_ID", &server->shared_id, &server->shared_size);
    if (server->shared && server->shared_size <= LENGTH)
        return error_set(error, "the fuzzer's memory for inputs has no room for any");
    if (!server->shared && !(server->bytes = malloc(INPUT_MAXIMUM)))
        return error_set(error, "out of memory for inputs");
    return 0;
}

/* --- the stand-in ------------------------------------------------------------------- */

static _Noreturn void stand_in(pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent) {
        close_range(0, ~0u, 0);
        for (;;)
            pause();
    }
    _exit(0);
}

static bool need_stand_in(struct forkserver *server)
{
    pid_t self = getpid();

    if (server->stand_in > 0)
        return true;
    server->stand_in = fork();
    if (server->stand_in == 0)
        stand_in(self);
    return server->stand_in > 0;
}

static int bury_stand_in(struct forkserver *server)
{
    int status = SIGKILL;

    if (server->stand_in > 0) {
        kill(server->stand_in, SIGKILL);
        while (waitpid(server->stand_in, &status, 0) < 0 && errno == EINTR)
            ;
    }
    server->stand_in = 0;
    return status;
}

void forkserver_close(struct forkserver *server)
{
    bury_stand_in(server);
    release(server->map, server->map_id);
    release(server->shared, server->shared_id);
    free(server->bytes);
    *server = (struct forkserver){0};
}

/* --- words -------------------------------------------------------------------------- */

static bool tell(uint32_t word)
{
    ssize_t count;

    do
        count = write(TELLS, &word, sizeof word);
    while (count < 0 && errno == EINTR);
    return count == sizeof word;
}

static bool hear(volatile const int *stop)
{
    uint32_t word;
    ssize_t count;

    do
        count = read(ASKS, &word, sizeof word);
    while (count < 0 && errno == EINTR && !*stop);
    return count == sizeof word && !*stop;
}

int forkserver_hello(struct forkserver *server, struct error *error)
{
    static const volatile int never;
    uint32_t word = options_on | option_map_size |
                    (uint32_t)((server->map_size - 1) << MAP_SIZE_SHIFT) |
                    (server->shared ? option_shared_input : 0);

    /* Until now a byte in the map tells that this program is made for it. */
    server->map[0] = 1;
    if (!tell(word) || (server->shared && !hear(&never)))
        return error_set(error, "the fuzzer that started this has gone");
    return 0;
}

/* --- inputs ------------------------------------------------------------------------- */

static struct view shared_input(const struct forkserver *server)
{
    size_t room = server->shared_size - LENGTH, length;
    uint32_t said;

    memcpy(&said, server->shared, LENGTH);
    length = said < room ? said : room;
    return (struct view){server->shared + LENGTH,
                         length < INPUT_MAXIMUM ? length : INPUT_MAXIMUM};
}

static int read_input(struct forkserver *server, struct view *input, struct error *error)
{
    int handle = server->file ? open(server->file, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    size_t length = 0;
    ssize_t count = 0;

    if (handle >= 0 && !server->file)
        lseek(handle, 0, SEEK_SET);
    while (handle >= 0 && length < INPUT_MAXIMUM &&
           (count = read(handle, server->bytes + length, INPUT_MAXIMUM - length)) > 0)
        length += (size_t)count;
    if (handle < 0 || count < 0)
        error_set(error, "cannot read the input %s: %s",
                  server->file ? server->file : "on standard input", strerror(errno));
    if (handle >= 0 && server->file)
        close(handle);
    *input = (struct view){server->bytes, length};
    return handle < 0 || count < 0 ? -1 : 1;
}

int forkserver_next(struct forkserver *server, volatile const int *stop,
                    struct view *input, struct error *error)
{
    if (!hear(stop))
        return 0;
    if (!server->shared)
        return read_input(server, input, error);
    *input = shared_input(server);
    return 1;
}

/* --- answers ------------------------------------------------------------------------ */

/* The fuzzer kills what hangs. True: it did. */
static bool wait_to_be_killed(const struct forkserver *server)
{
    int handle = pidfd_open(server->stand_in, 0);
    struct pollfd polled[] = {{handle, POLLIN, 0}, {ASKS, 0, 0}};
    int ready;

    do
        ready = poll(polled, 2, -1);
    while (ready < 0 && errno == EINTR);
    if (handle >= 0)
        close(handle);
    return handle >= 0 && polled[0].revents;
}

bool forkserver_answer(struct forkserver *server, enum forkserver_end end)
{
    static const uint32_t status[] = {
        [FORKSERVER_OK] = 0, [FORKSERVER_CRASH] = SIGABRT, [FORKSERVER_FAULT] = SIGSEGV};

    if (!need_stand_in(server) || !tell((uint32_t)server->stand_in))
        return false;
    if (end != FORKSERVER_HANG)
        return tell(status[end]);
    return wait_to_be_killed(server) && tell((uint32_t)bury_stand_in(server));
}
