#include "device/cortex.h"

#include "device/image.h"

#include <stdio.h>
#include <string.h>

enum { FRAMES_MAXIMUM = 32, CHUNK_BYTES = 512 };

/* System control space: DDI 0403, B3.2.2 and C1.6.5. */
#define ICSR 0xe000ed04u
#define CFSR 0xe000ed28u
#define HFSR 0xe000ed2cu
#define MMFAR 0xe000ed34u
#define BFAR 0xe000ed38u
#define DEMCR 0xe000edfcu
#define VECTOR_ACTIVE 0x1ffu
#define CATCH_FAULTS 0x7f0u /* VC_MMERR … VC_HARDERR */

static bool read_word(void *context, uint32_t address, uint32_t *word)
{
    const struct cortex *cortex = context;
    struct buffer bytes = buffer_make(4);
    bool read =
        gdb_read_memory(cortex->gdb, address, 4, &bytes, cortex->deadline_ns, NULL) == 0;

    if (read)
        *word = (uint32_t)bytes_read_le(bytes.data, 4);
    buffer_free(&bytes);
    return read;
}

/* --- what failed -------------------------------------------------------------------- */

static void read_status(struct cortex *cortex, struct fault_state *state)
{
    static const struct {
        uint32_t address;
        enum fault_register which;
    } table[] = {
        {CFSR, FAULT_CFSR}, {HFSR, FAULT_HFSR}, {BFAR, FAULT_BFAR}, {MMFAR, FAULT_MMFAR}};
    uint32_t word;

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (read_word(cortex, table[i].address, &word))
            fault_state_set(state, table[i].which, word);
}

/* The stack of threads, where the server knows it by name. */
static void find_psp(const struct cortex *cortex, struct unwind_memory *memory)
{
    unsigned number;
    uint64_t value;

    if (gdb_find_register(cortex->gdb, "psp", &number, cortex->deadline_ns, NULL) != 0 ||
        gdb_read_register(cortex->gdb, number, 4, &value, cortex->deadline_ns, NULL) != 0)
        return;
    memory->has_psp = true;
    memory->psp = (uint32_t)value;
}

static size_t put_text(char *text, size_t size, size_t used, const char *more)
{
    int length = snprintf(text + used, size - used, "%s", more);

    return length > 0 && (size_t)length < size - used ? used + (size_t)length : size - 1;
}

static size_t put_registers(const struct unwind_frame *frame, char *text, size_t size,
                            size_t used)
{
    static const char *const names[] = {
        [UNWIND_SP] = "sp", [UNWIND_LR] = "lr", [UNWIND_PC] = "pc"};
    char one[32];

    for (unsigned i = 0; i < UNWIND_REGISTERS; i++) {
        if (i >= UNWIND_SP)
            snprintf(one, sizeof one, " %s=%08x", names[i], (unsigned)frame->r[i]);
        else
            snprintf(one, sizeof one, "%sr%u=%08x",
                     i % 8 ? " "
                     : i   ? "\n  "
                           : "  ",
                     i, (unsigned)frame->r[i]);
        used = put_text(text, size, used, one);
    }
    return put_text(text, size, used, "\n");
}

/* "  #2 0x00000f96 calibrate (service.c:204)" */
static size_t put_frame(const struct cortex *cortex, int number,
                        const struct unwind_frame *frame, char *text, size_t size,
                        size_t used)
{
    uint32_t pc = frame->r[UNWIND_PC] & ~1u;
    char place[PROGRAM_TEXT], one[PROGRAM_TEXT + 64], exception[PROGRAM_TEXT] = "";

    if (unwind_is_exception_return(frame->r[UNWIND_PC])) {
        snprintf(one, sizeof one, "  #%d return from an exception\n", number);
        return put_text(text, size, used, one);
    }
    if (!frame->interrupted && pc >= 2)
        pc -= 2; /* of the call, not behind it */
    if (frame->interrupted)
        fault_exception(cortex->program, frame->xpsr & VECTOR_ACTIVE, exception,
                        sizeof exception);
    snprintf(one, sizeof one, "  #%d 0x%08x %s%s%s\n", number, (unsigned)pc,
             program_place(cortex->program, pc, place), exception[0] ? ", in " : "",
             exception);
    return put_text(text, size, used, one);
}

static size_t put_backtrace(const struct cortex *cortex, struct unwind_frame frame,
                            const struct unwind_memory *memory, char *text, size_t size,
                            size_t used)
{
    int number = 0;

    do
        used = put_frame(cortex, number, &frame, text, size, used);
    while (++number < FRAMES_MAXIMUM && unwind_step(cortex->unwind, &frame, memory));
    return used;
}

static size_t put_stack(const struct cortex *cortex, char *text, size_t size, size_t used)
{
    uint32_t deepest, whole = cortex->stack.top - cortex->stack.bottom;
    char one[96];

    if (!whole || cortex_stack_use(cortex, &deepest, NULL) < 0)
        return used;
    snprintf(one, sizeof one, "  stack: %u of %u bytes used at most\n", (unsigned)deepest,
             (unsigned)whole);
    return put_text(text, size, used, one);
}

/* What the processor is in: a fault handler's first instruction, or somewhere else. */
static const char *name_of(const struct cortex *cortex, const char *otherwise,
                           const struct unwind_frame *frame, uint32_t exception,
                           char *name, size_t size)
{
    static const struct program nothing;
    char handler[PROGRAM_NAME];
    uint64_t address;

    if (exception < 3 || exception > 7 ||
        (program_vector(cortex->program, exception, handler, &address) &&
         (address & ~UINT64_C(1)) != (frame->r[UNWIND_PC] & ~1u)))
        return otherwise;
    fault_exception(&nothing, exception, name, size);
    return name;
}

