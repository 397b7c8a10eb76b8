#include "record/live.h"

#include "core/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SNAP = 262144,   /* loopback hands over packets of 64 KiB */
    RING = 64 << 20, /* bytes the kernel may hold while our thread does not run */
    RETIRE_MS = 20,  /* the kernel hands over a partly filled block after this */
    FILES_MAXIMUM = 999
};

struct live {
    pcap_t *handle;
    pcap_dumper_t *dump;
    pthread_t thread;
    bool running;
    atomic_bool stop;
    struct live_totals totals; /* the thread's until it was joined */
    struct error failure;      /* the same */
    char file[32], interface[64], address[64];
};

/* Our own address on the way to the device tells the interface. */
static int own_address(const char *remote, struct sockaddr_storage *own, char *numeric,
                       size_t size, struct error *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *found = NULL;
    socklen_t length = sizeof *own;
    int status = getaddrinfo(remote, "9", &hints, &found), socket_fd = -1;

    if (status)
        return error_set(error, "%s: %s", remote, gai_strerror(status));
    status = -1;
    if (getnameinfo(found->ai_addr, found->ai_addrlen, numeric, (socklen_t)size, NULL, 0,
                    NI_NUMERICHOST)) {
        error_set(error, "%s: not an address", remote);
        goto out;
    }
    /* Connecting a datagram socket sends nothing; it only looks the route up. */
    socket_fd = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_fd < 0 || connect(socket_fd, found->ai_addr, found->ai_addrlen) ||
        getsockname(socket_fd, (struct sockaddr *)own, &length)) {
        error_set(error, "%s: no route to it: %s", remote, strerror(errno));
        goto out;
    }
    status = 0;
out:
    if (socket_fd >= 0)
        close(socket_fd);
    freeaddrinfo(found);
    return status;
}

static bool same_address(const struct sockaddr *a, const struct sockaddr *b)
{
    const void *x, *y;

    if (!a || a->sa_family != b->sa_family)
        return false;
    if (a->sa_family == AF_INET) {
        x = &((const struct sockaddr_in *)(const void *)a)->sin_addr;
        y = &((const struct sockaddr_in *)(const void *)b)->sin_addr;
        return memcmp(x, y, 4) == 0;
    }
    x = &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;
    y = &((const struct sockaddr_in6 *)(const void *)b)->sin6_addr;
    return a->sa_family == AF_INET6 && memcmp(x, y, 16) == 0;
}

