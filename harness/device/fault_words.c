#include "device/fault_words.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *label;
    enum fault_register which;
} labels[] = {
    {"pc=", FAULT_PC},     {"lr=", FAULT_LR},     {"cfsr=", FAULT_CFSR},
    {"hfsr=", FAULT_HFSR}, {"bfar=", FAULT_BFAR}, {"mmfar=", FAULT_MMFAR},
    {"xpsr=", FAULT_XPSR}, {"R15=", FAULT_PC},    {"R14=", FAULT_LR},
};

enum address_of { NO_ADDRESS, IN_MMFAR, IN_BFAR };

/* A fault's status bits. `address`: the register that holds it, when it is valid. */
struct status {
    unsigned bit;
    const char *name, *class, *words;
    enum address_of address;
};

static const struct status cfsr_bits[] = {
    {0, "IACCVIOL", "MemManage", "fetching an instruction", NO_ADDRESS},
    {1, "DACCVIOL", "MemManage", "data access", IN_MMFAR},
    {3, "MUNSTKERR", "MemManage", "unstacking on return from an exception", NO_ADDRESS},
    {4, "MSTKERR", "MemManage", "stacking on entry to an exception", NO_ADDRESS},
    {5, "MLSPERR", "MemManage", "saving floating-point state", NO_ADDRESS},
    {8, "IBUSERR", "BusFault", "fetching an instruction", NO_ADDRESS},
    {9, "PRECISERR", "BusFault", "precise", IN_BFAR},
    {10, "IMPRECISERR", "BusFault", "imprecise", NO_ADDRESS},
    {11, "UNSTKERR", "BusFault", "unstacking on return from an exception", NO_ADDRESS},
    {12, "STKERR", "BusFault", "stacking on entry to an exception", NO_ADDRESS},
    {13, "LSPERR", "BusFault", "saving floating-point state", NO_ADDRESS},
    {16, "UNDEFINSTR", "UsageFault", "undefined instruction", NO_ADDRESS},
    {17, "INVSTATE", "UsageFault", "invalid state (no Thumb code)", NO_ADDRESS},
    {18, "INVPC", "UsageFault", "invalid return from an exception", NO_ADDRESS},
    {19, "NOCP", "UsageFault", "no such coprocessor", NO_ADDRESS},
    {20, "STKOF", "UsageFault", "stack overflow", NO_ADDRESS},
    {24, "UNALIGNED", "UsageFault", "unaligned access", NO_ADDRESS},
    {25, "DIVBYZERO", "UsageFault", "division by zero", NO_ADDRESS},
};

static const struct status hfsr_bits[] = {
    {1, "VECTTBL", "HardFault", "reading the vector table", NO_ADDRESS},
    {30, "FORCED", "HardFault", "escalated", NO_ADDRESS},
    {31, "DEBUGEVT", "HardFault", "debug event", NO_ADDRESS},
};

enum {
    CFSR_BITS = sizeof cfsr_bits / sizeof cfsr_bits[0],
    HFSR_BITS = sizeof hfsr_bits / sizeof hfsr_bits[0],
    MMARVALID = 7,
    BFARVALID = 15,
    IMPRECISE = 10,
    EXCEPTION_MASK = 0x1ff, /* IPSR in xPSR */
    FIRST_INTERRUPT = 16
};

/* Text that grows in a caller's array, and is cut at its end. */
struct pen {
    char *text;
    size_t size, used;
};

__attribute__((format(printf, 2, 3))) static void put(struct pen *pen, const char *format,
                                                      ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(pen->text + pen->used, pen->size - pen->used, format, arguments);
    va_end(arguments);
    if (length > 0)
        pen->used += (size_t)length < pen->size - pen->used ? (size_t)length
                                                            : pen->size - pen->used - 1;
}

/* --- registers ---------------------------------------------------------------------- */

void fault_state_set(struct fault_state *state, enum fault_register which, uint64_t value)
{
    state->known |= 1u << which;
    state->value[which] = value;
}

static bool knows(const struct fault_state *state, enum fault_register which)
{
    return state->known & 1u << which;
}

static bool has_bit(const struct fault_state *state, enum fault_register which,
                    unsigned bit)
{
    return knows(state, which) && state->value[which] >> bit & 1;
}

