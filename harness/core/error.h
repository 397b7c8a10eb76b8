/* One error text, owned by the caller, filled once where the failure is understood.
 * Functions that can fail take a `struct error *` last and return 0 or a negative status.
 */
#ifndef PERCUSS_CORE_ERROR_H
#define PERCUSS_CORE_ERROR_H

struct error {
    char text[512];
};

/* Writes a formatted text into *error (NULL is allowed and ignored); always returns -1,
 * so that a caller can `return error_set(error, ...)`. */
int error_set(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts `format` before the text that is already there: context added on the way up. */
int error_prefix(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
