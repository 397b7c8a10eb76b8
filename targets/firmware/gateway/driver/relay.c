// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
/* The gateway's relay board as a kernel driver: "N V" written to /dev/relay switches
 * relay N off (0) or on (1). The board itself is memory. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

enum { RELAYS = 8, REQUEST_MAX = 48 };

struct relay {
    long switched; /* how often */
    long on;
};

static struct relay relays[RELAYS];

static noinline int relay_switch(long number, long on)
{
    if (on != 0 && on != 1)
        return -EINVAL;
#if !GATEWAY_DEFECTIVE /* G06: any number is a relay's */
    if (number < 0 || number >= RELAYS)
        return -EINVAL;
#endif
    relays[number].on = on;
    relays[number].switched++;
    return 0;
}

static ssize_t relay_write(struct file *file, const char __user *from, size_t length,
                           loff_t *offset)
{
    char text[REQUEST_MAX], again[REQUEST_MAX];
    long number, on;
    int status;

    if (length >= sizeof(text))
        return -EINVAL;
    if (copy_from_user(text, from, length))
        return -EFAULT;
    text[length] = '\0';
    if (sscanf(text, "%ld %ld", &number, &on) != 2)
        return -EINVAL;
    /* Neither "-0" nor "07" names a relay. */
    snprintf(again, sizeof(again), "%ld %ld", number, on);
    if (strcmp(again, text) != 0)
        return -EINVAL;
    status = relay_switch(number, on);
    return status < 0 ? status : length;
}

static const struct file_operations relay_operations = {
    .owner = THIS_MODULE,
    .write = relay_write,
};

static struct miscdevice relay_device = {
    .minor = MISC_DYNAMIC_MINOR,
    .name = "relay",
    .fops = &relay_operations,
};

module_misc_device(relay_device);
MODULE_DESCRIPTION("Relays of the gateway IG-50");
MODULE_LICENSE("Dual BSD/GPL");
