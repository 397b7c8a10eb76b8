#include "engine/reproducer_wire.h"

#include "core/clock.h"
#include "core/json_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t us = 1000;

/* --- writing ------------------------------------------------------------------------ */

/* "0103??0a": a byte that was not the same in all replays is "??". NULL when memory is
 * short. */
static char *pattern_text(const struct trace *trace, size_t event)
{
    struct view bytes = trace_bytes(trace, event);
    char *text = malloc(bytes.length * 2 + 1);

    if (!text)
        return NULL;
    bytes_to_hex(bytes, text, bytes.length * 2 + 1);
    for (size_t i = 0; i < bytes.length; i++)
        if (!trace->same.data[trace->events[event].offset + i])
            memset(text + 2 * i, '?', 2);
    return text;
}

static json_t *event_json(const struct trace *trace, size_t index)
{
    const struct trace_event *event = &trace->events[index];
    json_t *json = json_pack("{s:s, s:I, s:I}", "event", trace_kind_name(event->kind),
                             "after_us", (json_int_t)(event->after_ns / us), "lasted_us",
                             (json_int_t)(event->lasted_ns / us));
    char *text = NULL;

    if (event->kind == TRACE_SENT || event->kind == TRACE_RECEIVED) {
        text = pattern_text(trace, index);
        json_object_set_new(json, "bytes", text ? json_string(text) : NULL);
    }
    if (event->least != event->most) {
        json_object_set_new(json, "least", json_integer((json_int_t)event->least));
        json_object_set_new(json, "most", json_integer((json_int_t)event->most));
    }
    free(text);
    return json;
}

json_t *reproducer_wire_json(const struct trace *trace)
{
    json_t *list = json_array();

    for (size_t i = 0; i < trace->count; i++)
        if (json_array_append_new(list, event_json(trace, i)) < 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

json_t *reproducer_fault_json(const struct fault *fault)
{
    return fault->kind == FAULT_NONE
               ? json_null()
               : json_pack("{s:s, s:o, s:o}", "kind", fault_kind_name(fault->kind),
                           "cause", json_text(fault->cause), "title",
                           json_text(fault->title));
}

/* --- reading ------------------------------------------------------------------------ */

static int find_kind(const char *name, enum trace_kind *kind)
{
    for (int i = 0; name && i < TRACE_KINDS; i++)
        if (strcmp(trace_kind_name((enum trace_kind)i), name) == 0) {
            *kind = (enum trace_kind)i;
            return 0;
        }
    return -1;
}

/* The pattern's bytes, "??" as zero, and where they count. */
static int read_pattern(const char *text, struct buffer *bytes, struct buffer *same)
{
    size_t length = strlen(text);
    char digits[3] = "";

    for (size_t i = 0; i + 1 < length; i += 2) {
        bool known = text[i] != '?' || text[i + 1] != '?';

        memcpy(digits, known ? text + i : "00", 2);
        if (bytes_from_hex(bytes, digits) < 0 || buffer_append_byte(same, known) < 0)
            return -1;
    }
    return length % 2 ? -1 : 0;
}

static int64_t number_of(const json_t *json, const char *key, int64_t otherwise)
{
    const json_t *value = json_object_get(json, key);

    return json_is_integer(value) ? (int64_t)json_integer_value(value) : otherwise;
}

/* A wait that a file asks for: none is longer than an hour. */
static int64_t wait_of(const json_t *json, const char *key)
{
    int64_t wait = number_of(json, key, 0);

    return wait < 0 ? 0 : (wait > 3600000000 ? 3600000000 : wait) * us;
}

static int read_event(const json_t *json, struct trace *trace)
{
    const char *text = json_string_value(json_object_get(json, "bytes"));
    struct buffer bytes = buffer_make(4 << 20), same = buffer_make(4 << 20);
    struct trace_event *event;
    enum trace_kind kind;
    int status = -1;

    if (find_kind(json_string_value(json_object_get(json, "event")), &kind) < 0 ||
        (text && read_pattern(text, &bytes, &same) < 0))
        goto out;
    trace_append(trace, kind, buffer_view(&bytes));
    if (trace->incomplete)
        goto out;
    event = &trace->events[trace->count - 1];
    event->after_ns = wait_of(json, "after_us");
    event->lasted_ns = wait_of(json, "lasted_us");
    event->least = (size_t)number_of(json, "least", (int64_t)event->length);
    event->most = (size_t)number_of(json, "most", (int64_t)event->length);
    if (same.length)
        memcpy(trace->same.data + event->offset, same.data, same.length);
    status = 0;
out:
    buffer_free(&bytes);
    buffer_free(&same);
    return status;
}

int reproducer_wire_read(const json_t *list, const char *path, struct trace *trace,
                         struct error *error)
{
    size_t index;
    json_t *entry;

    if (!json_is_array(list))
        return error_set(error, "%s: key 'wire': expected a list of events", path);
    trace_begin(trace);
    json_array_foreach(list, index, entry)
    {
        if (read_event(entry, trace) < 0)
            return error_set(error,
                             "%s: key 'wire': event %zu: expected {event: "
                             "opened|sent|received|silence|ended-by-device|half-closed|"
                             "closed, after_us, lasted_us, bytes: hex}",
                             path, index + 1);
    }
    return 0;
}

int reproducer_fault_read(const json_t *json, const char *path, struct fault *fault,
                          struct error *error)
{
    const char *kind = json_string_value(json_object_get(json, "kind"));
    const char *cause = json_string_value(json_object_get(json, "cause"));
    const char *title = json_string_value(json_object_get(json, "title"));

    *fault = (struct fault){.kind = FAULT_NONE};
    if (!json || json_is_null(json))
        return 0;
    for (int i = FAULT_NONE + 1; i <= FAULT_BANNER; i++)
        if (kind && strcmp(fault_kind_name((enum fault_kind)i), kind) == 0)
            fault->kind = (enum fault_kind)i;
    if (fault->kind == FAULT_NONE || !cause || !title)
        return error_set(error, "%s: key 'fault': expected {kind, cause, title}", path);
    snprintf(fault->cause, sizeof fault->cause, "%s", cause);
    snprintf(fault->title, sizeof fault->title, "%s", title);
    return 0;
}
