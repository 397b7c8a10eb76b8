/* The files that decided a run: campaign, model, session, criteria. They are put away as
 * they lie to each other, so that what names a file by its path still finds it. One
 * thread. */
#ifndef PERCUSS_BUNDLE_INPUTS_H
#define PERCUSS_BUNDLE_INPUTS_H

#include "bundle/folder.h"
#include "criteria/criteria.h"
#include "engine/campaign.h"

#define INPUTS_FOLDER "inputs"
#define INPUTS_CRITERIA "criteria"

/* Where they are, relative to the evidence folder. */
struct inputs {
    char campaign[FOLDER_PATH], model[FOLDER_PATH], session[FOLDER_PATH];
};

/* Copies campaign, model (with imports) and session (with what it extends) below
 * `folder`/inputs, and the criteria to `folder`/criteria in the order in which they were
 * read. */
int inputs_copy(const struct campaign *campaign, const struct criteria *criteria,
                const char *folder, struct inputs *inputs, struct error *error);

#endif
