/* What only root may do, for any user: in namespaces of the test's own where the user is
 * not root. To be called while the program has one thread. */
#ifndef PERCUSS_TESTS_PRIVILEGE_H
#define PERCUSS_TESTS_PRIVILEGE_H

#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline bool privilege_write(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool done = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);

    if (file >= 0)
        close(file);
    return done;
}

/* Enters new namespaces (CLONE_NEW…), as root in a user namespace if it must be. */
static inline bool privilege_enter(int namespaces)
{
    char users[40], groups[40];

    if (unshare(namespaces) == 0)
        return true;
    snprintf(users, sizeof users, "0 %u 1", (unsigned)geteuid());
    snprintf(groups, sizeof groups, "0 %u 1", (unsigned)getegid());
    return unshare(CLONE_NEWUSER | namespaces) == 0 &&
           privilege_write("/proc/self/setgroups", "deny") &&
           privilege_write("/proc/self/uid_map", users) &&
           privilege_write("/proc/self/gid_map", groups);
}

/* Gives up every capability: root is then a user like any other. */
static inline bool privilege_drop(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};

    return syscall(SYS_capset, &header, none) == 0;
}

/* --- capturing ---------------------------------------------------------------------- */

static inline bool privilege_has_capture(void)
{
    int raw = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

    if (raw >= 0)
        close(raw);
    return raw >= 0;
}

static inline bool privilege_raise_loopback(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool done = any >= 0 && ioctl(any, SIOCSIFFLAGS, &request) == 0;

    if (any >= 0)
        close(any);
    return done;
}

/* From here on this process may capture on loopback: the machine's, or one of its own. */
static inline bool privilege_to_capture(void)
{
    return privilege_has_capture() ||
           (privilege_enter(CLONE_NEWNET) && privilege_raise_loopback());
}

/* --- a small disk ------------------------------------------------------------------- */

/* A disk of `mebibytes`: a tmpfs that no other process sees, or where not even that is
 * allowed a limit on the size of files. Returns whether it is a disk. */
static inline bool privilege_small_disk(const char *folder, unsigned mebibytes)
{
    struct rlimit limit;
    char options[40];

    snprintf(options, sizeof options, "size=%um", mebibytes);
    if (privilege_enter(CLONE_NEWNS) &&
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
        mount("none", folder, "tmpfs", 0, options) == 0)
        return true;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = (rlim_t)mebibytes << 20;
    setrlimit(RLIMIT_FSIZE, &limit);
    return false;
}

static inline void privilege_end_small_disk(const char *folder, bool mounted)
{
    struct rlimit limit;

    if (mounted) {
        umount(folder);
        return;
    }
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
}

#endif
