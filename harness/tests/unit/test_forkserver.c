/* The fork server, with this test in the place of afl-fuzz. */
#include "fuzz/forkserver.h"

#include "scratch.h"

#include <poll.h>
#include <signal.h>
#include <sys/shm.h>
#include <sys/wait.h>

enum { ASKS = 198, TELLS = 199, MAP = 1 << 16, INPUT = 1 << 20, LENGTH = 4 };

struct fuzzer {
    int asks, tells, map_id, input_id;
    uint8_t *map, *input;
    pid_t server;
};

static int make_memory(size_t size, const char *variable, uint8_t **memory)
{
    int id = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
    char text[16];

    assert_true(id >= 0);
    *memory = shmat(id, NULL, 0);
    assert_ptr_not_equal(*memory, (void *)-1);
    snprintf(text, sizeof text, "%d", id);
    setenv(variable, text, 1);
    return id;
}

/* Ends as the first byte of an input says; what was read is in the map. */
static _Noreturn void serve(const char *file)
{
    static const volatile int never;
    struct forkserver server;
    struct error error;
    struct view input;

    if (!forkserver_wanted() || forkserver_open(&server, MAP, file, &error) < 0 ||
        forkserver_hello(&server, &error) < 0)
        _exit(1);
    while (forkserver_next(&server, &never, &input, &error) == 1) {
        memcpy(server.map, input.data, input.length < 16 ? input.length : 16);
        if (!forkserver_answer(&server, input.length ? input.data[0] : FORKSERVER_OK))
            break;
    }
    forkserver_close(&server);
    _exit(0);
}

static uint32_t hear(const struct fuzzer *fuzzer)
{
    uint32_t word = 0;

    assert_int_equal(read(fuzzer->tells, &word, sizeof word), sizeof word);
    return word;
}

static void tell(const struct fuzzer *fuzzer, uint32_t word)
{
    assert_int_equal(write(fuzzer->asks, &word, sizeof word), sizeof word);
}

static void start(struct fuzzer *fuzzer, const char *file)
{
    int asks[2], tells[2];

    *fuzzer = (struct fuzzer){.input_id = -1};
    fuzzer->map_id = make_memory(MAP, "__AFL_SHM_ID", &fuzzer->map);
    unsetenv("__AFL_SHM_FUZZ_ID");
    if (!file)
        fuzzer->input_id =
            make_memory(LENGTH + INPUT, "__AFL_SHM_FUZZ_ID", &fuzzer->input);
    assert_int_equal(pipe(asks), 0);
    assert_int_equal(pipe(tells), 0);
    fuzzer->server = fork();
    if (fuzzer->server == 0) {
        alarm(30);
        if (dup2(asks[0], ASKS) < 0 || dup2(tells[1], TELLS) < 0)
            _exit(2);
        close(asks[0]);
        close(asks[1]);
        close(tells[0]);
        close(tells[1]);
        serve(file);
    }
    close(asks[0]);
    close(tells[1]);
    fuzzer->asks = asks[1];
    fuzzer->tells = tells[0];
}

static void end(struct fuzzer *fuzzer)
{
    int status;

    close(fuzzer->asks);
    close(fuzzer->tells);
    assert_int_equal(waitpid(fuzzer->server, &status, 0), fuzzer->server);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    shmdt(fuzzer->map);
    assert_int_equal(shmctl(fuzzer->map_id, IPC_RMID, NULL), 0);
    if (fuzzer->input) {
        shmdt(fuzzer->input);
        assert_int_equal(shmctl(fuzzer->input_id, IPC_RMID, NULL), 0);
    }
}

/* Asks for an execution; the number of the process that it names. */
static pid_t ask(struct fuzzer *fuzzer, const uint8_t *bytes, uint32_t length)
{
    pid_t named;

    memset(fuzzer->map, 0, MAP);
    if (fuzzer->input) {
        memcpy(fuzzer->input, &length, LENGTH);
        memcpy(fuzzer->input + LENGTH, bytes, length < 16 ? length : 1);
    }
    tell(fuzzer, 0);
    named = (pid_t)hear(fuzzer);
    assert_true(named > 0 && named != getpid() && named != fuzzer->server);
    return named;
}

static void test_hello_and_ends(void **state)
{
    static const uint8_t ok[] = {FORKSERVER_OK, 7}, crash[] = {FORKSERVER_CRASH},
                         fault[] = {FORKSERVER_FAULT};
    struct fuzzer fuzzer;
    uint32_t hello;
    pid_t named;

    (void)state;
    start(&fuzzer, NULL);
    hello = hear(&fuzzer);
    assert_int_equal(hello & 0x80000001, 0x80000001);
    assert_int_equal(hello & 0x41000000, 0x41000000); /* map size, shared inputs */
    assert_int_equal(((hello & 0x00fffffe) >> 1) + 1, MAP);
    tell(&fuzzer, 0x81000001);
    named = ask(&fuzzer, ok, sizeof ok);
    assert_int_equal(hear(&fuzzer), 0);
    assert_int_equal(fuzzer.map[1], 7);
    assert_int_equal(ask(&fuzzer, crash, sizeof crash), named);
    assert_int_equal(hear(&fuzzer), SIGABRT);
    ask(&fuzzer, fault, sizeof fault);
    assert_int_equal(hear(&fuzzer), SIGSEGV);
    /* A length that lies is cut. */
    ask(&fuzzer, ok, UINT32_MAX);
    assert_int_equal(hear(&fuzzer), 0);
    end(&fuzzer);
}

