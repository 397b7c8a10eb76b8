#include "fuzz/setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

/* The program's own path with an ending, when there is such a file. */
static const char *beside(const char *ending, char path[PATH_SIZE])
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_SIZE - 1);

    if (length < 0 || (size_t)length + strlen(ending) >= PATH_SIZE)
        return NULL;
    memcpy(path + length, ending, strlen(ending) + 1);
    return access(path, R_OK) == 0 ? path : NULL;
}

static const char *find(const char *given, const char *variable, const char *ending,
                        char path[PATH_SIZE])
{
    const char *named = getenv(variable);

    if (given)
        return given;
    return named && *named ? named : beside(ending, path);
}

int setup_open(struct setup *setup, const char *model, const char *session,
               struct error *error)
{
    char path[PATH_SIZE];

    *setup = (struct setup){0};
    model = find(model, "PERCUSS_MODEL", ".ksy", path);
    if (!model)
        return error_set(error, "no model: name a .ksy file in PERCUSS_MODEL");
    setup->model = model_load(model, error);
    session = find(session, "PERCUSS_SESSION", ".session.yaml", path);
    if (setup->model && session)
        setup->session = session_load(session, setup->model, error);
    if (setup->model && (setup->session || !session))
        setup->mutator = mutator_new(setup->model, setup->session, error);
    if (setup->mutator)
        return 0;
    setup_close(setup);
    return -1;
}

void setup_close(struct setup *setup)
{
    mutator_free(setup->mutator);
    session_free(setup->session);
    model_free(setup->model);
    *setup = (struct setup){0};
}
