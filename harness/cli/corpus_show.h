/* What a corpus says and reaches, as `percuss corpus show` prints it. */
#ifndef PERCUSS_CLI_CORPUS_SHOW_H
#define PERCUSS_CLI_CORPUS_SHOW_H

#include "generate/session.h"

/* Each input's messages by the exemplars that they are like; of a run's corpus also what
 * its store knows. -1 and *error. */
int corpus_show(const char *corpus, const struct session *session, bool json,
                struct error *error);

#endif