static void test_a_hang_ends_when_it_is_killed(void **state)
{
    static const uint8_t hang[] = {FORKSERVER_HANG}, ok[] = {FORKSERVER_OK};
    struct pollfd polled = {.events = POLLIN};
    struct fuzzer fuzzer;
    pid_t named;

    (void)state;
    start(&fuzzer, NULL);
    hear(&fuzzer);
    tell(&fuzzer, 0x81000001);
    for (int turn = 0; turn < 3; turn++) {
        named = ask(&fuzzer, hang, sizeof hang);
        polled.fd = fuzzer.tells;
        assert_int_equal(poll(&polled, 1, 30), 0);
        assert_int_equal(kill(named, SIGKILL), 0);
        assert_int_equal(hear(&fuzzer), SIGKILL);
    }
    ask(&fuzzer, ok, sizeof ok);
    assert_int_equal(hear(&fuzzer), 0);
    /* A fuzzer that goes away in the middle of one. */
    ask(&fuzzer, hang, sizeof hang);
    end(&fuzzer);
}

static void test_inputs_in_a_file(void **state)
{
    char folder[SCRATCH_PATH], path[SCRATCH_PATH];
    struct fuzzer fuzzer;

    (void)state;
    scratch_make(folder);
    scratch_write(folder, "input", "\1first", path);
    start(&fuzzer, path);
    assert_int_equal(hear(&fuzzer) & 0x01000000, 0);
    ask(&fuzzer, NULL, 0);
    assert_int_equal(hear(&fuzzer), SIGABRT);
    assert_memory_equal(fuzzer.map + 1, "first", 5);
    scratch_write(folder, "input", "", path);
    ask(&fuzzer, NULL, 0);
    assert_int_equal(hear(&fuzzer), 0);
    end(&fuzzer);
    scratch_remove(folder);
}

/* A fuzzer that was killed removes nothing: the server does, and leaves what belongs to a
 * living one. */
static void test_memory_of_the_dead_is_removed(void **state)
{
    struct forkserver server;
    struct shmid_ds about;
    struct error error;
    uint8_t *memory;
    int id, pipes[2];
    char text[16];
    pid_t maker;

    (void)state;
    unsetenv("__AFL_SHM_FUZZ_ID");
    id = make_memory(MAP, "__AFL_SHM_ID", &memory);
    assert_int_equal(forkserver_open(&server, MAP, "none", &error), 0);
    forkserver_close(&server);
    assert_int_equal(shmctl(id, IPC_STAT, &about), 0);
    shmdt(memory);
    shmctl(id, IPC_RMID, NULL);
    assert_int_equal(pipe(pipes), 0);
    maker = fork();
    if (maker == 0) {
        id = shmget(IPC_PRIVATE, MAP, IPC_CREAT | 0600);
        _exit(write(pipes[1], &id, sizeof id) != sizeof id);
    }
    assert_int_equal(read(pipes[0], &id, sizeof id), sizeof id);
    close(pipes[0]);
    close(pipes[1]);
    snprintf(text, sizeof text, "%d", id);
    setenv("__AFL_SHM_ID", text, 1);
    assert_int_equal(forkserver_open(&server, MAP, "none", &error), 0);
    forkserver_close(&server); /* its maker may not have been waited for */
    assert_int_equal(shmctl(id, IPC_STAT, &about), -1);
    waitpid(maker, NULL, 0);
}

static void test_memory_that_does_not_fit_is_said(void **state)
{
    static const char *const wrong[] = {"", "x", "-3", "99999999999", "2147483647"};
    struct forkserver server;
    struct error error;
    uint8_t *memory;
    int id;

    (void)state;
    unsetenv("__AFL_SHM_FUZZ_ID");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        setenv("__AFL_SHM_ID", wrong[i], 1);
        assert_int_equal(forkserver_open(&server, MAP, NULL, &error), -1);
        forkserver_close(&server);
    }
    id = make_memory(MAP / 2, "__AFL_SHM_ID", &memory);
    assert_int_equal(forkserver_open(&server, MAP, NULL, &error), -1);
    assert_non_null(strstr(error.text, "65536"));
    forkserver_close(&server);
    shmdt(memory);
    shmctl(id, IPC_RMID, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hello_and_ends),
        cmocka_unit_test(test_a_hang_ends_when_it_is_killed),
        cmocka_unit_test(test_inputs_in_a_file),
        cmocka_unit_test(test_memory_of_the_dead_is_removed),
        cmocka_unit_test(test_memory_that_does_not_fit_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
