#include "engine/sequence.h"

#include <stdlib.h>

void sequence_init(struct sequence *sequence)
{
    *sequence = (struct sequence){.bytes = buffer_make(256 << 20)};
}

void sequence_free(struct sequence *sequence)
{
    free(sequence->steps);
    buffer_free(&sequence->bytes);
    sequence_init(sequence);
}

void sequence_clear(struct sequence *sequence)
{
    sequence->count = 0;
    buffer_clear(&sequence->bytes);
}

int sequence_append(struct sequence *sequence, const struct sequence_step *step,
                    struct view bytes)
{
    if (sequence->count == sequence->capacity) {
        size_t capacity = sequence->capacity ? sequence->capacity * 2 : 64;
        struct sequence_step *grown = realloc(sequence->steps, capacity * sizeof *grown);

        if (!grown)
            return -1;
        sequence->steps = grown;
        sequence->capacity = capacity;
    }
    sequence->steps[sequence->count] = *step;
    sequence->steps[sequence->count].offset = sequence->bytes.length;
    sequence->steps[sequence->count].length = bytes.length;
    if (buffer_append(&sequence->bytes, bytes) < 0)
        return -1;
    sequence->count++;
    return 0;
}

int sequence_append_script(struct sequence *sequence, const struct script *script)
{
    for (size_t i = 0; i < script->count; i++) {
        struct sequence_step step = {.number = script->number,
                                     .message = script->steps[i].message,
                                     .fuzzed = script->steps[i].fuzzed,
                                     .delivery = script->steps[i].delivery};

        if (sequence_append(sequence, &step, script_bytes(script, i)) < 0)
            return -1;
    }
    return 0;
}

int sequence_append_range(struct sequence *sequence, const struct sequence *from,
                          size_t first, size_t end)
{
    for (size_t i = first; i < end; i++)
        if (sequence_append(sequence, &from->steps[i], sequence_bytes(from, i)) < 0)
            return -1;
    return 0;
}

struct view sequence_bytes(const struct sequence *sequence, size_t step)
{
    return view_slice(buffer_view(&sequence->bytes), sequence->steps[step].offset,
                      sequence->steps[step].length);
}

size_t sequence_case_end(const struct sequence *sequence, size_t first, size_t end)
{
    size_t i = first + 1;

    while (i < end && sequence->steps[i].number == sequence->steps[first].number)
        i++;
    return i;
}

size_t sequence_joined(const struct sequence *sequence, size_t first, size_t end)
{
    const struct sequence_step *steps = sequence->steps;
    size_t last = first;

    while (last + 1 < end && steps[last].delivery.way == DELIVERY_JOINED &&
           steps[last + 1].number == steps[first].number)
        last++;
    return last + 1;
}

size_t sequence_tail(const struct sequence *sequence, size_t cases)
{
    size_t place = sequence->count;

    if (cases == 0)
        return place;
    while (place > 0) {
        uint64_t number = sequence->steps[place - 1].number;

        if (place < sequence->count && number != sequence->steps[place].number &&
            --cases == 0)
            return place;
        place--;
    }
    return 0;
}

size_t sequence_cases(const struct sequence *sequence, size_t first)
{
    size_t cases = first < sequence->count ? 1 : 0;

    for (size_t i = first + 1; i < sequence->count; i++)
        cases += sequence->steps[i].number != sequence->steps[i - 1].number;
    return cases;
}
