/* What the tests of generator and engine share: models and sessions, the Modbus target's
 * by their names. */
#ifndef PERCUSS_TESTS_MODELS_H
#define PERCUSS_TESTS_MODELS_H

#include "generate/session.h"
#include "scratch.h"

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
