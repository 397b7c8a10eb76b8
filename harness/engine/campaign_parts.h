/* The parts of reading a campaign that have files of their own: each takes the keys it
 * knows out of `root` and complains with file and line. Used by campaign.c, and by
 * wire_replay.c for what needs no model. */
#ifndef PERCUSS_ENGINE_CAMPAIGN_PARTS_H
#define PERCUSS_ENGINE_CAMPAIGN_PARTS_H

#include "engine/campaign.h"

/* The folder of `path` with a trailing slash. */
void campaign_folder(const char *path, char *folder, size_t size);
/* ${build}, ${campaign} and ${port}. */
int campaign_substitute(struct yaml_document *document, const char *folder,
                        const char *build_folder, struct error *error);
int campaign_read_budget(struct campaign *campaign, const struct yaml *root,
                         struct error *error);
int campaign_read_engine(struct campaign *campaign, const struct yaml *root,
                         struct error *error);
int campaign_read_authorisation(struct campaign *campaign, const struct yaml *root,
                                struct error *error);
int campaign_read_exclude(struct campaign *campaign, const struct yaml *root,
                          struct error *error);

#endif
