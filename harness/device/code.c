#include "device/code.h"

#include <capstone/capstone.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

enum { COMPARE_REACH = 6 }; /* instructions from a comparison to the jump it guards */

static const struct code_machine machines[] = {
    {.name = "ARM Thumb",
     .elf = EM_ARM,
     .architecture = CS_ARCH_ARM,
     .mode = CS_MODE_THUMB | CS_MODE_MCLASS,
     .marked = 1,
     .code_mark = 't',
     .data_mark = 'd',
     .pc_number = 15,
     .pc_offset_bytes = 60,
     .pc_bytes = 4,
     .unit_bytes = 2},
};

const struct code_machine *code_machine(unsigned elf)
{
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++)
        if (machines[i].elf == elf)
            return &machines[i];
    return NULL;
}

/* The last "cmp register, #number": it says how long a table is. */
struct compare {
    int reg;
    uint32_t number;
    unsigned age;
};

/* --- ARM ---------------------------------------------------------------------------- */

static bool writes_pc(const cs_arm *arm)
{
    for (uint8_t i = 0; i < arm->op_count; i++)
        if (arm->operands[i].type == ARM_OP_REG && arm->operands[i].reg == ARM_REG_PC &&
            arm->operands[i].access & CS_AC_WRITE)
            return true;
    return false;
}

/* "pop {…, pc}", "ldr pc, [sp], #4": what was pushed on entry. */
static bool is_return(const cs_insn *one)
{
    const cs_arm_op *from = &one->detail->arm.operands[one->id == ARM_INS_LDR];

    switch (one->id) {
    case ARM_INS_POP: return true;
    case ARM_INS_LDM: return from->type == ARM_OP_REG && from->reg == ARM_REG_SP;
    case ARM_INS_LDR: return from->type == ARM_OP_MEM && from->mem.base == ARM_REG_SP;
    case ARM_INS_BX:
    case ARM_INS_MOV:
        from = &one->detail->arm.operands[one->detail->arm.op_count - 1];
        return from->type == ARM_OP_REG && from->reg == ARM_REG_LR;
    default: return false;
    }
}

/* "tbb [pc, r1]", "tbh [pc, r1, lsl #1]", "ldr pc, [pc, r1, lsl #2]". */
static bool is_table(const cs_insn *one, const struct compare *compare,
                     struct code_table *table)
{
    const cs_arm *arm = &one->detail->arm;
    const cs_arm_op *from = &arm->operands[one->id == ARM_INS_LDR];

    if ((one->id != ARM_INS_TBB && one->id != ARM_INS_TBH && one->id != ARM_INS_LDR) ||
        from->type != ARM_OP_MEM || from->mem.base != ARM_REG_PC ||
        from->mem.index == ARM_REG_INVALID || from->mem.disp)
        return false;
    *table = (struct code_table){.address = one->address + 4,
                                 .entries = compare->reg == (int)from->mem.index &&
                                                    compare->age <= COMPARE_REACH &&
                                                    compare->number < UINT16_MAX
                                                ? compare->number + 1
                                                : 0,
                                 .width = one->id == ARM_INS_TBB   ? 1
                                          : one->id == ARM_INS_TBH ? 2
                                                                   : 4,
                                 .scale = one->id == ARM_INS_LDR ? 0 : 2};
    if (one->id == ARM_INS_LDR)
        table->address &= ~UINT64_C(3);
    return true;
}

static unsigned read_flow(const cs_insn *one, uint64_t *target)
{
    const cs_arm *arm = &one->detail->arm;
    const cs_arm_op *last = &arm->operands[arm->op_count ? arm->op_count - 1 : 0];
    bool told = arm->op_count && last->type == ARM_OP_IMM;

    if (told)
        *target = (uint32_t)last->imm;
    switch (one->id) {
    case ARM_INS_B: return CODE_ENDS | (told ? CODE_TARGET : CODE_ANYWHERE);
    case ARM_INS_CBZ:
    case ARM_INS_CBNZ:
        return CODE_ENDS | CODE_NEXT | (told ? CODE_TARGET : CODE_ANYWHERE);
    case ARM_INS_BL:
    case ARM_INS_BLX:
        return CODE_ENDS | CODE_CALLS | CODE_NEXT | (told ? CODE_TARGET : 0);
    case ARM_INS_UDF: return CODE_ENDS; /* a fault: nothing behind it runs */
    case ARM_INS_BX:
    case ARM_INS_BXJ: return CODE_ENDS | (is_return(one) ? 0 : CODE_ANYWHERE);
    default:
        if (!writes_pc(arm))
            return CODE_NEXT;
        return CODE_ENDS | (is_return(one) ? 0 : CODE_ANYWHERE);
    }
}

static void read_arm(const cs_insn *one, const struct compare *compare,
                     struct code_step *step, struct code_table *table)
{
    const cs_arm *arm = &one->detail->arm;
    unsigned flow;

    if (is_table(one, compare, table))
        flow = CODE_ENDS | CODE_TABLE;
    else
        flow = read_flow(one, &step->target);
    /* In an IT block, or "bne": it may not happen. */
    if (flow & CODE_ENDS && arm->cc != ARM_CC_AL && arm->cc != ARM_CC_INVALID)
        flow |= CODE_NEXT;
    step->flow = (uint8_t)flow;
}

