/* What the tests of the links share: a link made of its settings, what goes over it, and
 * the sockets on the loopback that it meets. */
#ifndef PERCUSS_TESTS_LINKS_H
#define PERCUSS_TESTS_LINKS_H

#include "link/link.h"
#include "scratch.h"
#include "soon.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

struct bench {
    struct yaml_document *document;
    struct link *link;
    struct error error;
    struct buffer in;
    int listener, peer; /* the device's sockets; -1: none */
    struct sockaddr_in here;
    char folder[SCRATCH_PATH], address[SCRATCH_PATH]; /* of the device */
};

/* NULL: the settings are refused. */
static inline struct link *make(struct bench *bench, const char *settings)
{
    *bench = (struct bench){.listener = -1, .peer = -1, .in = buffer_make(1 << 20)};
    bench->document = yaml_parse("link.yaml", view_text(settings), &bench->error);
    if (!bench->document)
        fail_msg("%s", bench->error.text);
    return bench->link = link_create(yaml_root(bench->document), &bench->error);
}

static inline void need(struct bench *bench, const char *settings)
{
    if (!make(bench, settings))
        fail_msg("%s", bench->error.text);
}

static inline void bench_close(struct bench *bench)
{
    link_free(bench->link);
    yaml_close(bench->document);
    buffer_free(&bench->in);
    if (bench->peer >= 0)
        close(bench->peer);
    if (bench->listener >= 0)
        close(bench->listener);
    if (bench->folder[0])
        scratch_remove(bench->folder);
}

/* A socket at a port that nobody else has. */
static inline void listen_at(struct bench *bench, int type)
{
    socklen_t length = sizeof bench->here;

    bench->here = (struct sockaddr_in){.sin_family = AF_INET,
                                       .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    bench->listener = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(bench->listener, (struct sockaddr *)&bench->here, length), 0);
    if (type == SOCK_STREAM)
        assert_int_equal(listen(bench->listener, 4), 0);
    getsockname(bench->listener, (struct sockaddr *)&bench->here, &length);
    snprintf(bench->address, sizeof bench->address, "127.0.0.1:%d",
             ntohs(bench->here.sin_port));
}

/* The port is closed now. */
static inline void listen_no_more(struct bench *bench)
{
    close(bench->listener);
    bench->listener = -1;
}

static inline void open_at(struct bench *bench, const char *address)
{
    if (link_open(bench->link, address, soon(), &bench->error) != 0)
        fail_msg("%s", bench->error.text);
}

static inline void say(struct bench *bench, const char *words)
{
    assert_int_equal(link_send(bench->link, view_text(words), soon(), &bench->error), 0);
}

/* Receives until so many bytes are there, or why there are not. */
static inline int receive(struct bench *bench, size_t length)
{
    int status = 1;

    buffer_clear(&bench->in);
    while (bench->in.length < length && status > 0)
        status = link_receive(bench->link, &bench->in, soon(), &bench->error);
    return status;
}

static inline void expect_said(struct bench *bench, const char *words)
{
    if (receive(bench, strlen(words)) <= 0)
        fail_msg("%s", bench->error.text);
    assert_int_equal(bench->in.length, strlen(words));
    assert_memory_equal(bench->in.data, words, strlen(words));
}

struct refused {
    const char *settings, *error;
};

static inline void expect_refused(const struct refused *wrong, size_t count)
{
    struct bench bench;

    for (size_t i = 0; i < count; i++) {
        assert_null(make(&bench, wrong[i].settings));
        if (!strstr(bench.error.text, wrong[i].error))
            fail_msg("%s", bench.error.text);
        bench_close(&bench);
    }
}

#endif
