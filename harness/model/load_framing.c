#include "model/loader.h"

#include <string.h>

enum { FRAME_LIMIT = 1 << 24 };

static int read_size(struct loader *loader, const struct yaml *map, const char *key,
                     int64_t minimum, int64_t maximum, size_t *value)
{
    int64_t number = (int64_t)*value;

    if (yaml_read_integer(map, key, minimum, maximum, &number, loader->error) < 0)
        return -1;
    *value = (size_t)number;
    return 0;
}

static int read_limits(struct loader *loader, const struct yaml *map,
                       struct framing *framing)
{
    if (!yaml_need(map, "maximum", YAML_SCALAR, loader->error))
        return -1;
    if (read_size(loader, map, "minimum", 0, FRAME_LIMIT, &framing->minimum) < 0)
        return -1;
    return read_size(loader, map, "maximum",
                     framing->minimum ? (int64_t)framing->minimum : 1, FRAME_LIMIT,
                     &framing->maximum);
}

static int read_length_framing(struct loader *loader, const struct yaml *map,
                               struct framing *framing)
{
    static const char *const keys[] = {"kind",   "offset",  "width",   "endian",
                                       "adjust", "minimum", "maximum", NULL};
    static const char *const orders[] = {"le", "be", NULL};
    const struct defaults *defaults = &loader->model->types[0].defaults;
    int order = defaults->has_endian ? defaults->big_endian : 1;

    if (loader_check_keys(loader, map, keys) < 0)
        return -1;
    framing->length_width = 2;
    if (!yaml_need(map, "offset", YAML_SCALAR, loader->error) ||
        !yaml_need(map, "width", YAML_SCALAR, loader->error) ||
        read_size(loader, map, "offset", 0, 65535, &framing->length_offset) < 0 ||
        read_size(loader, map, "width", 1, 8, &framing->length_width) < 0 ||
        yaml_read_choice(map, "endian", orders, &order, loader->error) < 0 ||
        yaml_read_integer(map, "adjust", -FRAME_LIMIT, FRAME_LIMIT,
                          &framing->length_adjust, loader->error) < 0)
        return -1;
    framing->length_big_endian = order == 1;
    return read_limits(loader, map, framing);
}

static int read_silence_framing(struct loader *loader, const struct yaml *map,
                                struct framing *framing)
{
    static const char *const keys[] = {"kind", "silence-us", "minimum", "maximum", NULL};
    int64_t silence_us = 0;

    if (loader_check_keys(loader, map, keys) < 0 ||
        !yaml_need(map, "silence-us", YAML_SCALAR, loader->error) ||
        yaml_read_integer(map, "silence-us", 1, 60000000, &silence_us, loader->error) < 0)
        return -1;
    framing->silence_ns = silence_us * 1000;
    return read_limits(loader, map, framing);
}

static int read_varint_framing(struct loader *loader, const struct yaml *map,
                               struct framing *framing)
{
    static const char *const keys[] = {"kind",    "offset",  "maximum-bytes", "adjust",
                                       "minimum", "maximum", "beyond",        NULL};
    const struct yaml *beyond = yaml_get(map, "beyond");

    framing->length_width = 4;
    if (loader_check_keys(loader, map, keys) < 0 ||
        !yaml_need(map, "offset", YAML_SCALAR, loader->error) ||
        read_size(loader, map, "offset", 0, 65535, &framing->length_offset) < 0 ||
        read_size(loader, map, "maximum-bytes", 1, 9, &framing->length_width) < 0 ||
        yaml_read_integer(map, "adjust", -FRAME_LIMIT, FRAME_LIMIT,
                          &framing->length_adjust, loader->error) < 0)
        return -1;
    if (beyond && (beyond->kind != YAML_SCALAR ||
                   outcome_parse(beyond->text, &framing->beyond) < 0))
        return yaml_complain(beyond, loader->error,
                             "accept, reject, silence, close joined by '|', or unknown");
    return read_limits(loader, map, framing);
}

/* One byte or a list of bytes. */
static int read_bytes(struct loader *loader, const struct yaml *map, const char *key,
                      size_t most, uint8_t *bytes, size_t *length)
{
    const struct yaml *node = yaml_get(map, key), *item;
    int64_t value;

    if (!node)
        return 0;
    if (node->kind == YAML_MAP || (node->kind == YAML_LIST && node->count == 0))
        return yaml_complain(node, loader->error, "a byte, or a list of bytes");
    for (item = node->kind == YAML_LIST ? node->child : node; item;
         item = node->kind == YAML_LIST ? item->next : NULL) {
        if (!yaml_is_integer(item, &value) || value < 0 || value > 255)
            return yaml_complain(item, loader->error, "a byte from 0 to 255");
        if (*length == most)
            return yaml_complain(node, loader->error, "at most %zu bytes", most);
        bytes[(*length)++] = (uint8_t)value;
    }
    return 0;
}

static int read_terminator_framing(struct loader *loader, const struct yaml *map,
                                   struct framing *framing)
{
    static const char *const keys[] = {"kind",    "start",   "end",     "single",
                                       "restart", "minimum", "maximum", NULL};

    if (loader_check_keys(loader, map, keys) < 0 ||
        read_bytes(loader, map, "start", FRAMING_MARK, framing->start,
                   &framing->start_length) < 0 ||
        read_bytes(loader, map, "end", FRAMING_MARK, framing->end, &framing->end_length) <
            0 ||
        read_bytes(loader, map, "single", FRAMING_SINGLES, framing->single,
                   &framing->single_count) < 0)
        return -1;
    if (!framing->end_length)
        return yaml_complain(map, loader->error, "a key 'end'");
    if (yaml_read_bool(map, "restart", &framing->restarts, loader->error) < 0)
        return -1;
    if (framing->restarts && !framing->start_length)
        return yaml_complain(yaml_get(map, "restart"), loader->error, "a key 'start'");
    if (framing->start_length &&
        memchr(framing->single, framing->start[0], framing->single_count))
        return yaml_complain(yaml_get(map, "single"), loader->error,
                             "bytes that do not start a frame");
    return read_limits(loader, map, framing);
}

int loader_read_framing(struct loader *loader, const struct yaml *map,
                        struct framing *framing)
{
    static const char *const kinds[] = {
        [FRAMING_LENGTH] = "length",     [FRAMING_SILENCE] = "silence",
        [FRAMING_DATAGRAM] = "datagram", [FRAMING_TERMINATOR] = "terminator",
        [FRAMING_VARINT] = "varint",     [FRAMING_VARINT + 1] = NULL};
    static const char *const datagram_keys[] = {"kind", "minimum", "maximum", NULL};
    int kind = 0;

    if (!yaml_need(map, "kind", YAML_SCALAR, loader->error) ||
        yaml_read_choice(map, "kind", kinds, &kind, loader->error) < 0)
        return -1;
    *framing = (struct framing){.kind = (enum framing_kind)kind};
    switch (framing->kind) {
    case FRAMING_LENGTH: return read_length_framing(loader, map, framing);
    case FRAMING_SILENCE: return read_silence_framing(loader, map, framing);
    case FRAMING_TERMINATOR: return read_terminator_framing(loader, map, framing);
    case FRAMING_VARINT: return read_varint_framing(loader, map, framing);
    default:
        return loader_check_keys(loader, map, datagram_keys) < 0
                   ? -1
                   : read_limits(loader, map, framing);
    }
}
