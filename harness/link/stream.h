/* A connected stream socket with absolute deadlines: what the links tcp, unix and exec
 * share. The descriptor is owned; -1 is none. One thread at a time. */
#ifndef PERCUSS_LINK_STREAM_H
#define PERCUSS_LINK_STREAM_H

#include "link/link.h"

#include <sys/socket.h>

enum { STREAM_CHUNK = 65536 }; /* the most that one receive appends */

struct stream {
    int fd;
    int64_t receive_wait_ns; /* SO_RCVTIMEO as set; 0: not yet */
    bool quick_ack;          /* TCP only: do not delay acknowledgements */
    bool received;           /* something came since the last send */
    bool was_reset;          /* the peer ended the last connection with a reset */
};

/* Makes and connects a socket. 0, LINK_CLOSED (refused) or LINK_FAILED; fd stays -1 then.
 */
int stream_connect(struct stream *stream, const struct sockaddr *address,
                   socklen_t length, int64_t deadline_ns, struct error *error);
/* A socket that listens at the address, or -1 and *error. */
int stream_listen(const struct sockaddr *address, socklen_t length, struct error *error);
/* Takes the next one that connects to it. 0 or LINK_FAILED: nobody did before the
 * deadline. */
int stream_accept(struct stream *stream, int listener, int64_t deadline_ns,
                  struct error *error);
int stream_send(struct stream *stream, struct view bytes, int64_t deadline_ns,
                struct error *error);
/* In the common case one recv(2), which waits by itself. */
int stream_receive(struct stream *stream, struct buffer *in, int64_t deadline_ns,
                   struct error *error);
void stream_discard(struct stream *stream);
void stream_close(struct stream *stream); /* accepts a closed one */

/* Room for one receive: at most STREAM_CHUNK and what `maximum` leaves; 0 and *error
 * when memory is short. Shared with the serial link. */
size_t stream_make_room(struct buffer *in, struct error *error);
/* True when the descriptor is ready for `events` of poll(2) before the deadline. */
bool stream_wait(int fd, short events, int64_t deadline_ns);
/* Reads away what has arrived by now, and not what a flooding peer adds meanwhile. */
void stream_drop_arrived(int fd);

#endif
