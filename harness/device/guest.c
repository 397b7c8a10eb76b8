#include "device/guest.h"

#include "device/fault_words.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD = 48 };

int guest_configure(struct guest *guest, const struct yaml *console, struct error *error)
{
    static const char *const known[] = {"boot",    "fault", "reset", "memory",
                                        "handles", "place", NULL};

    guest->holds = (struct resource_use){-1, -1};
    if (!console)
        return 0;
    if (yaml_check_keys(console, known, error) < 0 ||
        pattern_read(&guest->boot, console, "boot", error) < 0 ||
        pattern_read(&guest->fault, console, "fault", error) < 0 ||
        pattern_read(&guest->reset, console, "reset", error) < 0 ||
        pattern_read(&guest->place, console, "place", error) < 0 ||
        pattern_read(&guest->memory, console, "memory", error) < 0 ||
        pattern_read(&guest->handles, console, "handles", error) < 0)
        return -1;
    return 0;
}

void guest_free(struct guest *guest)
{
    pattern_free(&guest->boot);
    pattern_free(&guest->fault);
    pattern_free(&guest->reset);
    pattern_free(&guest->place);
    pattern_free(&guest->memory);
    pattern_free(&guest->handles);
    program_free(&guest->program);
    symbols_free(guest->symbols);
    guest->symbols = NULL;
}

void guest_forget(struct guest *guest)
{
    lines_reset(&guest->lines);
    guest->boots = guest->resets = 0;
    guest->failing = guest->trapped = false;
    guest->words[0] = '\0';
    guest->found = (struct fault){.kind = FAULT_NONE};
}

static void begin(struct guest *guest, const struct observation *observation)
{
    if (guest->failing)
        return;
    guest->failing = true;
    guest->found = (struct fault){.kind = FAULT_NONE};
    guest->detail = observation->text.length;
}

/* What the line's registers say; their words become part of the report. */
static void set_fault(struct guest *guest, enum fault_kind kind, const char *what,
                      const char *line)
{
    struct fault_state state = {.known = 0};

    guest->program.symbols = guest->symbols;
    fault_state_read(&state, line);
    fault_words(&guest->found, kind, what, &state, &guest->program);
    fault_words_detail(&state, &guest->program, guest->words, sizeof guest->words);
}

/* The fault is what the trap says unless the console has said more. */
static void settle_trap(struct guest *guest)
{
    struct fault *fault = &guest->found;
    const char *place = guest->trap_place;

    if (guest->trapped && fault->kind == FAULT_NONE) {
        fault->kind = FAULT_GUEST;
        snprintf(fault->title, sizeof fault->title, "fault%s%s", *place ? " in " : "",
                 place);
        snprintf(fault->cause, sizeof fault->cause, "fault%s%s", *place ? " " : "",
                 place);
        snprintf(fault->place, sizeof fault->place, "%s", place);
    }
    guest->trapped = false;
}

void guest_trap(struct guest *guest, const char *place, const char *text,
                struct observation *observation)
{
    begin(guest, observation);
    guest->trapped = true;
    snprintf(guest->trap_place, sizeof guest->trap_place, "%s", place);
    observation_append(observation, view_text(text));
    observation_append(observation, view_text("\n"));
}

/* The kind of fault when the pattern has no group: the line's second word. */
static void second_word(const char *line, char *word, size_t size)
{
    line += strcspn(line, " ");
    line += strspn(line, " ");
    snprintf(word, size, "%.*s", (int)strcspn(line, " "), line);
}

static void hear_fault(struct guest *guest, const char *line, char *kind, size_t size,
                       struct observation *observation)
{
    if (!kind[0])
        second_word(line, kind, size);
    if (guest->failing && guest->found.kind == FAULT_GUEST)
        return; /* a fault within the fault handler: the first one is the cause */
    begin(guest, observation);
    set_fault(guest, FAULT_GUEST, kind[0] ? kind : "fault", line);
}

/* A kernel says in a line of its own where it was; what calls what follows it. */
static void hear_place(struct guest *guest, const char *place)
{
    struct fault *fault = &guest->found;
    size_t title = strlen(fault->title), cause = strlen(fault->cause);

    if (!guest->failing || fault->kind != FAULT_GUEST || fault->place[0] || !place[0])
        return;
    snprintf(fault->title + title, sizeof fault->title - title, " in %s", place);
    snprintf(fault->cause + cause, sizeof fault->cause - cause, " %s", place);
    snprintf(fault->place, sizeof fault->place, "%s", place);
}

static void hear_warning(struct guest *guest, const char *line, const char *reason,
                         struct observation *observation)
{
    char what[WORD + 16];

    settle_trap(guest);
    if (guest->failing && guest->found.kind != FAULT_NONE)
        return;
    begin(guest, observation);
    snprintf(what, sizeof what, "%.*s reset", WORD, reason[0] ? reason : "announced");
    for (char *letter = what; *letter; letter++)
        *letter = (char)tolower((unsigned char)*letter);
    set_fault(guest, FAULT_RESET, what, line);
    /* Where an endless loop happened to be differs from run to run. */
    snprintf(guest->found.cause, sizeof guest->found.cause, "%s", what);
    guest->found.place[0] = '\0';
}

