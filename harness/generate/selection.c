#include "generate/selection.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- ranges ------------------------------------------------------------------------- */

static int read_number(const char *text, size_t length, uint64_t *number)
{
    char digits[24];
    int64_t value;

    if (length == 0 || length >= sizeof digits)
        return -1;
    snprintf(digits, sizeof digits, "%.*s", (int)length, text);
    if (text_to_integer(digits, &value) < 0 || value < 1)
        return -1;
    *number = (uint64_t)value;
    return 0;
}

static int read_range(const char *text, size_t length, struct case_range *range)
{
    const char *dash = memchr(text, '-', length);
    size_t before = dash ? (size_t)(dash - text) : length, after = length - before;

    if (read_number(text, before, &range->first) < 0)
        return -1;
    range->last = dash ? UINT64_MAX : range->first;
    if (after > 1 && read_number(dash + 1, after - 1, &range->last) < 0)
        return -1;
    return range->last < range->first ? -1 : 0;
}

int selection_set_ranges(struct selection *selection, const char *text)
{
    struct case_range ranges[SELECTION_RANGES];
    size_t count = 0;

    for (const char *part = text;; part++) {
        size_t length = strcspn(part, ",");

        if (count == SELECTION_RANGES || read_range(part, length, &ranges[count]) < 0 ||
            (count && ranges[count].first <= ranges[count - 1].last))
            return -1;
        count++;
        part += length;
        if (!*part)
            break;
    }
    memcpy(selection->ranges, ranges, count * sizeof *ranges);
    selection->range_count = count;
    return 0;
}

/* --- patterns ----------------------------------------------------------------------- */

/* * and ? alone: the brackets of fnmatch(3) are the indices of paths here. */
static bool matches(const char *pattern, size_t length, const char *text)
{
    for (; length; pattern++, length--, text++) {
        if (*pattern == '*') {
            for (;; text++) {
                if (matches(pattern + 1, length - 1, text))
                    return true;
                if (!*text)
                    return false;
            }
        }
        if (!*text || (*pattern != '?' && *pattern != *text))
            return false;
    }
    return !*text;
}

/* "quantity" is found in "pdu.body.quantity". */
static bool matches_path(const char *pattern, size_t length, const char *path)
{
    for (;; path++) {
        if (matches(pattern, length, path))
            return true;
        path += strcspn(path, ".");
        if (!*path)
            return false;
    }
}

static bool matches_only(const char *pattern, size_t length, const struct stream *stream)
{
    const struct site *site = &stream->site;
    const char *slash = memchr(pattern, '/', length);
    size_t message = slash ? (size_t)(slash - pattern) : length;
    char path[256];

    return matches(pattern, message, site->session->messages[site->message].name) &&
           (!slash || matches_path(slash + 1, length - message - 1,
                                   stream_path(stream, path, sizeof path)));
}

static bool matches_anomaly(const char *pattern, size_t length,
                            const struct stream *stream)
{
    return matches(pattern, length, stream->anomaly->name);
}

static bool matches_state(const char *pattern, size_t length, const struct stream *stream)
{
    return matches(pattern, length,
                   stream->site.session->states[stream->site.state].name);
}

/* One list of patterns, and what it is asked of a stream. */
struct filter {
    const char *key, *list;
    bool (*matches)(const char *pattern, size_t length, const struct stream *stream);
};

/* Keeps of the selected streams those that one of the list's patterns matches. */
static int apply(const struct filter *filter, const struct plan *plan, bool *streams,
                 struct error *error)
{
    bool *kept = calloc(plan->stream_count + 1, sizeof *kept);
    size_t length;

    if (!kept)
        return error_set(error, "out of memory while selecting cases");
    for (const char *pattern = filter->list;; pattern += length + 1) {
        bool any = false;

        length = strcspn(pattern, ",");
        for (size_t i = 0; i < plan->stream_count; i++)
            if (filter->matches(pattern, length, &plan->streams[i]))
                any = kept[i] = true;
        if (!any) {
            free(kept);
            return error_set(error,
                             "%s: nothing in the plan matches '%.*s'; `percuss cases "
                             "CAMPAIGN` lists names as "
                             "model/state/message/path[anomaly:value]",
                             filter->key, (int)length, pattern);
        }
        if (!pattern[length])
            break;
    }
    for (size_t i = 0; i < plan->stream_count; i++)
        streams[i] = streams[i] && kept[i];
    free(kept);
    return 0;
}