static void note_compare(const cs_insn *one, struct compare *compare)
{
    const cs_arm_op *operands = one->detail->arm.operands;

    compare->age++;
    if (one->id == ARM_INS_CMP && operands[0].type == ARM_OP_REG &&
        operands[1].type == ARM_OP_IMM)
        *compare = (struct compare){(int)operands[0].reg, (uint32_t)operands[1].imm, 0};
}

/* How long the instruction is that capstone does not know (ARMv7-M manual, A5.1). */
static uint8_t skip_bytes(struct view rest)
{
    if (rest.length >= 4 && (rest.data[1] >> 3) >= 0x1d)
        return 4;
    return rest.length < 2 ? 1 : 2;
}

/* --- reading ------------------------------------------------------------------------ */

static void *grow(void *list, size_t count, size_t room, size_t size)
{
    return count < room ? list : realloc(list, (room ? 2 * room : 1024) * size);
}

static struct code_step *add_step(struct code *code, struct error *error)
{
    struct code_step *longer =
        grow(code->steps, code->step_count, code->step_room, sizeof *longer);

    if (!longer) {
        error_set(error, "out of memory");
        return NULL;
    }
    if (code->step_count == code->step_room)
        code->step_room = code->step_room ? 2 * code->step_room : 1024;
    code->steps = longer;
    return &longer[code->step_count++];
}

static int add_table(struct code *code, struct code_step *step,
                     const struct code_table *table, struct error *error)
{
    struct code_table *longer =
        grow(code->tables, code->table_count, code->table_room, sizeof *longer);

    if (!longer)
        return error_set(error, "out of memory");
    if (code->table_count == code->table_room)
        code->table_room = code->table_room ? 2 * code->table_room : 1024;
    code->tables = longer;
    step->table = code->table_count++;
    longer[step->table] = *table;
    return 0;
}

static int read_steps(struct code *code, csh handle, cs_insn *one, struct view bytes,
                      uint64_t address, struct error *error)
{
    struct compare compare = {-1, 0, 0};

    while (bytes.length) {
        const uint8_t *from = bytes.data;
        struct code_step *step = add_step(code, error);
        struct code_table table;

        if (!step)
            return -1;
        *step = (struct code_step){.address = address};
        if (cs_disasm_iter(handle, &from, &bytes.length, &address, one)) {
            step->length_bytes = (uint8_t)one->size;
            read_arm(one, &compare, step, &table);
            note_compare(one, &compare);
            bytes.data = from;
            if (step->flow & CODE_TABLE && add_table(code, step, &table, error) < 0)
                return -1;
            continue;
        }
        step->length_bytes = skip_bytes(bytes);
        step->flow = CODE_ENDS | CODE_NEXT | CODE_ANYWHERE;
        bytes = view_slice(bytes, step->length_bytes, bytes.length);
        address += step->length_bytes;
    }
    return 0;
}

/* A decoder of its own for each stretch: what capstone remembers of an IT block that was
 * cut off must not reach the next one. */
int code_read(struct code *code, struct view bytes, uint64_t address, struct error *error)
{
    cs_insn *one = NULL;
    int status = -1;
    csh handle;

    if (cs_open((cs_arch)code->machine->architecture, (cs_mode)code->machine->mode,
                &handle) != CS_ERR_OK)
        return error_set(error, "this build of capstone does not know %s",
                         code->machine->name);
    if (cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON) == CS_ERR_OK)
        one = cs_malloc(handle);
    if (one)
        status = read_steps(code, handle, one, bytes, address, error);
    else
        error_set(error, "out of memory");
    cs_free(one, one ? 1 : 0);
    cs_close(&handle);
    return status;
}

/* By their names: capstone does not tell it of all of them. */
static const char *access_of(const char *mnemonic)
{
    static const struct {
        const char *prefix, *access;
    } table[] = {
        {"ldr", "reading"},  {"ldm", "reading"},  {"pop", "reading"},
        {"vldr", "reading"}, {"vldm", "reading"}, {"tbb", "reading"},
        {"tbh", "reading"},  {"str", "writing"},  {"stm", "writing"},
        {"push", "writing"}, {"vstr", "writing"}, {"vstm", "writing"},
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strncmp(mnemonic, table[i].prefix, strlen(table[i].prefix)) == 0)
            return table[i].access;
    return "";
}

const char *code_access(const struct code_machine *machine, struct view bytes)
{
    const char *access = "";
    cs_insn *one = NULL;
    csh handle;

    if (cs_open((cs_arch)machine->architecture, (cs_mode)machine->mode, &handle) !=
        CS_ERR_OK)
        return "";
    if (cs_disasm(handle, bytes.data, bytes.length, 0, 1, &one) == 1) {
        access = access_of(one->mnemonic);
        cs_free(one, 1);
    }
    cs_close(&handle);
    return access;
}

void code_free(struct code *code)
{
    free(code->steps);
    free(code->tables);
    *code = (struct code){0};
}