int cortex_examine(const struct cortex *given, const char *otherwise, struct fault *fault,
                   char *text, size_t size, struct error *error)
{
    struct cortex cortex = *given;
    struct fault_state state = {.known = 0};
    struct unwind_memory memory = {.read = read_word, .context = &cortex};
    struct unwind_frame frame = {.interrupted = false};
    uint64_t registers[UNWIND_REGISTERS];
    char name[64] = "", line[200];
    uint32_t exception = 0;
    const char *what;
    size_t used;

    if (gdb_read_registers(cortex.gdb, registers, UNWIND_REGISTERS, 4, cortex.deadline_ns,
                           error) != 0)
        return -1;
    for (size_t i = 0; i < UNWIND_REGISTERS; i++)
        frame.r[i] = (uint32_t)registers[i];
    if (read_word(&cortex, ICSR, &exception))
        exception &= VECTOR_ACTIVE;
    what = name_of(&cortex, otherwise, &frame, exception, name, sizeof name);
    read_status(&cortex, &state);
    if (unwind_is_exception_return(frame.r[UNWIND_LR])) {
        find_psp(&cortex, &memory);
        if (what != otherwise && unwind_exception(&frame, &memory))
            fault_state_set(&state, FAULT_XPSR, frame.xpsr);
    }
    if (what == otherwise || frame.interrupted) {
        fault_state_set(&state, FAULT_PC, frame.r[UNWIND_PC]);
        fault_state_set(&state, FAULT_LR, frame.r[UNWIND_LR]);
    }
    fault_words(fault, FAULT_GUEST, what, &state, cortex.program);
    snprintf(line, sizeof line, "%s\n", fault->title);
    used = put_text(text, size, 0, line);
    fault_words_detail(&state, cortex.program, text + used, size - used);
    used += strlen(text + used);
    used = put_registers(&frame, text, size, used);
    used = put_backtrace(&cortex, frame, &memory, text, size, used);
    put_stack(&cortex, text, size, used);
    return 0;
}

/* --- memory ------------------------------------------------------------------------- */

int cortex_stack_use(const struct cortex *cortex, uint32_t *used_bytes,
                     struct error *error)
{
    const struct cortex_stack *stack = &cortex->stack;
    struct buffer bytes = buffer_make(CHUNK_BYTES);
    uint32_t at = stack->bottom;
    int status = 0;
    bool clean = true;

    while (clean && status == 0 && at < stack->top) {
        uint32_t part = stack->top - at < CHUNK_BYTES ? stack->top - at : CHUNK_BYTES;

        buffer_clear(&bytes);
        status =
            gdb_read_memory(cortex->gdb, at, part, &bytes, cortex->deadline_ns, error);
        for (uint32_t i = 0; status == 0 && clean && i + 4 <= part; i += 4) {
            clean = bytes_read_le(bytes.data + i, 4) == stack->fill;
            at += clean ? 4 : 0;
        }
    }
    buffer_free(&bytes);
    *used_bytes = stack->top - at;
    return status ? -1 : 0;
}

static int compare_segment(const struct cortex *cortex,
                           const struct image_segment *segment, struct error *error)
{
    struct buffer bytes = buffer_make(CHUNK_BYTES);
    int status = 0;

    for (size_t at = 0; status == 0 && at < segment->bytes.length; at += CHUNK_BYTES) {
        struct view part = view_slice(segment->bytes, at, CHUNK_BYTES);

        buffer_clear(&bytes);
        status = gdb_read_memory(cortex->gdb, segment->physical + at, part.length, &bytes,
                                 cortex->deadline_ns, error);
        for (size_t i = 0; status == 0 && i < part.length; i++)
            if (bytes.data[i] != part.data[i])
                status = error_set(error,
                                   "the device's memory is not the image: 0x%02x instead "
                                   "of 0x%02x at 0x%08llx",
                                   bytes.data[i], part.data[i],
                                   (unsigned long long)(segment->physical + at + i));
    }
    buffer_free(&bytes);
    return status ? -1 : 0;
}

/* What runs where it is stored and can be written is RAM, and changes. */
int cortex_compare(const struct cortex *cortex, uint64_t *compared_bytes,
                   struct error *error)
{
    struct image_segment segment;
    struct image image;

    *compared_bytes = 0;
    if (image_open(&image, symbols_file(cortex->program->symbols), error) < 0)
        return -1;
    for (size_t i = 0; i < image.segments; i++) {
        if (!image_segment(&image, i, &segment) ||
            (segment.is_writable && segment.address == segment.physical))
            continue;
        if (compare_segment(cortex, &segment, error) < 0)
            return -1;
        *compared_bytes += segment.bytes.length;
    }
    return *compared_bytes ? 0 : error_set(error, "the image has nothing to compare");
}

int cortex_catch_faults(const struct cortex *cortex, struct error *error)
{
    uint32_t control = 0;

    if (!read_word((void *)cortex, DEMCR, &control))
        return error_set(error, "the GDB server cannot read the debug control register");
    return gdb_write_word(cortex->gdb, DEMCR, control | CATCH_FAULTS, cortex->deadline_ns,
                          error) == 0
               ? 0
               : -1;
}