static bool is_loopback(const struct sockaddr_storage *own)
{
    const struct sockaddr_in *v4 = (const void *)own;
    const struct sockaddr_in6 *v6 = (const void *)own;

    if (own->ss_family == AF_INET)
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

static int choose_interface(struct live *live, const char *remote, struct error *error)
{
    struct sockaddr_storage own = {0};
    struct ifaddrs *list = NULL;
    char host[64];
    int status = -1;

    if (own_address(remote, &own, live->address, sizeof live->address, error))
        return -1;
    getnameinfo((struct sockaddr *)&own, sizeof own, host, sizeof host, NULL, 0,
                NI_NUMERICHOST);
    /* The kernel loops traffic to any address of this machine through lo. */
    if (is_loopback(&own) || strcmp(host, live->address) == 0) {
        snprintf(live->interface, sizeof live->interface, "lo");
        return 0;
    }
    if (getifaddrs(&list))
        return error_set(error, "the interfaces: %s", strerror(errno));
    for (const struct ifaddrs *at = list; at && status; at = at->ifa_next) {
        if (same_address(at->ifa_addr, (struct sockaddr *)&own)) {
            snprintf(live->interface, sizeof live->interface, "%s", at->ifa_name);
            status = 0;
        }
    }
    freeifaddrs(list);
    return status ? error_set(error, "%s: no interface has our address %s", remote, host)
                  : 0;
}

static int refuse(const struct live *live, int status, struct error *error)
{
    const char *words = pcap_geterr(live->handle);

    if (!*words)
        words = pcap_statustostr(status);
    if (status == PCAP_ERROR_PERM_DENIED || status == PCAP_ERROR_PROMISC_PERM_DENIED)
        return error_set(error,
                         "may not capture on %s: %s; run percuss as root or give it "
                         "the right: setcap cap_net_raw+ep <path of percuss>",
                         live->interface, words);
    return error_set(error, "capturing on %s: %s", live->interface, words);
}

static int activate(struct live *live, struct error *error)
{
    char text[PCAP_ERRBUF_SIZE] = "";
    int status;

    live->handle = pcap_create(live->interface, text);
    if (!live->handle)
        return error_set(error, "capturing on %s: %s", live->interface, text);
    pcap_set_snaplen(live->handle, SNAP);
    pcap_set_buffer_size(live->handle, RING);
    pcap_set_timeout(live->handle, RETIRE_MS);
    pcap_set_tstamp_precision(live->handle, PCAP_TSTAMP_PRECISION_NANO);
    status = pcap_activate(live->handle);
    if (status < 0)
        return refuse(live, status, error);
    if (pcap_setnonblock(live->handle, 1, text) < 0)
        return error_set(error, "capturing on %s: %s", live->interface, text);
    return 0;
}

static int set_filter(struct live *live, const char *protocol, uint16_t port,
                      struct error *error)
{
    struct bpf_program program;
    char filter[128];
    int status = 0;

    snprintf(filter, sizeof filter, "%s and host %s and port %u", protocol, live->address,
             port);
    if (pcap_compile(live->handle, &program, filter, 1, PCAP_NETMASK_UNKNOWN) < 0)
        return error_set(error, "capture filter '%s': %s", filter,
                         pcap_geterr(live->handle));
    if (pcap_setfilter(live->handle, &program) < 0)
        status = error_set(error, "capture filter '%s': %s", filter,
                           pcap_geterr(live->handle));
    pcap_freecode(&program);
    return status;
}

static int make_file(struct live *live, const char *directory, struct error *error)
{
    char path[4096];
    int file = -1;
    FILE *stream;

    for (int number = 1; file < 0 && number <= FILES_MAXIMUM; number++) {
        snprintf(live->file, sizeof live->file, "independent-%03d.pcap", number);
        snprintf(path, sizeof path, "%s/%s", directory, live->file);
        file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (file < 0 && errno != EEXIST)
            break;
    }
    stream = file < 0 ? NULL : fdopen(file, "wb");
    if (!stream) {
        error_set(error, "%s: %s", path, strerror(errno));
        if (file >= 0)
            close(file);
        return -1;
    }
    live->dump = pcap_dump_fopen(live->handle, stream);
    if (!live->dump) {
        error_set(error, "%s: %s", path, pcap_geterr(live->handle));
        fclose(stream);
        return -1;
    }
    return 0;
}

static void take(u_char *context, const struct pcap_pkthdr *header, const u_char *bytes)
{
    struct live *live = (struct live *)(void *)context;

    pcap_dump((u_char *)live->dump, header, bytes);
    live->totals.packets++;
    live->totals.bytes += header->caplen;
}

static void read_what_is_there(struct live *live)
{
    int got = pcap_dispatch(live->handle, -1, take, (u_char *)live);

    if (got < 0 && !live->failure.text[0])
        error_set(&live->failure, "capturing on %s: %s", live->interface,
                  pcap_geterr(live->handle));
    if (ferror(pcap_dump_file(live->dump)) && !live->failure.text[0])
        error_set(&live->failure, "%s: not all of it could be written: %s", live->file,
                  strerror(errno));
}

static void *work(void *argument)
{
    struct live *live = argument;
    struct pollfd ready = {.fd = pcap_get_selectable_fd(live->handle), .events = POLLIN};
    int64_t until_ns = INT64_MAX;

    /* A block that is not full becomes ours RETIRE_MS after its first packet: going on
     * for longer than that after the stop reads everything that was on the wire by then.
     */
    while (clock_now_ns() < until_ns) {
        if (until_ns == INT64_MAX && atomic_load(&live->stop))
            until_ns = clock_now_ns() + 4 * RETIRE_MS * CLOCK_MS;
        poll(&ready, 1, RETIRE_MS);
        read_what_is_there(live);
        if (live->failure.text[0])
            break;
    }
    return NULL;
}

static int start_thread(struct live *live, struct error *error)
{
    sigset_t all, before;
    int status;

    /* Signals stay with the thread that runs the campaign. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    status = pthread_create(&live->thread, NULL, work, live);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (status)
        return error_set(error, "capturing on %s: %s", live->interface, strerror(status));
    live->running = true;
    return 0;
}

struct live *live_start(const char *directory, const char *protocol,
                        const char *remote_address, uint16_t remote_port,
                        struct error *error)
{
    struct live *live = calloc(1, sizeof *live);

    if (!live) {
        error_set(error, "out of memory");
        return NULL;
    }
    if (choose_interface(live, remote_address, error) || activate(live, error) ||
        set_filter(live, protocol, remote_port, error) ||
        make_file(live, directory, error) || start_thread(live, error)) {
        live_stop(live, NULL, NULL);
        return NULL;
    }
    return live;
}

const char *live_file(const struct live *live)
{
    return live->file;
}

const char *live_interface(const struct live *live)
{
    return live->interface;
}

int live_stop(struct live *live, struct live_totals *totals, struct error *error)
{
    struct pcap_stat counted = {0};
    int status = 0;

    if (!live)
        return 0;
    if (live->running) {
        atomic_store(&live->stop, true);
        pthread_join(live->thread, NULL);
        if (pcap_stats(live->handle, &counted) == 0)
            live->totals.dropped = (uint64_t)counted.ps_drop + counted.ps_ifdrop;
    }
    if (live->dump) {
        if (pcap_dump_flush(live->dump) && !live->failure.text[0])
            error_set(&live->failure, "%s: %s", live->file, strerror(errno));
        pcap_dump_close(live->dump);
    }
    if (live->handle)
        pcap_close(live->handle);
    if (totals)
        *totals = live->totals;
    if (live->failure.text[0])
        status = error_set(error, "%s", live->failure.text);
    free(live);
    return status;
}
