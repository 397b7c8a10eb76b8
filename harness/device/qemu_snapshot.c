/* The board as it was when its banner came: kept in a disk that the board does not see,
 * as QEMU's savevm does, and put back by loadvm in a fraction of the time that an
 * operating system needs to start. The disk is an empty qcow2 image (QEMU's
 * docs/interop/qcow2.txt). */
#include "device/qemu.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    CLUSTER_BITS = 16,
    CLUSTER = 1 << CLUSTER_BITS,
    HEADER = 72, /* of version 2 */
    REFCOUNT_TABLE = CLUSTER,
    REFCOUNTS = 2 * CLUSTER,
    L1_TABLE = 3 * CLUSTER,
    USED = 4 /* clusters: the header, and the three above */
};

static const char *path_of(const struct device *device, char *path, size_t size)
{
    snprintf(path, size, "%s/snapshot.qcow2", device->scratch);
    return path;
}

static void put(uint8_t *at, uint64_t value, unsigned bytes)
{
    while (bytes--) {
        at[bytes] = (uint8_t)value;
        value >>= 8;
    }
}

/* No guest data, no snapshot yet: every cluster that is used is counted once. */
static void fill(uint8_t *disk)
{
    memcpy(disk, "QFI\xfb", 4);
    put(disk + 4, 2, 4);               /* version */
    put(disk + 20, CLUSTER_BITS, 4);   /* cluster_bits */
    put(disk + 24, CLUSTER, 8);        /* size: what a guest would see */
    put(disk + 36, 1, 4);              /* l1_size */
    put(disk + 40, L1_TABLE, 8);       /* l1_table_offset */
    put(disk + 48, REFCOUNT_TABLE, 8); /* refcount_table_offset */
    put(disk + 56, 1, 4);              /* refcount_table_clusters */
    put(disk + REFCOUNT_TABLE, REFCOUNTS, 8);
    for (unsigned i = 0; i < USED; i++)
        put(disk + REFCOUNTS + 2 * i, 1, 2);
}

static int write_disk(const char *path, struct error *error)
{
    uint8_t disk[USED * CLUSTER] = {0};
    FILE *file = fopen(path, "we");
    bool failed;

    if (!file)
        return error_set(error, "cannot make %.200s: %s", path, strerror(errno));
    fill(disk);
    failed = fwrite(disk, sizeof disk, 1, file) != 1;
    if (fclose(file) != 0 || failed)
        return error_set(error, "cannot write %.200s: %s", path, strerror(errno));
    return 0;
}

int qemu_add_snapshot(char ***command, const struct device *device, struct error *error)
{
    const struct qemu *qemu = device->state;
    char path[160];

    if (!qemu->has_snapshot)
        return 0;
    if (write_disk(path_of(device, path, sizeof path), error) < 0)
        return -1;
    return vector_add(command, "-blockdev") +
           vector_add(command,
                      "driver=qcow2,node-name=snapshot,file.driver=file,file.filename=%s",
                      path);
}

int qemu_take_snapshot(struct qemu *qemu, int64_t deadline_ns, struct error *error)
{
    return qemu->has_snapshot
               ? qmp_monitor(&qemu->qmp, "savevm ready", deadline_ns, error)
               : 0;
}

int qemu_put_back(struct qemu *qemu, int64_t deadline_ns, struct error *error)
{
    return qmp_monitor(&qemu->qmp, "loadvm ready", deadline_ns, error);
}
