#include "record/journal.h"

#include "scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

struct place {
    char folder[SCRATCH_PATH], path[SCRATCH_PATH];
};

static int make_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    assert_non_null(place);
    scratch_make(place->folder);
    scratch_path(place->folder, "journal", place->path);
    *state = place;
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;

    scratch_remove(place->folder);
    free(place);
    return 0;
}

static void test_entries_stay(void **state)
{
    struct place *place = *state;
    struct error error = {""};
    struct journal *journal = journal_open(place->path, 10, &error);

    assert_non_null(journal);
    for (uint64_t i = 0; i < 10; i++)
        assert_int_equal(journal_announce(journal, &(struct journal_entry){i, 2, 3}), 0);
    assert_int_equal(journal_announce(journal, &(struct journal_entry){10, 2, 3}), -1);
    journal_close(journal);

    journal = journal_open(place->path, 5, &error); /* smaller: what is there stays */
    assert_non_null(journal);
    assert_int_equal(journal_count(journal), 10);
    assert_int_equal(journal_entry_at(journal, 9).number, 9);
    assert_int_equal(journal_entry_at(journal, 9).attempt, 2);
    assert_int_equal(journal_entry_at(journal, 9).epoch, 3);
    assert_int_equal(journal_entry_at(journal, 10).number, 0); /* outside: nothing */
    journal_close(journal);

    journal = journal_open(place->path, 20, &error); /* larger: it grows */
    assert_non_null(journal);
    assert_int_equal(journal_count(journal), 10);
    for (uint64_t i = 10; i < 20; i++)
        assert_int_equal(journal_announce(journal, &(struct journal_entry){i, 2, 3}), 0);
    journal_reset(journal);
    assert_int_equal(journal_count(journal), 0);
    journal_close(journal);
    journal_close(NULL);
}

static void test_one_process_at_a_time(void **state)
{
    struct place *place = *state;
    struct error error = {""};
    struct journal *journal = journal_open(place->path, 10, &error);

    assert_non_null(journal);
    assert_null(journal_open(place->path, 10, &error));
    assert_non_null(strstr(error.text, "another percuss process"));
    journal_close(journal);
}

static void announce_for_ever(const char *path, int ready)
{
    struct journal *journal = journal_open(path, 100000, NULL);
    uint64_t number = 0;

    while (journal &&
           journal_announce(journal, &(struct journal_entry){number, 1, 7}) == 0) {
        /* What the link would send: the parent sees it and must find it announced. */
        if (write(ready, &number, sizeof number) != sizeof number)
            break;
        number++;
    }
    _exit(1);
}

static void test_survives_kill(void **state)
{
    struct place *place = *state;
    struct error error = {""};
    struct journal *journal;
    uint64_t seen = 0;
    int ends[2];
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0)
        announce_for_ever(place->path, ends[1]);
    close(ends[1]);
    while (seen < 5000)
        assert_int_equal(read(ends[0], &seen, sizeof seen), sizeof seen);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    while (read(ends[0], &seen, sizeof seen) == sizeof seen)
        ;
    close(ends[0]);

    journal = journal_open(place->path, 100, &error);
    assert_non_null(journal);
    assert_true(journal_count(journal) > seen);
    for (size_t i = 0; i < journal_count(journal); i++) {
        assert_int_equal(journal_entry_at(journal, i).number, i);
        assert_int_equal(journal_entry_at(journal, i).epoch, 7);
    }
    journal_close(journal);
}

static void put(const char *path, off_t offset, const void *bytes, size_t length)
{
    int file = open(path, O_WRONLY | O_CREAT, 0644);

    assert_int_equal(pwrite(file, bytes, length, offset), length);
    close(file);
}

static void refuse(const struct place *place, const char *words)
{
    struct error error = {""};

    assert_null(journal_open(place->path, 10, &error));
    assert_non_null(strstr(error.text, place->path));
    assert_non_null(strstr(error.text, words));
}

static void test_damage(void **state)
{
    static const uint8_t zeros[64],
        huge[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};
    struct place *place = *state;
    struct error error = {""};
    struct journal *journal;

    put(place->path, 0,
        "something else that is longer than a header of a journal is, surely", 67);
    refuse(place, "not a percuss journal");
    unlink(place->path);
    put(place->path, 0, "short", 5);
    refuse(place, "not a percuss journal");
    unlink(place->path);

    put(place->path, 0, zeros, sizeof zeros); /* killed before the header was written */
    journal = journal_open(place->path, 10, &error);
    assert_non_null(journal);
    assert_int_equal(journal_count(journal), 0);
    journal_close(journal);

    put(place->path, 24, huge, sizeof huge); /* count */
    refuse(place, "damaged");
    put(place->path, 16, huge, sizeof huge); /* capacity */
    refuse(place, "damaged");
    put(place->path, 8, huge, 4);
    refuse(place, "version");
}

static void test_truncated(void **state)
{
    struct place *place = *state;
    struct error error = {""};
    struct journal *journal = journal_open(place->path, 1000, &error);

    assert_non_null(journal);
    journal_close(journal);
    assert_int_equal(truncate(place->path, 200), 0);
    refuse(place, "damaged");
}

static void test_full_disk(void **state)
{
    struct place *place = *state;
    struct rlimit before, limit;
    struct error error = {""};

    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = 4096;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    assert_null(journal_open(place->path, 100000, &error));
    setrlimit(RLIMIT_FSIZE, &before);
    assert_non_null(strstr(error.text, "making room for 100000 entries"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_entries_stay),  TEST(test_one_process_at_a_time),
        TEST(test_survives_kill), TEST(test_damage),
        TEST(test_truncated),     TEST(test_full_disk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
