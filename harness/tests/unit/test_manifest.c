/* Manifests and archives: every file is in them, none leaves its folder. */
#include "bundle/archive.h"
#include "bundle/manifest.h"
#include "scratch.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

struct world {
    char folder[SCRATCH_PATH], path[SCRATCH_PATH], other[2 * SCRATCH_PATH];
    struct error error;
    size_t named, files;
    char last[300];
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    char below[SCRATCH_PATH + 8];

    assert_non_null(world);
    scratch_make(world->folder);
    snprintf(below, sizeof below, "%s/b", world->folder);
    assert_int_equal(mkdir(below, 0700), 0);
    scratch_write(world->folder, "a", "one\n", world->path);
    scratch_write(world->folder, "b/c", "two\n", world->path);
    scratch_write(world->folder, "z z", "", world->path);
    if (manifest_write(world->folder, &world->error) < 0)
        fail_msg("%s", world->error.text);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    scratch_remove(world->folder);
    free(world);
    return 0;
}

static void name(void *context, const char *path, const char *how)
{
    struct world *world = context;

    world->named++;
    snprintf(world->last, sizeof world->last, "%s %s", path, how);
}

static void expect(struct world *world, size_t named, const char *last)
{
    world->named = 0;
    world->last[0] = '\0';
    if (manifest_check(world->folder, name, world, &world->files, &world->error) < 0)
        fail_msg("%s", world->error.text);
    assert_int_equal(world->named, named);
    assert_string_equal(world->last, last);
}

static void every_file_is_as_it_was(void **state)
{
    struct world *world = *state;

    expect(world, 0, "");
    assert_int_equal(world->files, 3);
}

static void what_is_altered_is_named(void **state)
{
    struct world *world = *state;

    scratch_write(world->folder, "b/c", "two", world->path);
    expect(world, 1, "b/c is not as it was");
    assert_int_equal(unlink(world->path), 0);
    expect(world, 2, "b is not in the manifest"); /* an empty folder */
    scratch_write(world->folder, "b/c", "two\n", world->path);
    expect(world, 0, "");
    scratch_write(world->folder, "b/d", "", world->path);
    expect(world, 1, "b/d is not in the manifest");
    assert_int_equal(unlink(world->path), 0);
    snprintf(world->other, sizeof world->other, "%s/z z", world->folder);
    assert_int_equal(unlink(world->other), 0);
    assert_int_equal(symlink("a", world->other), 0);
    expect(world, 1, "z z is no plain file");
}

static void what_a_line_cannot_hold_is_refused(void **state)
{
    struct world *world = *state;
    char manifest[SCRATCH_PATH + 16];

    snprintf(manifest, sizeof manifest, "%s/" MANIFEST_FILE, world->folder);
    assert_int_equal(unlink(manifest), 0);
    scratch_write(world->folder, "new\nline", "", world->path);
    assert_int_equal(manifest_write(world->folder, &world->error), -1);
    assert_int_equal(unlink(world->path), 0);
    assert_int_equal(symlink("a", world->path), 0);
    assert_int_equal(manifest_write(world->folder, &world->error), -1);
}

/* Each line of it, altered in each way. */
static void lines_are_as_they_were_written(void **state)
{
    static const char *const texts[] = {
        "0  a\n",
        "2C8B08DA5CE60398E1F19AF0E5DCCC744DF274B826ABE585EAA68C525434806  a\n",
        "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806 a\n",
        "\n",
        "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806  a",
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        scratch_write(world->folder, MANIFEST_FILE, texts[i], world->path);
        world->named = 0;
        assert_int_equal(
            manifest_check(world->folder, name, world, &world->files, &world->error), 0);
        assert_true(world->named >= 3); /* the line, and the files it does not name */
        assert_int_equal(world->files, 0);
    }
}

/* --- archives ----------------------------------------------------------------------- */

