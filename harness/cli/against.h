/* What changed between two plans, stream by stream: for `percuss cases --against`. */
#ifndef PERCUSS_CLI_AGAINST_H
#define PERCUSS_CLI_AGAINST_H

#include "engine/campaign.h"

/* `old`: a run folder, or the campaign file of another version. Prints what was added,
 * removed and grew or shrank. -1 and *error when `old` cannot be read. */
int against_print(const struct campaign *campaign, const char *old, bool json,
                  struct error *error);

#endif
