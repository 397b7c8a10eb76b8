#include "engine/bucket.h"

#include "oracle/shape.h"

#include <stdio.h>
#include <string.h>

static struct bucket *add(struct buckets *buckets, const char *id, const char *guilty,
                          const char *place)
{
    struct bucket *bucket;

    if (buckets->count == BUCKETS)
        return &buckets->list[BUCKETS - 1];
    bucket = &buckets->list[buckets->count++];
    snprintf(bucket->guilty, sizeof bucket->guilty, "%s", guilty);
    snprintf(bucket->place, sizeof bucket->place, "%s", place);
    if (id)
        snprintf(bucket->id, sizeof bucket->id, "%s", id);
    else
        snprintf(bucket->id, sizeof bucket->id, "B-%02zu", buckets->count);
    return bucket;
}

static struct bucket *find_place(struct buckets *buckets, const char *place)
{
    for (size_t i = 0; i < buckets->count; i++)
        if (strcmp(buckets->list[i].place, place) == 0)
            return &buckets->list[i];
    return NULL;
}

static const char *without_valid(const char *guilty)
{
    return strncmp(guilty, "valid ", 6) == 0 ? guilty + 6 : guilty;
}

/* A wrong answer to a part of a message: valid or not, one piece of code reads it. */
static struct bucket *find_guilty(struct buckets *buckets, const char *guilty)
{
    for (size_t i = 0; i < buckets->count; i++)
        if (strcmp(without_valid(buckets->list[i].guilty), without_valid(guilty)) == 0)
            return &buckets->list[i];
    return NULL;
}

/* A failure at a place explains wrong answers to what is as right or wrong as its own
 * message, and only one such failure does. */
static struct bucket *find_explained(struct buckets *buckets, const char *guilty)
{
    for (size_t i = 0; i < buckets->count; i++)
        if (strcmp(buckets->list[i].guilty, guilty) == 0 && !buckets->list[i].place[0])
            return &buckets->list[i];
    return NULL;
}

const struct bucket *buckets_put(struct buckets *buckets, const char *place,
                                 const char *guilty)
{
    struct bucket *bucket = place[0] ? find_place(buckets, place) : NULL;

    if (!bucket)
        bucket =
            place[0] ? find_explained(buckets, guilty) : find_guilty(buckets, guilty);
    if (!bucket)
        return add(buckets, NULL, guilty, place);
    if (!bucket->place[0])
        snprintf(bucket->place, sizeof bucket->place, "%s", place);
    return bucket;
}

void buckets_restore(struct buckets *buckets, const char *id, const char *place,
                     const char *guilty)
{
    for (size_t i = 0; i < buckets->count; i++)
        if (strcmp(buckets->list[i].id, id) == 0) {
            if (!buckets->list[i].place[0])
                snprintf(buckets->list[i].place, sizeof buckets->list[i].place, "%s",
                         place);
            return;
        }
    add(buckets, id, guilty, place);
}

const char *bucket_guilty(const struct campaign *campaign,
                          const struct sequence *sequence, char *text, size_t size)
{
    size_t last = sequence->count;
    struct tree tree;

    snprintf(text, size, "message");
    if (last == 0)
        return text;
    for (last--; last > 0 && !sequence->steps[last].fuzzed; last--)
        ;
    tree_init(&tree, campaign->model);
    tree.context =
        campaign->session->messages[sequence->steps[last].message].tree.context;
    if (tree_parse(&tree, sequence_bytes(sequence, last), false) == 0)
        guilty_part(&tree, text, size);
    tree_free(&tree);
    return text;
}
