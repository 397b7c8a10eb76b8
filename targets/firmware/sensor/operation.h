/* What the manager may ask of the MDS object: its attributes, and to set the time. */
#ifndef OPERATION_H
#define OPERATION_H

#include "agent.h"

/* Writes the response (or error, or rejection) that follows the invoke identifier: its
 * choice, length and contents. */
void operation_answer(struct agent *agent, uint16_t operation, struct reader *reader,
                      struct writer *writer);

#endif
