/* Source lines of the firmware that was built here, held against addr2line.
 * CMakeLists.txt leaves it out where no firmware is built. */
#include "device/source_lines.h"
#include "scratch.h"

#define IMAGE FIRMWARE_FOLDER "/pump-defective-an385.elf"

static bool has_line(const struct source_lines *lines, uint64_t address, const char *file,
                     uint32_t line)
{
    for (size_t i = 0; i < lines->count; i++)
        if (address - lines->list[i].address < lines->list[i].length_bytes &&
            lines->list[i].line == line &&
            strcmp(lines->files[lines->list[i].file], file) == 0)
            return true;
    return false;
}

/* Every block's first instruction is where addr2line says. */
static void test_agrees_with_addr2line(void **state)
{
    static char command[64 << 10];
    struct error error = {""};
    struct blocks *blocks = blocks_load(IMAGE, &error);
    struct source_lines *lines = blocks ? source_lines_load(IMAGE, blocks, &error) : NULL;
    uint32_t told = 0;
    char text[1000];
    size_t used;
    FILE *out;

    (void)state;
    if (!lines)
        fail_msg("%s", error.text);
    used = (size_t)snprintf(command, sizeof command, "arm-none-eabi-addr2line -e '%s'",
                            IMAGE);
    for (uint32_t i = 0; i < blocks->count; i++)
        used += (size_t)snprintf(command + used, sizeof command - used, " 0x%llx",
                                 (unsigned long long)blocks->list[i].address);
    out = popen(command, "r");
    assert_non_null(out);
    for (uint32_t i = 0; i < blocks->count; i++) {
        char *colon, *file = text;

        assert_non_null(fgets(text, sizeof text, out));
        colon = strrchr(text, ':');
        assert_non_null(colon);
        *colon = '\0';
        /* It puts the folder of the compiler before what the build has made relative. */
        if (strstr(file, "/./"))
            file = strstr(file, "/./") + 3;
        if (file[0] == '?' || colon[1] == '?' || blocks->list[i].is_dead)
            continue;
        told++;
        if (!has_line(lines, blocks->list[i].address, file,
                      (uint32_t)strtoul(colon + 1, NULL, 10)))
            fail_msg("0x%llx: %s:%s", (unsigned long long)blocks->list[i].address, file,
                     colon + 1);
    }
    assert_int_equal(pclose(out), 0);
    assert_true(told > blocks->count * 9 / 10);
    for (size_t i = 0; i + 1 < lines->count; i++)
        assert_true(lines->list[i].address <= lines->list[i + 1].address);
    for (uint32_t i = 0; i + 1 < lines->file_count; i++)
        assert_true(strcmp(lines->files[i], lines->files[i + 1]) < 0);
    source_lines_free(lines);
    blocks_free(blocks);
}

/* A copy of the image of which `length` bytes are left, or with some bytes changed. */
static void write_copy(const char *path, const uint8_t *bytes, size_t length)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void test_damaged_images(void **state)
{
    char folder[SCRATCH_PATH], path[SCRATCH_PATH];
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(IMAGE, "r");
    struct error error = {""};
    struct blocks *blocks = blocks_load(IMAGE, &error);
    uint64_t seed = 11;
    size_t length;

    (void)state;
    assert_non_null(blocks);
    assert_non_null(file);
    length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_true(length > 1000 && length < sizeof bytes);
    scratch_make(folder);
    scratch_path(folder, "image.elf", path);
    for (int round = 0; round < 60; round++) {
        struct source_lines *lines;
        uint8_t before[8];
        size_t places[8], left = length;

        for (int i = 0; i < 8; i++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            places[i] = (size_t)(seed >> 20) % length;
            before[i] = bytes[places[i]];
            bytes[places[i]] = (uint8_t)(seed >> 12);
        }
        if (round % 4 == 0)
            left = places[0];
        write_copy(path, bytes, left);
        error.text[0] = '\0';
        lines = source_lines_load(path, blocks, &error);
        assert_true(lines || error.text[0]);
        source_lines_free(lines);
        for (int i = 7; i >= 0; i--)
            bytes[places[i]] = before[i];
    }
    scratch_remove(folder);
    assert_null(source_lines_load("/nonexistent/image.elf", blocks, &error));
    assert_non_null(strstr(error.text, "/nonexistent/image.elf"));
    blocks_free(blocks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_with_addr2line),
        cmocka_unit_test(test_damaged_images),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
