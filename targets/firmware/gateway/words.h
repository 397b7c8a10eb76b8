/*
 * What the gateway says on its console (standard output): one line a write, so that lines
 * of the kernel do not fall into it; and last words, when it dies of a signal.
 */
#ifndef GATEWAY_WORDS_H
#define GATEWAY_WORDS_H

/* A line; the line end is added. Cut at 200 characters. */
__attribute__((format(printf, 1, 2))) void words_say(const char *format, ...);

/* From now on SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT are told on the console before
 * the program ends with status 1: FAULT SIGSEGV pc=0x00011234 lr=0x00011100
 * address=0x00000010 `pc` is in the gateway's own code: when a library's function was at
 * work, it is where that was called from, as far as the stack still tells. */
void words_catch_faults(void);

#endif
