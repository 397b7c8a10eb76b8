/* What the tests of generator and engine share: the Modbus target's files and a fresh
 * folder a test. */
#ifndef PERCUSS_TESTS_SCRATCH_H
#define PERCUSS_TESTS_SCRATCH_H

#include "generate/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ftw.h>
#include <unistd.h>

enum { SCRATCH_PATH = 128 };

static inline void scratch_make(char folder[SCRATCH_PATH])
{
    snprintf(folder, SCRATCH_PATH, "/tmp/percuss-test.XXXXXX");
    assert_non_null(mkdtemp(folder));
}

static inline int scratch_remove_entry(const char *path, const struct stat *status,
                                       int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline void scratch_remove(const char *folder)
{
    assert_int_equal(nftw(folder, scratch_remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* Writes FOLDER/NAME and puts its path into `path`. */
static inline void scratch_write(const char *folder, const char *name, const char *text,
                                 char path[SCRATCH_PATH])
{
    FILE *file;

    assert_true(snprintf(path, SCRATCH_PATH, "%s/%s", folder, name) < SCRATCH_PATH);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

/* "modbus_tcp.ksy" or a whole path. */
static inline struct model *need_model(const char *name)
{
    struct error error = {""};
    char path[300];
    struct model *model;

    snprintf(path, sizeof path, "%s%s",
             name[0] == '/' ? "" : PROJECT_FOLDER "/targets/modbus/", name);
    model = model_load(path, &error);
    if (!model)
        fail_msg("%s", error.text);
    return model;
}

static inline struct session *need_session(const char *name, const struct model *model)
{
    struct error error = {""};
    char path[300];
    struct session *session;

    snprintf(path, sizeof path, "%s%s",
             name[0] == '/' ? "" : PROJECT_FOLDER "/targets/modbus/", name);
    session = session_load(path, model, &error);
    if (!session)
        fail_msg("%s", error.text);
    return session;
}

static inline unsigned message_named(const struct session *session, const char *name)
{
    for (unsigned i = 0; i < session->message_count; i++)
        if (strcmp(session->messages[i].name, name) == 0)
            return i;
    fail_msg("no message %s", name);
    return 0;
}

/* Every session with every model: what the generator's tests run over. */
static const struct {
    const char *model, *session;
} targets[] = {
    {"modbus_tcp.ksy", "registers.yaml"},
    {"modbus_rtu.ksy", "registers.yaml"},
    {"modbus_tcp.ksy", "pump.yaml"},
    {"modbus_rtu.ksy", "pump.yaml"},
    {"modbus_ascii.ksy", "pump_ascii.yaml"},
    {PROJECT_FOLDER "/targets/canopen/canopen.ksy",
     PROJECT_FOLDER "/targets/canopen/session.yaml"},
    {PROJECT_FOLDER "/targets/phd/ieee11073.ksy",
     PROJECT_FOLDER "/targets/phd/session.yaml"},
};
enum { TARGETS = sizeof targets / sizeof targets[0] };

#endif
