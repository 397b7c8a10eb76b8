/* What a GDB server is asked while its program stands. */
#include "device/gdb_parts.h"

#include <stdio.h>
#include <string.h>

enum {
    REPLY_MAXIMUM = 64 << 10,
    READ_BYTES = (GDB_PACKET - 8) / 2, /* of memory, so that the answer fits a packet */
    DESCRIPTION_MAXIMUM = 256 << 10,
    DESCRIPTIONS = 1 + GDB_INCLUDES
};

static bool reply_is(const struct gdb *gdb, const char *text)
{
    return view_equal(buffer_view(&gdb->reply), view_text(text));
}

/* 0 for "OK", 1 and *error for anything else. */
static int expect_ok(struct gdb *gdb, const char *what, struct error *error)
{
    if (reply_is(gdb, "OK"))
        return 0;
    error_set(error, "the GDB server %s %.60s",
              gdb->reply.length ? "refuses" : "does not know", what);
    return 1;
}

int gdb_read_pc(struct gdb *gdb, uint64_t *pc, int64_t deadline_ns, struct error *error)
{
    struct view digits;

    if (gdb_ask(gdb, "g", false, deadline_ns, error) < 0)
        return -1;
    digits = view_slice(buffer_view(&gdb->reply), 2 * (size_t)gdb->pc.offset_bytes,
                        2 * (size_t)gdb->pc.width_bytes);
    if (gdb_packet_value(digits, gdb->pc.width_bytes, pc))
        return 0;
    error_set(error, "the GDB server's registers hold no program counter");
    return 1;
}

int gdb_read_registers(struct gdb *gdb, uint64_t *values, size_t count,
                       unsigned width_bytes, int64_t deadline_ns, struct error *error)
{
    struct view digits;

    if (gdb_ask(gdb, "g", false, deadline_ns, error) < 0)
        return -1;
    digits = buffer_view(&gdb->reply);
    for (size_t i = 0; i < count; i++)
        if (!gdb_packet_value(
                view_slice(digits, 2 * i * width_bytes, 2 * (size_t)width_bytes),
                width_bytes, &values[i])) {
            error_set(error, "the GDB server tells no register %zu", i);
            return 1;
        }
    return 0;
}

int gdb_read_register(struct gdb *gdb, unsigned number, unsigned width_bytes,
                      uint64_t *value, int64_t deadline_ns, struct error *error)
{
    char text[32];

    snprintf(text, sizeof text, "p%x", number);
    if (gdb_ask(gdb, text, false, deadline_ns, error) < 0)
        return -1;
    if (gdb_packet_value(buffer_view(&gdb->reply), width_bytes, value))
        return 0;
    error_set(error, "the GDB server tells no register %u", number);
    return 1;
}

int gdb_write_word(struct gdb *gdb, uint64_t address, uint32_t word, int64_t deadline_ns,
                   struct error *error)
{
    uint8_t bytes[4];
    char text[64];
    size_t length;

    bytes_write_le(bytes, 4, word);
    length = (size_t)snprintf(text, sizeof text, "M%llx,4:", (unsigned long long)address);
    bytes_to_hex((struct view){bytes, 4}, text + length, sizeof text - length);
    if (gdb_ask(gdb, text, false, deadline_ns, error) < 0)
        return -1;
    return expect_ok(gdb, text, error);
}

/* One part of the answer to qXfer: 'm' and text, 'l' and the last of it. */
static int read_description(struct gdb *gdb, const char *name, struct buffer *text,
                            int64_t deadline_ns, struct error *error)
{
    size_t from = text->length;
    char question[160];
    uint8_t kind;

    do {
        snprintf(question, sizeof question, "qXfer:features:read:%.80s:%zx,%x", name,
                 text->length - from, GDB_PACKET / 2);
        if (gdb_ask(gdb, question, false, deadline_ns, error) < 0)
            return -1;
        kind = gdb->reply.length ? gdb->reply.data[0] : 0;
        if ((kind != 'm' && kind != 'l') || (kind == 'm' && gdb->reply.length == 1) ||
            buffer_append(
                text, view_slice(buffer_view(&gdb->reply), 1, gdb->reply.length)) < 0) {
            error_set(error, "the GDB server does not describe its target");
            return 1;
        }
    } while (kind == 'm');
    return 0;
}