void guest_conclude(struct guest *guest, struct observation *observation)
{
    if (!guest->failing)
        return;
    settle_trap(guest);
    if (guest->found.kind == FAULT_NONE) {
        guest->found.kind = FAULT_RESET;
        snprintf(guest->found.title, sizeof guest->found.title, "unexpected reset");
        snprintf(guest->found.cause, sizeof guest->found.cause, "reset");
    }
    /* A failure that began in an earlier observation has its start there. */
    if (guest->detail > observation->text.length)
        guest->detail = 0;
    guest->found.detail_offset = guest->detail;
    guest->found.detail_length = observation->text.length - guest->detail;
    observation_add(observation, &guest->found);
    guest->failing = false;
    guest->resets = 0;
}

/* The banner ends a failure, and may name the reason of a reset that nobody announced. */
static void hear_banner(struct guest *guest, const char *reason,
                        struct observation *observation)
{
    unsigned resets = guest->resets ? guest->resets - 1 : 0;

    begin(guest, observation); /* a start without a reset: it jumped to its beginning */
    observation->restarted = true;
    settle_trap(guest);
    if (guest->found.kind == FAULT_NONE) {
        guest->found.kind = FAULT_RESET;
        snprintf(guest->found.title, sizeof guest->found.title, "unexpected reset%s%s%s",
                 reason[0] ? " (" : "", reason, reason[0] ? ")" : "");
        snprintf(guest->found.cause, sizeof guest->found.cause, "reset%s%s",
                 reason[0] ? " " : "", reason);
    }
    guest_conclude(guest, observation);
    if (resets) {
        begin(guest, observation);
        guest->resets = resets;
    }
}

void guest_note_reset(struct guest *guest, struct observation *observation)
{
    observation->restarted = true;
    guest->holds = (struct resource_use){-1, -1};
    guest->resets++;
    begin(guest, observation);
    if (!guest->boot.set)
        guest_conclude(guest, observation);
}

static void tell_words(struct guest *guest, struct observation *observation)
{
    observation_append(observation, view_text(guest->words));
    guest->words[0] = '\0';
}

/* A line that is no number's says nothing; the console is not trusted. */
static void hear_holding(const struct pattern *pattern, const char *line, int64_t *value)
{
    char digits[WORD], *end;
    long long number;

    if (!pattern_match(pattern, line, digits, sizeof digits) ||
        !isdigit((unsigned char)*digits))
        return;
    errno = 0;
    number = strtoll(digits, &end, 10);
    if (!*end && !errno)
        *value = number;
}

void guest_hear(struct guest *guest, struct view bytes, struct observation *observation)
{
    const char *line;
    char group[WORD];

    while ((line = lines_next(&guest->lines, &bytes))) {
        bool boots = pattern_match(&guest->boot, line, group, sizeof group);

        guest->boots += boots;
        hear_holding(&guest->memory, line, &guest->holds.memory_kib);
        hear_holding(&guest->handles, line, &guest->holds.handles);
        if (!observation)
            continue;
        if (!boots && pattern_match(&guest->fault, line, group, sizeof group))
            hear_fault(guest, line, group, sizeof group, observation);
        else if (!boots && pattern_match(&guest->reset, line, group, sizeof group))
            hear_warning(guest, line, group, observation);
        else if (!boots && pattern_match(&guest->place, line, group, sizeof group))
            hear_place(guest, group);
        observation_append(observation, view_text(line));
        observation_append(observation, view_text("\n"));
        tell_words(guest, observation);
        if (boots)
            hear_banner(guest, group, observation);
    }
}

/* "qemu: fatal: Lockup: can't escalate 3 to HardFault" and a register dump. */
static bool hear_lockup(struct guest *guest, struct view words,
                        struct observation *observation)
{
    struct lines lines = {.length = 0};
    bool locked = false;
    const char *line;

    while ((line = lines_next(&lines, &words))) {
        if (!locked && !strstr(line, "fatal: Lockup"))
            continue;
        locked = true;
        if (!strstr(line, "R15="))
            continue;
        begin(guest, observation);
        if (guest->found.kind == FAULT_NONE)
            set_fault(guest, FAULT_LOCKUP, "lockup", line);
        return true;
    }
    if (locked && guest->found.kind == FAULT_NONE) {
        begin(guest, observation);
        set_fault(guest, FAULT_LOCKUP, "lockup", "");
    }
    return locked;
}

void guest_end(struct guest *guest, const char *how, struct view words,
               struct observation *observation)
{
    struct view text = words;
    struct lines lines = {.length = 0};
    const char *line;

    /* Did a fault handler speak first, its line is the cause. */
    begin(guest, observation);
    settle_trap(guest);
    if (guest->found.kind == FAULT_NONE && !hear_lockup(guest, words, observation)) {
        line = lines_next(&lines, &text);
        guest->found.kind = FAULT_EXIT;
        snprintf(guest->found.title, sizeof guest->found.title,
                 "the emulator ended (%s)%s%.80s", how, line && *line ? ": " : "",
                 line ? line : "");
        snprintf(guest->found.cause, sizeof guest->found.cause, "emulator %s", how);
    }
    observation_append(observation, words);
    tell_words(guest, observation);
    guest_conclude(guest, observation);
}
