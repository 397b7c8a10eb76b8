#include "engine/cross.h"

#include "engine/campaign.h"
#include "engine/statistics.h"

#include <limits.h>
#include <string.h>

#define CROSS_LEVEL 0.05

static bool is(const struct yaml *map, const char *key, const char *text)
{
    const struct yaml *node = yaml_get(map, key);

    return node && node->kind == YAML_SCALAR && strcmp(node->text, text) == 0;
}

enum cross_bench cross_bench_of(const struct yaml *device, const struct yaml *link)
{
    if (is(device, "kind", "qemu") ||
        (is(device, "kind", "gdb") && is(device, "probe", "qemu")))
        return CROSS_EMULATOR;
    if (is(device, "kind", "gdb") || !campaign_is_local(device, link))
        return CROSS_HARDWARE;
    return CROSS_SOFTWARE;
}

const char *cross_bench_name(enum cross_bench bench)
{
    static const char *const names[] = {[CROSS_EMULATOR] = "emulator",
                                        [CROSS_HARDWARE] = "hardware",
                                        [CROSS_SOFTWARE] = "software"};

    return names[bench];
}

static bool is_chance(const struct cross_count *there, const struct cross_count *here)
{
    if (there->replays <= 0 || there->replays > INT_MAX || here->replays > INT_MAX)
        return true;
    return statistics_fisher((int)there->replays, (int)there->failures,
                             (int)here->replays, (int)here->failures) > CROSS_LEVEL;
}

enum cross_grade cross_grade(const struct cross_count *there,
                             const struct cross_count *here)
{
    if (here->failures > here->otherwise)
        return CROSS_BOTH;
    if (here->otherwise)
        return CROSS_DIFFERS;
    return is_chance(there, here) ? CROSS_UNDECIDED : CROSS_FIRST_ONLY;
}

const char *cross_grade_name(enum cross_grade grade, enum cross_bench there,
                             enum cross_bench here)
{
    static const char *const only[] = {[CROSS_EMULATOR] = "emulator-only",
                                       [CROSS_HARDWARE] = "hardware-only",
                                       [CROSS_SOFTWARE] = "software-only"};

    switch (grade) {
    case CROSS_BOTH: return "both";
    case CROSS_FIRST_ONLY: return there == here ? "first-only" : only[there];
    case CROSS_DIFFERS: return "differs";
    default: return "undecided";
    }
}
