/* The bare echo that a board over Ethernet is measured with: one request and its answer,
 * again and again, with nothing generated, recorded or judged.
 *
 *   bench-echo tcp HOST PORT COUNT    a Modbus register is read
 *   bench-echo frames PATH COUNT      an address is asked for (ARP) at a datagram socket
 *
 * Prints the seconds that COUNT of them took. No harness code is in here. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const unsigned char who_has[60] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0,  0, 0, 0, 1, 8, 6, 0, 1, 8, 0,  6, 4, 0,
    1,    2,    0,    0,    0,    0,    1, 10, 0, 2, 2, 0, 0, 0, 0, 0, 0, 10, 0, 2, 15};
static const unsigned char read_register[] = {0, 1, 0, 0, 0, 6, 1, 3, 0, 1, 0, 1};

static int fail(const char *what)
{
    perror(what);
    exit(1);
}

static int open_tcp(const char *host, const char *port)
{
    struct sockaddr_in there = {.sin_family = AF_INET,
                                .sin_port = htons((unsigned short)atoi(port))};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    inet_pton(AF_INET, host, &there.sin_addr);
    if (connect(fd, (struct sockaddr *)&there, sizeof there) < 0)
        fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    return fd;
}

static int open_frames(const char *path)
{
    struct sockaddr_un here = {.sun_family = AF_UNIX}, there = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    snprintf(there.sun_path, sizeof there.sun_path, "%s", path);
    snprintf(here.sun_path, sizeof here.sun_path, "%s.peer", path);
    if (bind(fd, (struct sockaddr *)&here, sizeof here) < 0 ||
        connect(fd, (struct sockaddr *)&there, sizeof there) < 0)
        fail(path);
    return fd;
}

static void exchange(int fd, const unsigned char *request, size_t length)
{
    unsigned char reply[2048];

    if (send(fd, request, length, 0) != (ssize_t)length ||
        recv(fd, reply, sizeof reply, 0) <= 0)
        fail("no answer");
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    int frames = argc == 4 && strcmp(argv[1], "frames") == 0;
    const unsigned char *request = frames ? who_has : read_register;
    size_t length = frames ? sizeof who_has : sizeof read_register;
    const struct timeval patience = {5, 0};
    double began;
    int fd;

    if (!frames && (argc != 5 || strcmp(argv[1], "tcp") != 0)) {
        fprintf(stderr, "usage: bench-echo tcp HOST PORT COUNT | frames PATH COUNT\n");
        return 2;
    }
    fd = frames ? open_frames(argv[2]) : open_tcp(argv[2], argv[3]);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    exchange(fd, request, length);
    began = now();
    for (int i = atoi(argv[argc - 1]); i > 0; i--)
        exchange(fd, request, length);
    printf("%.6f\n", now() - began);
    return 0;
}
