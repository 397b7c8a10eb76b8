/* OpenSSL's reads and writes, on the lower link. */
#include "link/secure_parts.h"

#include "core/clock.h"

#include <string.h>

bool secure_is_datagrams(const struct secure *secure)
{
    return secure->lower->ops->carries & LINK_DATAGRAMS;
}

/* DTLS sends a handshake message again when no answer comes: its timer is OpenSSL's. */
static int64_t read_deadline_ns(const struct secure *secure)
{
    struct timeval left;
    int64_t retry_ns;

    if (!secure_is_datagrams(secure) || !DTLSv1_get_timeout(secure->ssl, &left))
        return secure->deadline_ns;
    retry_ns = clock_now_ns() + left.tv_sec * CLOCK_S + left.tv_usec * (CLOCK_MS / 1000);
    return retry_ns < secure->deadline_ns ? retry_ns : secure->deadline_ns;
}

static int read_lower(BIO *bio, char *to, int size)
{
    struct secure *secure = BIO_get_data(bio);
    size_t count;
    int status;

    BIO_clear_retry_flags(bio);
    if (secure->taken == secure->arrived.length) {
        buffer_clear(&secure->arrived);
        secure->taken = 0;
        status = link_receive(secure->lower, &secure->arrived, read_deadline_ns(secure),
                              &secure->lower_error);
        if (status == LINK_TIMEOUT)
            BIO_set_retry_read(bio);
        else if (status < 0)
            secure->lower_status = status;
        if (status <= 0)
            return -1;
    }
    count = secure->arrived.length - secure->taken;
    if (count > (size_t)size)
        count = (size_t)size;
    memcpy(to, secure->arrived.data + secure->taken, count);
    /* What of a datagram finds no room is lost, as a socket would lose it. */
    secure->taken =
        secure_is_datagrams(secure) ? secure->arrived.length : secure->taken + count;
    return (int)count;
}

static int write_lower(BIO *bio, const char *from, int size)
{
    struct secure *secure = BIO_get_data(bio);
    struct view bytes = {(const uint8_t *)from, (size_t)size};
    int status;

    BIO_clear_retry_flags(bio);
    status = link_send(secure->lower, bytes, secure->deadline_ns, &secure->lower_error);
    if (status == 0)
        return size;
    secure->lower_status = status;
    return -1;
}

static long control_lower(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD *secure_make_method(void)
{
    BIO_METHOD *method =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "percuss link");

    if (method && BIO_meth_set_read(method, read_lower) &&
        BIO_meth_set_write(method, write_lower) &&
        BIO_meth_set_ctrl(method, control_lower))
        return method;
    BIO_meth_free(method);
    return NULL;
}
