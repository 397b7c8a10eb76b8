#include "device/unwind.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct unwind {
    int file;
    Dwarf *dwarf;
    Dwarf_CFI *frames; /* of dwarf */
};

struct unwind *unwind_open(const char *path, struct error *error)
{
    struct unwind *unwind = calloc(1, sizeof *unwind);

    if (!unwind) {
        error_set(error, "out of memory");
        return NULL;
    }
    unwind->file = open(path, O_RDONLY | O_CLOEXEC);
    if (unwind->file < 0)
        error_set(error, "'%s': %s", path, strerror(errno));
    else if ((unwind->dwarf = dwarf_begin(unwind->file, DWARF_C_READ)))
        unwind->frames = dwarf_getcfi(unwind->dwarf);
    if (unwind->frames)
        return unwind;
    if (unwind->file >= 0)
        error_set(error, "'%s': no .debug_frame: build the image with -g", path);
    unwind_close(unwind);
    return NULL;
}

void unwind_close(struct unwind *unwind)
{
    if (!unwind)
        return;
    dwarf_end(unwind->dwarf);
    if (unwind->file >= 0)
        close(unwind->file);
    free(unwind);
}

/* --- exceptions --------------------------------------------------------------------- */

enum {
    FRAME_WORDS = 8,             /* r0 to r3, r12, lr, pc, xPSR */
    FLOATING_FRAME_BYTES = 0x68, /* the same with s0 to s15 and FPSCR */
    RETURN_TO_PSP = 1 << 2,      /* bits of EXC_RETURN */
    RETURN_PLAIN = 1 << 4,       /* without the floating-point part */
    STACK_PADDED = 1 << 9        /* in the stacked xPSR */
};

bool unwind_is_exception_return(uint32_t lr)
{
    return lr >= 0xffffff80u && lr != UINT32_MAX; /* what lr is after a reset */
}

bool unwind_exception(struct unwind_frame *frame, const struct unwind_memory *memory)
{
    static const uint8_t places[FRAME_WORDS - 1] = {0, 1, 2, 3, 12, UNWIND_LR, UNWIND_PC};
    uint32_t how = frame->r[UNWIND_LR], words[FRAME_WORDS], sp;

    if (how & RETURN_TO_PSP && !memory->has_psp)
        return false;
    sp = how & RETURN_TO_PSP ? memory->psp : frame->r[UNWIND_SP];
    for (uint32_t i = 0; i < FRAME_WORDS; i++)
        if (!memory->read(memory->context, sp + 4 * i, &words[i]))
            return false;
    for (size_t i = 0; i < sizeof places; i++)
        frame->r[places[i]] = words[i];
    frame->xpsr = words[FRAME_WORDS - 1];
    frame->interrupted = true;
    frame->r[UNWIND_SP] = sp +
                          (how & RETURN_PLAIN ? 4 * FRAME_WORDS : FLOATING_FRAME_BYTES) +
                          (frame->xpsr & STACK_PADDED ? 4 : 0);
    return true;
}

/* --- call frames -------------------------------------------------------------------- */

/* The few forms that compilers make: a register and a distance. */
static bool find_cfa(Dwarf_Frame *row, const struct unwind_frame *frame, uint32_t *cfa)
{
    Dwarf_Op *ops;
    size_t count;
    Dwarf_Word number;
    uint32_t distance;

    if (dwarf_frame_cfa(row, &ops, &count) != 0 || count != 1)
        return false;
    if (ops->atom == DW_OP_bregx) {
        number = ops->number;
        distance = (uint32_t)ops->number2;
    } else if (ops->atom >= DW_OP_breg0 && ops->atom <= DW_OP_breg31) {
        number = ops->atom - DW_OP_breg0;
        distance = (uint32_t)ops->number;
    } else
        return false;
    if (number >= UNWIND_REGISTERS)
        return false;
    *cfa = frame->r[number] + distance;
    return true;
}

/* A register that is kept at a distance from the frame's address, or not changed. */
static bool find_register(Dwarf_Frame *row, const struct unwind_memory *memory,
                          uint32_t cfa, unsigned number, uint32_t *value)
{
    Dwarf_Op memory_ops[3], *ops = NULL;
    size_t count = 0;

    if (dwarf_frame_register(row, (int)number, memory_ops, &ops, &count) != 0)
        return false;
    if (count == 0)
        return true; /* as it is, or of no use to anybody */
    if (ops->atom != DW_OP_call_frame_cfa || count > 2 ||
        (count == 2 && ops[1].atom != DW_OP_plus_uconst))
        return false;
    return memory->read(memory->context, cfa + (count == 2 ? (uint32_t)ops[1].number : 0),
                        value);
}

/* The address of the instruction that a frame stands at: behind a call, of the call. */
static uint32_t standing_at(const struct unwind_frame *frame)
{
    uint32_t pc = frame->r[UNWIND_PC] & ~1u;

    return frame->interrupted || pc < 2 ? pc : pc - 2;
}

/* A jump to where no code is known: whoever made it by a call is in lr. */
static bool leave_nowhere(struct unwind_frame *frame)
{
    uint32_t lr = frame->r[UNWIND_LR];

    if (!frame->interrupted || lr >= 0xffffff80u || lr == frame->r[UNWIND_PC])
        return false;
    frame->r[UNWIND_PC] = lr;
    frame->interrupted = false;
    return true;
}

bool unwind_step(const struct unwind *unwind, struct unwind_frame *frame,
                 const struct unwind_memory *memory)
{
    struct unwind_frame caller = *frame;
    Dwarf_Frame *row = NULL;
    uint32_t cfa = 0;
    bool found;

    if (unwind_is_exception_return(frame->r[UNWIND_PC])) {
        frame->r[UNWIND_LR] = frame->r[UNWIND_PC];
        return unwind_exception(frame, memory);
    }
    if (!unwind || dwarf_cfi_addrframe(unwind->frames, standing_at(frame), &row) != 0)
        return leave_nowhere(frame);
    found = find_cfa(row, frame, &cfa);
    for (unsigned i = 0; found && i < UNWIND_PC; i++)
        if (i != UNWIND_SP)
            found = find_register(row, memory, cfa, i, &caller.r[i]);
    free(row);
    caller.r[UNWIND_SP] = cfa;
    caller.r[UNWIND_PC] = caller.r[UNWIND_LR];
    caller.interrupted = false;
    /* The stack grows downwards: a caller's lies above, or where it was at a leaf. */
    if (!found || cfa < frame->r[UNWIND_SP] || caller.r[UNWIND_PC] == UINT32_MAX ||
        (cfa == frame->r[UNWIND_SP] && caller.r[UNWIND_PC] == frame->r[UNWIND_PC]))
        return false;
    *frame = caller;
    return true;
}
