#include "record/fragments.h"

#include "core/clock.h"

#include <stdlib.h>
#include <string.h>

/* RFC 791: a datagram that is not whole by then never will be. */
static const int64_t patience_ns = 120 * CLOCK_S;

static bool same_datagram(const struct fragment *a, const struct fragment *b)
{
    return a->family == b->family && a->protocol == b->protocol &&
           a->identification == b->identification &&
           memcmp(a->from, b->from, sizeof a->from) == 0 &&
           memcmp(a->to, b->to, sizeof a->to) == 0;
}

/* Unsigned: a damaged file may hold any time. */
static bool is_late(const struct fragments_slot *slot, const struct fragment *fragment)
{
    return (int64_t)((uint64_t)fragment->wall_ns - (uint64_t)slot->key.wall_ns) >
           patience_ns;
}

static void release(struct fragments_slot *slot)
{
    free(slot->bytes);
    *slot = (struct fragments_slot){0};
}

/* The datagram's slot; a free one, or that of the oldest, when it is new. */
static struct fragments_slot *slot_for(struct fragments *fragments,
                                       const struct fragment *fragment)
{
    struct fragments_slot *chosen = &fragments->slots[0];

    for (size_t i = 0; i < FRAGMENTS_OPEN; i++) {
        struct fragments_slot *slot = &fragments->slots[i];

        if (slot->bytes && same_datagram(&slot->key, fragment)) {
            chosen = slot;
            if (!is_late(slot, fragment))
                return slot;
            break;
        }
        if (chosen->bytes && (!slot->bytes || slot->key.wall_ns < chosen->key.wall_ns))
            chosen = slot;
    }
    fragments->unfinished += chosen->bytes != NULL;
    release(chosen);
    chosen->bytes = malloc(FRAGMENTS_BYTES);
    chosen->key = *fragment;
    return chosen->bytes ? chosen : NULL;
}

static bool has_unit(const struct fragments_slot *slot, size_t unit)
{
    return slot->units[unit / 8] >> (unit % 8) & 1;
}

static void put(struct fragments_slot *slot, const struct fragment *fragment)
{
    for (size_t at = 0; at < fragment->bytes.length; at += FRAGMENTS_UNIT) {
        size_t unit = (fragment->offset + at) / FRAGMENTS_UNIT;
        struct view part = view_slice(fragment->bytes, at, FRAGMENTS_UNIT);

        if (has_unit(slot, unit))
            continue;
        memcpy(slot->bytes + unit * FRAGMENTS_UNIT, part.data, part.length);
        slot->units[unit / 8] |= (uint8_t)(1u << (unit % 8));
    }
    if (!fragment->more && !slot->total)
        slot->total = fragment->offset + fragment->bytes.length;
}

static bool is_whole(const struct fragments_slot *slot)
{
    for (size_t at = 0; at < slot->total; at += FRAGMENTS_UNIT) {
        if (!has_unit(slot, at / FRAGMENTS_UNIT))
            return false;
    }
    return slot->total > 0;
}

bool fragments_add(struct fragments *fragments, const struct fragment *fragment,
                   struct view *payload)
{
    struct fragments_slot *slot;

    if (fragment->bytes.length == 0 || fragment->offset % FRAGMENTS_UNIT ||
        fragment->offset + fragment->bytes.length > FRAGMENTS_BYTES ||
        (fragment->more && fragment->bytes.length % FRAGMENTS_UNIT))
        return false;
    slot = slot_for(fragments, fragment);
    if (!slot)
        return false;
    put(slot, fragment);
    if (!is_whole(slot))
        return false;
    *payload = (struct view){slot->bytes, slot->total};
    free(fragments->whole);
    fragments->whole = slot->bytes;
    slot->bytes = NULL;
    release(slot);
    return true;
}

void fragments_end(struct fragments *fragments)
{
    for (size_t i = 0; i < FRAGMENTS_OPEN; i++) {
        fragments->unfinished += fragments->slots[i].bytes != NULL;
        release(&fragments->slots[i]);
    }
    free(fragments->whole);
    fragments->whole = NULL;
}
