#include "record/cvss.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* One metric: its values are single letters, or words between commas. */
struct metric {
    const char *name, *values;
    bool base; /* must be there */
};

struct version {
    const char *prefix;
    bool ordered;
    const struct metric *metrics;
};

static const struct metric metrics_31[] = {
    {"AV", "N,A,L,P", true},    {"AC", "L,H", true},       {"PR", "N,L,H", true},
    {"UI", "N,R", true},        {"S", "U,C", true},        {"C", "N,L,H", true},
    {"I", "N,L,H", true},       {"A", "N,L,H", true},      {"E", "X,U,P,F,H", false},
    {"RL", "X,O,T,W,U", false}, {"RC", "X,U,R,C", false},  {"CR", "X,L,M,H", false},
    {"IR", "X,L,M,H", false},   {"AR", "X,L,M,H", false},  {"MAV", "X,N,A,L,P", false},
    {"MAC", "X,L,H", false},    {"MPR", "X,N,L,H", false}, {"MUI", "X,N,R", false},
    {"MS", "X,U,C", false},     {"MC", "X,N,L,H", false},  {"MI", "X,N,L,H", false},
    {"MA", "X,N,L,H", false},   {NULL, NULL, false}};

static const struct metric metrics_40[] = {
    {"AV", "N,A,L,P", true},     {"AC", "L,H", true},
    {"AT", "N,P", true},         {"PR", "N,L,H", true},
    {"UI", "N,P,A", true},       {"VC", "H,L,N", true},
    {"VI", "H,L,N", true},       {"VA", "H,L,N", true},
    {"SC", "H,L,N", true},       {"SI", "H,L,N", true},
    {"SA", "H,L,N", true},       {"E", "X,A,P,U", false},
    {"CR", "X,H,M,L", false},    {"IR", "X,H,M,L", false},
    {"AR", "X,H,M,L", false},    {"MAV", "X,N,A,L,P", false},
    {"MAC", "X,L,H", false},     {"MAT", "X,N,P", false},
    {"MPR", "X,N,L,H", false},   {"MUI", "X,N,P,A", false},
    {"MVC", "X,H,L,N", false},   {"MVI", "X,H,L,N", false},
    {"MVA", "X,H,L,N", false},   {"MSC", "X,H,L,N", false},
    {"MSI", "X,S,H,L,N", false}, {"MSA", "X,S,H,L,N", false},
    {"S", "X,N,P", false},       {"AU", "X,N,Y", false},
    {"R", "X,A,U,I", false},     {"V", "X,D,C", false},
    {"RE", "X,L,M,H", false},    {"U", "X,Clear,Green,Amber,Red", false},
    {NULL, NULL, false}};

static const struct version versions[] = {{"CVSS:3.1", false, metrics_31},
                                          {"CVSS:4.0", true, metrics_40}};

static const struct version *find_version(const char *vector, size_t length)
{
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        if (strlen(versions[i].prefix) == length &&
            memcmp(versions[i].prefix, vector, length) == 0)
            return &versions[i];
    return NULL;
}

static int find_metric(const struct version *version, const char *name, size_t length)
{
    for (int i = 0; version->metrics[i].name; i++)
        if (strlen(version->metrics[i].name) == length &&
            memcmp(version->metrics[i].name, name, length) == 0)
            return i;
    return -1;
}

static bool is_value(const char *values, const char *value, size_t length)
{
    while (*values) {
        size_t word = strcspn(values, ",");

        if (word == length && memcmp(values, value, length) == 0)
            return true;
        values += word + (values[word] == ',');
    }
    return false;
}

/* One "AV:N"; *seen has a bit for each metric that came before. */
static int check_part(const struct version *version, const char *part, size_t length,
                      uint64_t *seen, struct error *error)
{
    const char *colon = memchr(part, ':', length);
    size_t name = colon ? (size_t)(colon - part) : length;
    int index = find_metric(version, part, name);
    int shown = length > 40 ? 40 : (int)length;

    if (!colon || index < 0)
        return error_set(error, "'%.*s' is no metric of %s", shown, part,
                         version->prefix);
    if (!is_value(version->metrics[index].values, colon + 1, length - name - 1))
        return error_set(error, "'%.*s': %s is one of %s", shown, part,
                         version->metrics[index].name, version->metrics[index].values);
    if (*seen >> index & 1)
        return error_set(error, "%s is there twice", version->metrics[index].name);
    if (version->ordered && *seen >> index)
        return error_set(error, "%s comes too late: %s has an order",
                         version->metrics[index].name, version->prefix);
    *seen |= UINT64_C(1) << index;
    return 0;
}

int cvss_check(const char *vector, struct error *error)
{
    size_t length = strcspn(vector, "/");
    const struct version *version = find_version(vector, length);
    uint64_t seen = 0;

    if (!version)
        return error_set(error, "a vector begins with its version: CVSS:3.1/AV:N/… or "
                                "CVSS:4.0/AV:N/…");
    for (vector += length; *vector == '/'; vector += length) {
        length = strcspn(++vector, "/");
        if (check_part(version, vector, length, &seen, error) < 0)
            return -1;
    }
    for (int i = 0; version->metrics[i].name; i++)
        if (version->metrics[i].base && !(seen >> i & 1))
            return error_set(error, "%s is missing, one of %s", version->metrics[i].name,
                             version->metrics[i].values);
    return 0;
}
