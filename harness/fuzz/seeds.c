#include "fuzz/seeds.h"

#include "generate/input.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int append(struct generator *generator, unsigned message, struct buffer *bytes,
                  struct buffer *input, struct error *error)
{
    const struct model *model = generator->plan->session->model;

    buffer_clear(bytes);
    return generator_exemplar(generator, message, 0, bytes) < 0 ||
                   input_append(model_framing(model), buffer_view(bytes), input) < 0
               ? error_set(error, "no room for the message '%s' in an input",
                           generator->plan->session->messages[message].name)
               : 0;
}

static int write_file(const char *folder, const char *name, struct view input,
                      struct error *error)
{
    char path[1200];
    bool failed;
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "we");
    failed = !file || fwrite(input.data, 1, input.length, file) != input.length;
    if (file && fclose(file) != 0)
        failed = true;
    return failed ? error_set(error, "cannot write %s: %s", path, strerror(errno)) : 0;
}

int seeds_write(const struct campaign *campaign, const char *folder, struct error *error)
{
    const struct session *session = campaign->session;
    struct buffer bytes = buffer_make(INPUT_MAXIMUM), input = buffer_make(INPUT_MAXIMUM);
    struct generator generator;
    int status = 0;

    generator_init(&generator, &campaign->plan);
    if (mkdir(folder, 0777) < 0 && errno != EEXIST)
        status = error_set(error, "cannot make %s: %s", folder, strerror(errno));
    for (unsigned i = 0; status == 0 && i < session->message_count; i++) {
        const struct session_state *state = session_home(session, i);

        buffer_clear(&input);
        for (size_t step = 0; status == 0 && step < state->path_count; step++)
            status = append(&generator, state->path[step], &bytes, &input, error);
        if (status == 0)
            status = append(&generator, i, &bytes, &input, error);
        if (status == 0)
            status =
                write_file(folder, session->messages[i].name, buffer_view(&input), error);
    }
    generator_free(&generator);
    buffer_free(&bytes);
    buffer_free(&input);
    return status;
}
