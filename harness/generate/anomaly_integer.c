/* Anomalies of one integer field, whatever it is for. */
#include "generate/values.h"

enum { SMALL_STEPS = 16 };

static uint64_t type_maximum(const struct field *field)
{
    return field->largest ? field->largest : values_mask(field);
}

static bool representable(const struct field *field, int64_t value)
{
    if (field->is_signed)
        return field->bits >= 64 || (value >= -(INT64_C(1) << (field->bits - 1)) &&
                                     value < INT64_C(1) << (field->bits - 1));
    return value >= 0 && (uint64_t)value <= type_maximum(field);
}

/* --- the lists ---------------------------------------------------------------------- */

static void list_small_steps(const struct field *field, struct values *values)
{
    if (field->role == ROLE_CHECKSUM || field->role == ROLE_SEQUENCE)
        return;
    for (uint64_t step = 1; step <= SMALL_STEPS; step++) {
        values_add(values, values->original + step, NULL);
        values_add(values, values->original - step, NULL);
    }
}

size_t field_limits(const struct field *field, struct limit limits[LIMITS])
{
    size_t count = 0;

    if (!field->has_bounds)
        return 0;
    if (field->minimum != INT64_MIN && representable(field, field->minimum - 1))
        limits[count++] = (struct limit){field->minimum - 1, "min-1"};
    limits[count++] = (struct limit){field->minimum, "min"};
    limits[count++] = (struct limit){field->maximum, "max"};
    if (field->maximum != INT64_MAX && representable(field, field->maximum + 1))
        limits[count++] = (struct limit){field->maximum + 1, "max+1"};
    return count;
}

/* What AC-04 counts. */
static void list_limits(const struct field *field, struct values *values)
{
    struct limit limits[LIMITS];
    size_t count = field_limits(field, limits);

    for (size_t i = 0; i < count; i++)
        values_add_boundary(values, limits[i].value, limits[i].label);
}

static void list_boundaries(const struct field *field, struct values *values)
{
    uint64_t top = type_maximum(field), half = top / 2;

    if (field->has_bounds) {
        values_add(values, (uint64_t)field->minimum + 1, "min+1");
        values_add(values, (uint64_t)field->maximum - 1, "max-1");
    }
    values_add(values, 0, "type-min");
    values_add(values, top, "type-max");
    values_add(values, 1, "1");
    values_add(values, top - 1, "type-max-1");
    values_add(values, half, "half");
    values_add(values, half + 1, "half+1");
}

static void list_powers(const struct field *field, struct values *values)
{
    if (field->role == ROLE_CHECKSUM || field->role == ROLE_SEQUENCE)
        return;
    for (unsigned bit = 1; bit < field->bits; bit++) {
        uint64_t power = UINT64_C(1) << bit;

        values_add(values, power, NULL);
        values_add(values, power - 1, NULL);
        values_add(values, power + 1, NULL);
    }
}

static void list_choices(const struct field *field, struct values *values)
{
    for (size_t i = 0; i < field->choice_count; i++)
        values_add(values, (uint64_t)field->choices[i], NULL);
    for (size_t i = 0; i < field->choice_count; i++) {
        values_add(values, (uint64_t)field->choices[i] + 1, NULL);
        values_add(values, (uint64_t)field->choices[i] - 1, NULL);
    }
}

static void list_bit_flips(const struct field *field, struct values *values)
{
    for (unsigned bit = 0; bit < field->bits; bit++)
        values_add(values, values->original ^ UINT64_C(1) << bit, NULL);
}

/* --- the table entries -------------------------------------------------------------- */

INTEGER_ANOMALY(small_step, list_small_steps, "integers", false, "small-step",
                "values near the valid one", "CWE-193", "address 352 becomes 351");
INTEGER_ANOMALY(limit, list_limits, "bounded integers", true, "limit",
                "the field's limits and the first values outside them", "CWE-1284",
                "quantity 1..125 becomes 0, 1, 125, 126");
INTEGER_ANOMALY(boundary, list_boundaries, "integers", false, "boundary",
                "the limits of the field's type, and just inside its own", "CWE-190",
                "quantity becomes 0, 65535, 32767");
INTEGER_ANOMALY(power_of_two, list_powers, "integers", false, "power-of-two",
                "powers of two and their neighbours", "CWE-190",
                "quantity becomes 0x4000");
INTEGER_ANOMALY(choice, list_choices, "enumerations", false, "choice",
                "the other members of an enumeration, and between", "CWE-20",
                "sub-function 0 becomes 1, 2, 10");
INTEGER_ANOMALY(bit_flip, list_bit_flips, "integers", false, "bit-flip",
                "each bit flipped", "CWE-20", "0x0001 becomes 0x8001");
