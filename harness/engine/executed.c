#include "engine/executed.h"

#include "device/file.h"

#include <string.h>

/* Addresses mean nothing in another image. */
static int note_image(struct recorder *recorder, const char *image, struct error *error)
{
    char hash[HASH_TEXT], earlier[HASH_TEXT];

    file_hash_text(image, hash);
    if (store_get(recorder->store, "image_sha256", earlier, sizeof earlier) == 0 &&
        strcmp(earlier, hash) != 0)
        return store_set(recorder->store, "image_changed", hash, error) < 0 ? -1 : 1;
    return store_set(recorder->store, "image", image, error) < 0 ||
                   store_set(recorder->store, "image_sha256", hash, error) < 0
               ? -1
               : 0;
}

int executed_write(struct recorder *recorder, struct device *device, struct error *error)
{
    const struct coverage_map *map =
        device->ops->coverage ? device->ops->coverage(device) : NULL;
    uint32_t count;
    int status;

    if (!map || !device->image)
        return 0;
    status = note_image(recorder, device->image, error);
    count = __atomic_load_n(&map->block_count, __ATOMIC_ACQUIRE);
    if (status || count > COVERAGE_BLOCKS)
        return status < 0 ? -1 : 0;
    for (uint32_t i = 0; i < count; i++)
        if (store_write(recorder->store, error,
                        "INSERT INTO block VALUES (?,?,?) ON CONFLICT (address) DO "
                        "UPDATE SET executions = executions + excluded.executions, "
                        "length = max(length, excluded.length)",
                        "iii", (int64_t)map->blocks[i].address,
                        (int64_t)map->blocks[i].length_bytes,
                        (int64_t)map->blocks[i].executions) < 0)
            return -1;
    return 0;
}
