#include "engine/delivery_json.h"

#include "core/clock.h"
#include "core/error.h"

json_t *delivery_to_json(const struct delivery *delivery)
{
    const struct {
        const char *key;
        int64_t value;
    } numbers[] = {{"unit", delivery->unit},
                   {"percent", delivery->percent},
                   {"pause_ns", delivery->pause_ns}};
    json_t *json = json_pack("{s:s}", "way", delivery_name(delivery->way));

    for (size_t i = 0; json && i < sizeof numbers / sizeof numbers[0]; i++)
        if (numbers[i].value)
            json_object_set_new(json, numbers[i].key, json_integer(numbers[i].value));
    return json;
}

/* A number that may be left out. */
static int read_number(const json_t *json, const char *key, int64_t maximum,
                       int64_t *number, struct error *error)
{
    const json_t *value = json_object_get(json, key);

    *number = json_integer_value(value);
    if (!value || (json_is_integer(value) && *number >= 0 && *number <= maximum))
        return 0;
    return error_set(error, "key '%s': expected a number from 0 to %lld", key,
                     (long long)maximum);
}

int delivery_from_json(const json_t *json, struct delivery *delivery, struct error *error)
{
    const char *name = json_string_value(json_object_get(json, "way"));
    int64_t unit, percent;
    int way = name ? delivery_named(name) : -1;

    *delivery = (struct delivery){.way = DELIVERY_WHOLE};
    if (!json)
        return 0;
    if (way < 0)
        return error_set(error, "key 'way': expected a way of delivery, found '%s'",
                         name ? name : "");
    if (read_number(json, "unit", DELIVERY_UNITS, &unit, error) < 0 ||
        read_number(json, "percent", DELIVERY_PERCENT, &percent, error) < 0 ||
        read_number(json, "pause_ns", DELIVERY_PAUSE_S * CLOCK_S, &delivery->pause_ns,
                    error) < 0)
        return -1;
    delivery->way = (enum delivery_way)way;
    delivery->unit = (uint32_t)unit;
    delivery->percent = (uint32_t)percent;
    return 0;
}
