/* A plan that was signed before its run (percuss plan --sign): whether the signature is
 * right, whether campaign and criteria are those of the plan, and what the store keeps of
 * it. */
#ifndef PERCUSS_CLI_SIGNED_PLAN_H
#define PERCUSS_CLI_SIGNED_PLAN_H

#include "criteria/criteria.h"
#include "engine/campaign.h"

enum { SIGNED_PLAN_FACTS = 5 };

struct signed_plan {
    const char *facts[SIGNED_PLAN_FACTS + 1][2]; /* for the run's; ends with NULL */
    /* private */
    char signer[400], time[24], criteria[80], hash[80];
};

/* Reads FILE and FILE.p7s. The certificate that is in the signature is not traced to an
 * authority: its fingerprint is kept, for whoever knows the signer. -1 and *error. */
int signed_plan_read(struct signed_plan *plan, const char *path,
                     const struct campaign *campaign, const struct criteria *criteria,
                     struct error *error);
/* Puts both files into the run's folder, as plan.json and plan.json.p7s. */
int signed_plan_keep(const char *path, const char *directory, struct error *error);

#endif
