/* A child process in its own group, with its output in pipes. It dies with the thread
 * that started it, so start children from a thread that lives as long as the harness. The
 * struct owns the process and the descriptors; one thread at a time. */
#ifndef PERCUSS_DEVICE_SPAWN_H
#define PERCUSS_DEVICE_SPAWN_H

#include "core/yaml.h"

#include <sys/types.h>

enum { SPAWN_KEEP = 4, SPAWN_FIRST = 3 };

struct child {
    pid_t pid;          /* 0: none */
    int pidfd;          /* readable once it has ended */
    int output, errors; /* non-blocking read ends, -1: none */
    bool ended;         /* reaped: status is valid */
    int status;         /* as from waitpid(2) */
};

struct spawn {
    char *const *command;     /* NULL-terminated; command[0] is looked up in PATH */
    char *const *environment; /* NULL: ours */
    int keep[SPAWN_KEEP]; /* ours, which it gets as SPAWN_FIRST, SPAWN_FIRST + 1, … */
    size_t keep_count;
    bool merge; /* its standard error goes into `output` too */
};

void child_init(struct child *child);
int child_start(struct child *child, const struct spawn *spawn, struct error *error);
/* True when it has ended. Whatever it left in its group is killed with it. */
bool child_wait(struct child *child, int64_t deadline_ns);
/* SIGKILL to the group, reaps, closes everything; accepts a child that never was. */
void child_stop(struct child *child);
/* "killed by SIGSEGV", "exit status 3" */
const char *child_end_text(const struct child *child, char *text, size_t size);
/* Appends what is in the pipe, as far as `into` has room; what does not fit is lost.
 * Closes the pipe and sets *fd to -1 at its end. */
void child_read(int *fd, struct buffer *into);

/* Puts a line on its standard error, as if it had said it: that is a pipe to us, and this
 * opens the pipe's other end once more. */
int child_speak(const struct child *child, const char *line, struct error *error);

/* The program's path as execve needs it; -1 when there is none that can be executed. */
int spawn_find(const char *program, char *path, size_t size);

/* vector.c: NULL-terminated vectors of texts, as execve(2) wants them.
 * A list of texts in a campaign as a NULL-terminated vector; NULL and a complaint.
 * vector_free accepts NULL. */
char **vector_read(const struct yaml *list, struct error *error);
/* Our environment, overridden by the NULL-terminated `defaults` ("NAME=value"), those in
 * turn by the pairs of `map` (may be NULL). */
char **vector_environment(const struct yaml *map, const char *const *defaults,
                          struct error *error);
int vector_add(char ***vector, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void vector_free(char **vector);

#endif