/* The label as a word of its own, with hex digits behind it. */
static const char *find_value(const char *line, const char *label)
{
    for (const char *at = line; (at = strstr(at, label)); at++) {
        const char *value = at + strlen(label);

        if (isxdigit((unsigned char)*value) &&
            (at == line || !isalnum((unsigned char)at[-1])))
            return value;
    }
    return NULL;
}

void fault_state_read(struct fault_state *state, const char *line)
{
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        const char *value = find_value(line, labels[i].label);

        if (value && !knows(state, labels[i].which))
            fault_state_set(state, labels[i].which, strtoull(value, NULL, 16));
    }
}

/* ARM DDI 0403, B1.5.2: exception numbers. */
void fault_exception(const struct program *program, unsigned number, char *text,
                     size_t size)
{
    static const char *const names[FIRST_INTERRUPT] = {
        [1] = "Reset",         [2] = "NMI",        [3] = "HardFault",   [4] = "MemManage",
        [5] = "BusFault",      [6] = "UsageFault", [7] = "SecureFault", [11] = "SVCall",
        [12] = "DebugMonitor", [14] = "PendSV",    [15] = "SysTick",
    };
    struct pen pen = {text, size, 0};
    char handler[PROGRAM_NAME];
    uint64_t address;

    text[0] = '\0';
    if (!number)
        return;
    if (number >= FIRST_INTERRUPT)
        put(&pen, "interrupt %u", number - FIRST_INTERRUPT);
    else if (names[number])
        put(&pen, "%s", names[number]);
    else
        put(&pen, "exception %u", number);
    if (program_vector(program, number, handler, &address))
        put(&pen, " (%s)", handler);
}

/* --- the title ---------------------------------------------------------------------- */

static bool address_known(const struct fault_state *state, enum address_of where,
                          uint64_t *address)
{
    enum fault_register which = where == IN_BFAR ? FAULT_BFAR : FAULT_MMFAR;
    unsigned valid = where == IN_BFAR ? BFARVALID : MMARVALID;

    if (where == NO_ADDRESS || !has_bit(state, FAULT_CFSR, valid) || !knows(state, which))
        return false;
    *address = state->value[which];
    return true;
}

/* ", precise, writing 0xa0000c9e" for each bit; a HardFault says what it comes from. */
static void put_status(struct pen *pen, const char *what, const struct fault_state *state,
                       const struct program *program)
{
    uint64_t address;

    for (size_t i = 0; i < CFSR_BITS; i++) {
        const struct status *bit = &cfsr_bits[i];
        const char *access;

        if (!has_bit(state, FAULT_CFSR, bit->bit))
            continue;
        put(pen, ", %s%s%s", strcmp(what, bit->class) == 0 ? "" : bit->class,
            strcmp(what, bit->class) == 0 ? "" : " ", bit->words);
        if (!address_known(state, bit->address, &address))
            continue;
        access =
            knows(state, FAULT_PC) ? program_access(program, state->value[FAULT_PC]) : "";
        put(pen, ", %s 0x%08llx", *access ? access : "at", (unsigned long long)address);
    }
    if (has_bit(state, FAULT_HFSR, 1))
        put(pen, ", %s", hfsr_bits[0].words);
}

/* Copying and filling are done for many: the caller tells them apart. */
static bool is_helper(const char *function)
{
    return strncmp(function, "mem", 3) == 0 || strncmp(function, "str", 3) == 0 ||
           strncmp(function, "__aeabi_mem", 11) == 0;
}

/* Where it happened, as far as it is known. */
struct scene {
    bool known, called; /* `function`; `caller` says more */
    char function[PROGRAM_NAME], caller[PROGRAM_NAME];
};

/* After a jump into nowhere the caller says more. */
static void look(const struct fault_state *state, const struct program *program,
                 struct scene *scene)
{
    *scene = (struct scene){.known = false};
    scene->known = knows(state, FAULT_PC) &&
                   program_function(program, state->value[FAULT_PC], scene->function);
    scene->called = (!scene->known || is_helper(scene->function)) &&
                    knows(state, FAULT_LR) &&
                    program_function(program, state->value[FAULT_LR], scene->caller) &&
                    !(scene->known && strcmp(scene->function, scene->caller) == 0);
}

