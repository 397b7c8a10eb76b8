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
 * `folder`/inputs/`name`. */
int inputs_copy(const struct campaign *campaign, const char *folder, const char *name,
                struct inputs *inputs, struct error *error);
/* Copies the criteria to `folder`/criteria/`name`, in the order in which they were read,
 * and the frameworks to `frameworks` in it. */
int inputs_copy_criteria(const struct criteria *criteria, const char *folder,
                         const char *name, struct error *error);

#endif
