/*
 * The Modbus TCP server (Modbus Messaging on TCP/IP V1.0b) on port 502, with the pump's
 * own application behind it (../pump/pdu.h). Owned by the main loop.
 */
#ifndef GATEWAY_SERVER_H
#define GATEWAY_SERVER_H

#include <poll.h>

enum { SERVER_CONNECTIONS = 8, SERVER_WATCHED = SERVER_CONNECTIONS + 1 };

struct device;

/* Listens; `device` is lent for good. Ends the program when the port is not free. */
void server_start(struct device *device);

/* BOARD_TICK_MS passed: who stops inside a message is left. */
void server_tick(void);

/* What to wait for, SERVER_WATCHED entries; and then, what came. */
void server_watch(struct pollfd *watched);
void server_serve(const struct pollfd *watched);

#endif