static void an_archive_comes_back_as_it_went_in(void **state)
{
    struct world *world = *state;
    char out[SCRATCH_PATH], path[SCRATCH_PATH + 16];
    struct world back = {0};

    scratch_make(out);
    snprintf(path, sizeof path, "%s/x.tar.zst", out);
    assert_int_equal(archive_write_folder(world->folder, "top", path, &world->error), 0);
    scratch_make(back.folder);
    if (archive_unpack(path, back.folder, &world->error) < 0)
        fail_msg("%s", world->error.text);
    expect(&back, 0, "");
    assert_int_equal(back.files, 3);
    scratch_remove(back.folder);
    scratch_remove(out);
}

/* An archive with one entry, made by somebody else. */
static void write_hostile(const char *path, const char *inside, unsigned type)
{
    struct archive *archive = archive_write_new();
    struct archive_entry *entry = archive_entry_new();

    archive_write_add_filter_zstd(archive);
    archive_write_set_format_pax_restricted(archive);
    assert_int_equal(archive_write_open_filename(archive, path), ARCHIVE_OK);
    archive_entry_set_pathname(entry, inside);
    archive_entry_set_filetype(entry, type);
    if (type == AE_IFLNK)
        archive_entry_set_symlink(entry, "/etc");
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, 0);
    assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
    archive_entry_free(entry);
    archive_write_free(archive);
}

static void nothing_leaves_the_folder(void **state)
{
    static const struct {
        const char *path;
        unsigned type;
    } entries[] = {{"top/../../out", AE_IFREG}, {"/tmp/percuss-out", AE_IFREG},
                   {"out", AE_IFREG},           {"top/..", AE_IFREG},
                   {"top/./out", AE_IFREG},     {"top//out", AE_IFREG},
                   {"../out", AE_IFREG},        {"top/out", AE_IFLNK},
                   {"top/out", AE_IFDIR},       {"top/out", AE_IFIFO}};
    struct world *world = *state;
    char out[SCRATCH_PATH], path[SCRATCH_PATH + 16], below[SCRATCH_PATH + 16];
    struct folder_list list;

    scratch_make(out);
    snprintf(path, sizeof path, "%s/x.tar.zst", out);
    snprintf(below, sizeof below, "%s/in", out);
    assert_int_equal(mkdir(below, 0700), 0);
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        unlink(path);
        write_hostile(path, entries[i].path, entries[i].type);
        if (archive_unpack(path, below, &world->error) == 0)
            fail_msg("%s was unpacked", entries[i].path);
        assert_int_equal(folder_list(&list, below, &world->error), 0);
        assert_int_equal(list.count, 0);
        folder_list_free(&list);
    }
    scratch_remove(out);
}

/* Nothing else than an error, wherever it ends. */
static void every_prefix_of_an_archive_is_damaged(void **state)
{
    struct world *world = *state;
    char out[SCRATCH_PATH], path[SCRATCH_PATH + 16], below[SCRATCH_PATH + 16];
    struct stat what;

    scratch_make(out);
    snprintf(path, sizeof path, "%s/x.tar.zst", out);
    snprintf(below, sizeof below, "%s/in", out);
    assert_int_equal(archive_write_folder(world->folder, "top", path, &world->error), 0);
    assert_int_equal(stat(path, &what), 0);
    for (off_t length = what.st_size - 1; length >= 0; length--) {
        assert_int_equal(truncate(path, length), 0);
        assert_int_equal(mkdir(below, 0700), 0);
        if (archive_unpack(path, below, &world->error) == 0)
            fail_msg("%lld of %lld bytes", (long long)length, (long long)what.st_size);
        folder_remove(below);
    }
    scratch_remove(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_file_is_as_it_was, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_altered_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_line_cannot_hold_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(lines_are_as_they_were_written, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_archive_comes_back_as_it_went_in, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(nothing_leaves_the_folder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_prefix_of_an_archive_is_damaged, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
