/* Anomalies of order: a message again and again, without what must come before it, after
 * another. */
#include "generate/anomaly.h"

#include <stdio.h>

static const unsigned repeats[] = {2, 3, 8, 32};
enum { REPEATS = sizeof repeats / sizeof repeats[0] };

static bool whole_message(const struct site *site)
{
    return site->node == 0;
}

static uint64_t repeat_count(const struct site *site)
{
    return whole_message(site) ? REPEATS : 0;
}

static void repeat_arrange(const struct site *site, uint64_t k,
                           struct arrangement *arrangement)
{
    (void)site;
    arrangement->repeat = repeats[k];
}

static void repeat_label(const struct site *site, uint64_t k, char *text, size_t size)
{
    (void)site;
    snprintf(text, size, "%u times", repeats[k]);
}

extern const struct anomaly_ops anomaly_repeat;
const struct anomaly_ops anomaly_repeat = {
    .name = "repeat",
    .applies = "messages",
    .summary = "the same message several times in a row",
    .cwe = "CWE-770",
    .example = "32 block transfers begun",
    .count = repeat_count,
    .arrange = repeat_arrange,
    .label = repeat_label,
};

static uint64_t skip_count(const struct site *site)
{
    return whole_message(site) ? site->session->states[site->state].path_count : 0;
}

static void skip_arrange(const struct site *site, uint64_t k,
                         struct arrangement *arrangement)
{
    (void)site;
    arrangement->skip = (unsigned)k;
}

static const char *path_message(const struct site *site, uint64_t k)
{
    return site->session->messages[site->session->states[site->state].path[k]].name;
}

static void skip_label(const struct site *site, uint64_t k, char *text, size_t size)
{
    snprintf(text, size, "without %s", path_message(site, k));
}

extern const struct anomaly_ops anomaly_skip;
const struct anomaly_ops anomaly_skip = {
    .name = "skip",
    .applies = "messages",
    .summary = "a message without one of those that must come before it",
    .cwe = "CWE-841",
    .example = "block data without unlock",
    .count = skip_count,
    .arrange = skip_arrange,
    .label = skip_label,
};

static uint64_t disorder_count(const struct site *site)
{
    size_t count = site->session->states[site->state].path_count;

    return whole_message(site) && count > 1 ? count - 1 : 0;
}

static void disorder_arrange(const struct site *site, uint64_t k,
                             struct arrangement *arrangement)
{
    (void)site;
    arrangement->swap = (unsigned)k;
}

static void disorder_label(const struct site *site, uint64_t k, char *text, size_t size)
{
    snprintf(text, size, "%.24s before %.24s", path_message(site, k + 1),
             path_message(site, k));
}

extern const struct anomaly_ops anomaly_disorder;
const struct anomaly_ops anomaly_disorder = {
    .name = "disorder",
    .applies = "messages",
    .summary = "a message after a way to its state in the wrong order",
    .cwe = "CWE-841",
    .example = "a block is begun, then unlocked",
    .count = disorder_count,
    .arrange = disorder_arrange,
    .label = disorder_label,
};

static uint64_t precede_count(const struct site *site)
{
    return whole_message(site) ? site->session->message_count : 0;
}

static void precede_arrange(const struct site *site, uint64_t k,
                            struct arrangement *arrangement)
{
    (void)site;
    arrangement->before = (unsigned)k;
}

static void precede_label(const struct site *site, uint64_t k, char *text, size_t size)
{
    snprintf(text, size, "after %s", site->session->messages[k].name);
}

extern const struct anomaly_ops anomaly_precede;
const struct anomaly_ops anomaly_precede = {
    .name = "precede",
    .applies = "messages",
    .summary = "a message right after each other one",
    .cwe = "CWE-841",
    .example = "stop, then a bolus",
    .count = precede_count,
    .arrange = precede_arrange,
    .label = precede_label,
};