int selection_bind(struct selection *selection, const struct plan *plan,
                   struct error *error)
{
    const struct filter filters[] = {{"only", selection->only, matches_only},
                                     {"anomalies", selection->anomalies, matches_anomaly},
                                     {"states", selection->states, matches_state}};
    bool any = false;

    selection_free(selection);
    if (!selection->only && !selection->anomalies && !selection->states)
        return 0;
    selection->streams = malloc((plan->stream_count + 1) * sizeof *selection->streams);
    if (!selection->streams)
        return error_set(error, "out of memory while selecting cases");
    memset(selection->streams, true, plan->stream_count * sizeof *selection->streams);
    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++)
        if (filters[i].list && apply(&filters[i], plan, selection->streams, error) < 0)
            return -1;
    selection->enumerated = true;
    for (size_t i = 0; i < plan->stream_count; i++) {
        any = any || selection->streams[i];
        if (selection->streams[i] && !plan->streams[i].anomaly->enumerated)
            selection->enumerated = false;
    }
    return any ? 0 : error_set(error, "no case matches all of only, anomalies, states");
}

void selection_free(struct selection *selection)
{
    free(selection->streams);
    selection->streams = NULL;
}

/* --- numbers ------------------------------------------------------------------------ */

/* The first number from `number` on that lies in a range, 0 when there is none. */
static uint64_t next_in_ranges(const struct selection *selection, uint64_t number)
{
    if (selection->range_count == 0)
        return number;
    for (size_t i = 0; i < selection->range_count; i++) {
        const struct case_range *range = &selection->ranges[i];

        if (number <= range->last)
            return number > range->first ? number : range->first;
    }
    return 0;
}

/* Behind the enumerated cases some selections have nothing more. */
static bool is_behind_all(const struct selection *selection, const struct plan *plan,
                          uint64_t number)
{
    return selection->streams && selection->enumerated && number > plan->total;
}

static bool streams_selected(const struct selection *selection, const struct plan *plan,
                             uint64_t number)
{
    uint32_t streams[PLAN_CHANGES];
    size_t count = plan_streams(plan, number, streams);

    for (size_t i = 0; i < count; i++)
        if (!selection->streams[streams[i]])
            return false;
    return true;
}

uint64_t selection_next(const struct selection *selection, const struct plan *plan,
                        uint64_t number)
{
    number = next_in_ranges(selection, number ? number : 1);
    while (number && selection->streams && !is_behind_all(selection, plan, number) &&
           !streams_selected(selection, plan, number))
        number = next_in_ranges(selection, number + 1);
    if (number && is_behind_all(selection, plan, number))
        return 0;
    return number;
}

uint64_t selection_left(const struct selection *selection, uint64_t number)
{
    uint64_t left = 0;

    if (selection->streams || selection->range_count == 0 ||
        selection->ranges[selection->range_count - 1].last == UINT64_MAX)
        return UINT64_MAX;
    for (size_t i = 0; i < selection->range_count; i++) {
        const struct case_range *range = &selection->ranges[i];
        uint64_t first = number > range->first ? number : range->first;

        if (first <= range->last)
            left += range->last - first + 1;
    }
    return left;
}

/* Appends as much as fits. */
__attribute__((format(printf, 3, 4))) static void add_text(char *text, size_t size,
                                                           const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

const char *selection_ranges_text(const struct selection *selection, char *text,
                                  size_t size)
{
    snprintf(text, size, "%s", selection->range_count ? "" : "1-");
    for (size_t i = 0; i < selection->range_count; i++) {
        const struct case_range *range = &selection->ranges[i];

        add_text(text, size, "%s%llu", i ? "," : "", (unsigned long long)range->first);
        if (range->last == UINT64_MAX)
            add_text(text, size, "-");
        else if (range->last != range->first)
            add_text(text, size, "-%llu", (unsigned long long)range->last);
    }
    return text;
}

const char *selection_patterns_text(const struct selection *selection, char *text,
                                    size_t size)
{
    const char *const parts[][2] = {{"only", selection->only},
                                    {"anomalies", selection->anomalies},
                                    {"states", selection->states}};

    text[0] = '\0';
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i][1])
            add_text(text, size, "%s%s %s", text[0] ? "; " : "", parts[i][0],
                     parts[i][1]);
    return text[0] ? text : strcpy(text, "everything");
}