static void put_place(struct pen *pen, const struct scene *scene,
                      const struct fault_state *state, struct program *program)
{
    const char *comma = pen->used && strchr(pen->text, ',') ? "," : "";
    char place[PROGRAM_TEXT];

    if (scene->known)
        put(pen, "%s %s %s", comma, has_bit(state, FAULT_CFSR, IMPRECISE) ? "near" : "in",
            program_place(program, state->value[FAULT_PC], place));
    else if (scene->called)
        put(pen, "%s at bad pc", comma);
    if (scene->called) /* the line of the call: lr is behind it */
        put(pen, " called from %s",
            program_place(program, (state->value[FAULT_LR] & ~UINT64_C(1)) - 2, place));
}

static void put_context(struct pen *pen, const struct fault_state *state,
                        const struct program *program)
{
    char exception[PROGRAM_TEXT];

    if (!knows(state, FAULT_XPSR))
        return;
    fault_exception(program, state->value[FAULT_XPSR] & EXCEPTION_MASK, exception,
                    sizeof exception);
    put(pen, ", in %s", exception[0] ? exception : "thread mode");
}

void fault_words(struct fault *fault, enum fault_kind kind, const char *what,
                 const struct fault_state *state, struct program *program)
{
    struct pen title = {fault->title, sizeof fault->title, 0};
    struct scene scene;

    look(state, program, &scene);
    fault->kind = kind;
    put(&title, "%s", what);
    put_status(&title, what, state, program);
    put_place(&title, &scene, state, program);
    put_context(&title, state, program);
    /* Which fault a jump into nowhere ends in hangs on what happens to be there. */
    snprintf(fault->cause, sizeof fault->cause, "%s%s%s%s%s",
             !scene.known && scene.called ? "bad-pc" : what, scene.known ? " " : "",
             scene.known ? scene.function : "", scene.called ? " " : "",
             scene.called ? scene.caller : "");
    snprintf(fault->place, sizeof fault->place, "%s",
             scene.called  ? scene.caller
             : scene.known ? scene.function
                           : "");
}

/* --- the detail --------------------------------------------------------------------- */

static void put_bits(struct pen *pen, const struct status *bits, size_t count,
                     const struct fault_state *state, enum fault_register which)
{
    const char *separator = "";

    if (!state->value[which])
        return;
    put(pen, "  %s 0x%08llx:", which == FAULT_CFSR ? "CFSR" : "HFSR",
        (unsigned long long)state->value[which]);
    for (size_t i = 0; i < count; i++)
        if (has_bit(state, which, bits[i].bit)) {
            put(pen, "%s %s (%s: %s)", separator, bits[i].name, bits[i].class,
                bits[i].words);
            separator = ",";
        }
    put(pen, "\n");
}

static void put_address(struct pen *pen, const char *name, bool valid,
                        const struct fault_state *state, enum fault_register which)
{
    if (valid && knows(state, which))
        put(pen, "  %s 0x%08llx: the address of the access\n", name,
            (unsigned long long)state->value[which]);
}

void fault_words_detail(const struct fault_state *state, struct program *program,
                        char *text, size_t size)
{
    struct pen pen = {text, size, 0};
    char place[PROGRAM_TEXT];

    text[0] = '\0';
    for (enum fault_register which = FAULT_PC; which <= FAULT_LR; which++)
        if (knows(state, which) &&
            program_function(program, state->value[which], (char[PROGRAM_NAME]){""}))
            put(&pen, "  %s 0x%08llx: %s\n", which == FAULT_PC ? "pc" : "lr",
                (unsigned long long)state->value[which],
                program_place(program, state->value[which], place));
    if (knows(state, FAULT_CFSR))
        put_bits(&pen, cfsr_bits, CFSR_BITS, state, FAULT_CFSR);
    if (knows(state, FAULT_HFSR))
        put_bits(&pen, hfsr_bits, HFSR_BITS, state, FAULT_HFSR);
    put_address(&pen, "BFAR", has_bit(state, FAULT_CFSR, BFARVALID), state, FAULT_BFAR);
    put_address(&pen, "MMFAR", has_bit(state, FAULT_CFSR, MMARVALID), state, FAULT_MMFAR);
    if (!knows(state, FAULT_XPSR))
        return;
    fault_exception(program, state->value[FAULT_XPSR] & EXCEPTION_MASK, place,
                    sizeof place);
    put(&pen, "  xPSR 0x%08llx: %s\n", (unsigned long long)state->value[FAULT_XPSR],
        *place ? place : "thread mode");
}