int gdb_find_register(struct gdb *gdb, const char *name, unsigned *number,
                      int64_t deadline_ns, struct error *error)
{
    struct buffer text = buffer_make(DESCRIPTION_MAXIMUM);
    struct gdb_description description = {.wanted = name};
    int status = read_description(gdb, "target.xml", &text, deadline_ns, error);

    /* Each document may name others, which stand for what they hold. */
    for (int i = 0; status == 0 && i < DESCRIPTIONS; i++) {
        gdb_packet_describe(buffer_view(&text), &description);
        if (description.found || i >= description.include_count)
            break;
        buffer_clear(&text);
        status =
            read_description(gdb, description.includes[i], &text, deadline_ns, error);
    }
    buffer_free(&text);
    if (status == 0 && !description.found) {
        error_set(error, "the GDB server knows no register '%.20s'", name);
        return 1;
    }
    *number = description.number;
    return status;
}

int gdb_read_memory(struct gdb *gdb, uint64_t address, size_t length_bytes,
                    struct buffer *bytes, int64_t deadline_ns, struct error *error)
{
    char text[64];

    while (length_bytes) {
        size_t part = length_bytes < READ_BYTES ? length_bytes : READ_BYTES;
        struct view digits;

        snprintf(text, sizeof text, "m%llx,%zx", (unsigned long long)address, part);
        if (gdb_ask(gdb, text, false, deadline_ns, error) < 0)
            return -1;
        digits = buffer_view(&gdb->reply);
        for (size_t i = 0; i < part; i++) {
            uint64_t byte;

            if (!gdb_packet_value(view_slice(digits, 2 * i, 2), 1, &byte) ||
                buffer_append_byte(bytes, (uint8_t)byte) < 0) {
                error_set(error, "the GDB server cannot read %zu bytes at 0x%llx", part,
                          (unsigned long long)address);
                return 1;
            }
        }
        address += part;
        length_bytes -= part;
    }
    return 0;
}

int gdb_set_breakpoint(struct gdb *gdb, enum gdb_breakpoint kind, bool set,
                       uint64_t address, unsigned size, int64_t deadline_ns,
                       struct error *error)
{
    char text[64];

    snprintf(text, sizeof text, "%c%d,%llx,%x", set ? 'Z' : 'z', (int)kind,
             (unsigned long long)address, size);
    if (gdb_ask(gdb, text, false, deadline_ns, error) < 0)
        return -1;
    return expect_ok(gdb, text, error);
}

/* Some stubs answer a command with what it says, instead of before "OK". */
static bool took_output(struct gdb *gdb)
{
    struct buffer text = buffer_make(REPLY_MAXIMUM);
    bool taken = gdb->reply.length && buffer_append_byte(&text, 'O') == 0 &&
                 buffer_append(&text, buffer_view(&gdb->reply)) == 0 &&
                 gdb_packet_output(buffer_view(&text), &gdb->said);

    buffer_free(&text);
    return taken;
}

int gdb_monitor(struct gdb *gdb, const char *command, int64_t deadline_ns,
                struct error *error)
{
    char text[GDB_PACKET];
    size_t length = (size_t)snprintf(text, sizeof text, "qRcmd,");

    if (length + 2 * strlen(command) >= sizeof text)
        return error_set(error, "'%.60s…' is too long for a GDB server", command);
    bytes_to_hex(view_text(command), text + length, sizeof text - length);
    if (gdb_ask(gdb, text, false, deadline_ns, error) < 0)
        return -1;
    return took_output(gdb) ? 0 : expect_ok(gdb, command, error);
}

int gdb_run(struct gdb *gdb, int64_t deadline_ns, struct error *error)
{
    return gdb_ask(gdb, "vRun;", true, deadline_ns, error);
}

int gdb_write_register(struct gdb *gdb, unsigned number, uint32_t value,
                       int64_t deadline_ns, struct error *error)
{
    uint8_t bytes[4];
    char digits[9], text[32];

    bytes_write_le(bytes, 4, value);
    bytes_to_hex((struct view){bytes, 4}, digits, sizeof digits);
    snprintf(text, sizeof text, "P%x=%s", number, digits);
    if (gdb_ask(gdb, text, false, deadline_ns, error) < 0)
        return -1;
    return expect_ok(gdb, text, error);
}

int gdb_step(struct gdb *gdb, int64_t deadline_ns, struct error *error)
{
    return gdb_ask(gdb, "s", true, deadline_ns, error);
}
