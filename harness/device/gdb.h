/* A client of the GDB remote serial protocol, as QEMU's stub, OpenOCD and the Black Magic
 * Probe speak it: packets are always acknowledged, none that is sent is longer than
 * GDB_PACKET bytes, and stops, console output and notifications may come at any time. The
 * stub is a device's, so nothing in its answers is trusted. The socket is owned; one
 * thread at a time. (GDB manual, appendix E.) */
#ifndef PERCUSS_DEVICE_GDB_H
#define PERCUSS_DEVICE_GDB_H

#include "core/bytes.h"
#include "core/error.h"

enum { GDB_PACKET = 1024 };

enum gdb_breakpoint { GDB_SOFTWARE = 0, GDB_HARDWARE = 1 };

/* Where the program counter is: its number in stop replies, its place among the bytes of
 * all registers. */
struct gdb_pc {
    unsigned number, offset_bytes, width_bytes;
};

struct gdb_stop {
    bool gone;       /* the program ended */
    unsigned signal; /* 5: a breakpoint or a step; 2: it was asked to stop */
    bool has_pc;     /* the stub told it along with the stop */
    uint64_t pc;
};

struct gdb {
    int fd;              /* -1: none, or lost */
    struct gdb_pc pc;    /* from the caller */
    struct buffer in;    /* arrived, not yet taken */
    struct buffer reply; /* the last packet, decoded */
    struct buffer said;  /* console output since the caller last cleared it */
    bool runs;           /* continued, and no stop was told since */
    struct gdb_stop stop;
    unsigned damaged; /* packets in a row with a wrong sum */
};

void gdb_init(struct gdb *gdb, struct gdb_pc pc);
/* "unix:PATH", "HOST:PORT" or the device file of a serial port. Connects and learns that
 * the program stands still, as a stub makes it when somebody connects. */
int gdb_connect(struct gdb *gdb, const char *address, int64_t deadline_ns,
                struct error *error);
/* The same over a connected stream socket, which it takes over. */
int gdb_open(struct gdb *gdb, int fd, int64_t deadline_ns, struct error *error);
/* Connects only: a server may need words before there is a program. -1 and *error. */
int gdb_reach(struct gdb *gdb, const char *address, int64_t deadline_ns,
              struct error *error);
void gdb_close(struct gdb *gdb); /* the program stays as it is; accepts what was closed */

/* The functions below need a program that stands still, and return -1 when the connection
 * is lost or nothing comes in time, or 1 when the stub refuses; *error says so in both
 * cases. */
int gdb_read_pc(struct gdb *gdb, uint64_t *pc, int64_t deadline_ns, struct error *error);
/* The program stands, as the server says when asked. */
int gdb_ask_halted(struct gdb *gdb, int64_t deadline_ns, struct error *error);
/* vAttach: takes hold of what is `number` for a server that does not do so by itself. */
int gdb_attach(struct gdb *gdb, unsigned number, int64_t deadline_ns,
               struct error *error);
/* The program goes on without us, and the connection is closed. */
void gdb_detach(struct gdb *gdb, int64_t deadline_ns);

/* The first `count` registers of `width_bytes` each, little endian (g). */
int gdb_read_registers(struct gdb *gdb, uint64_t *values, size_t count,
                       unsigned width_bytes, int64_t deadline_ns, struct error *error);
/* One register by its number (p). */
int gdb_read_register(struct gdb *gdb, unsigned number, unsigned width_bytes,
                      uint64_t *value, int64_t deadline_ns, struct error *error);
/* The number that the server's description of its target (target.xml) gives a register;
 * 1 and *error: it has no description, or none of that name. */
int gdb_find_register(struct gdb *gdb, const char *name, unsigned *number,
                      int64_t deadline_ns, struct error *error);
int gdb_write_word(struct gdb *gdb, uint64_t address, uint32_t word, int64_t deadline_ns,
                   struct error *error);
int gdb_read_memory(struct gdb *gdb, uint64_t address, size_t length_bytes,
                    struct buffer *bytes, int64_t deadline_ns, struct error *error);
/* `size`: of the instruction, as the stub's processor counts it (Thumb: 2). */
int gdb_set_breakpoint(struct gdb *gdb, enum gdb_breakpoint kind, bool set,
                       uint64_t address, unsigned size, int64_t deadline_ns,
                       struct error *error);
/* qRcmd: a command of the stub's own ("system_reset", "reset halt"). What it says goes to
 * gdb->said. */
int gdb_monitor(struct gdb *gdb, const char *command, int64_t deadline_ns,
                struct error *error);
/* vRun: starts the program afresh, for a server that resets by it (Black Magic Probe). */
int gdb_run(struct gdb *gdb, int64_t deadline_ns, struct error *error);
/* One register of 32 bits (P). */
int gdb_write_register(struct gdb *gdb, unsigned number, uint32_t value,
                       int64_t deadline_ns, struct error *error);
int gdb_step(struct gdb *gdb, int64_t deadline_ns, struct error *error);
int gdb_continue(struct gdb *gdb, int64_t deadline_ns, struct error *error);

/* Asks a program that runs to stop; the stop comes later, unless it stood already. */
int gdb_interrupt(struct gdb *gdb, struct error *error);
/* Waits for a stop of a program that runs: 1 and gdb->stop, 0: none in time, -1: lost. */
int gdb_await_stop(struct gdb *gdb, int64_t deadline_ns, struct error *error);

#endif
