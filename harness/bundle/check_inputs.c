/* The files that decided the run, and the plan that they give. */
#include "bundle/evidence.h"
#include "bundle/manifest.h"
#include "bundle/regenerate.h"
#include "generate/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The run's store has this fact under `key`. */
static bool is_fact(struct evidence_folder *evidence, const char *key, const char *value,
                    const char *what, struct verification *all)
{
    char stored[HASH_TEXT + 1] = "";

    store_get(evidence->store, key, stored, sizeof stored);
    if (strcmp(stored, value) == 0)
        return true;
    verification_add(all, CHECK_ALTERED, "inputs",
                     "%s is not what the run was made with (%.16s…, stored is %.16s…)",
                     what, value, stored);
    return false;
}

static bool check_campaign(struct evidence_folder *evidence, struct verification *all)
{
    char path[FOLDER_PATH], text[HASH_TEXT];
    struct hash hash;
    struct error error;

    if (folder_path(path, evidence->path, evidence->run->inputs.campaign, &error) < 0 ||
        manifest_hash(path, &hash, &error) < 0) {
        verification_add(all, CHECK_ALTERED, "inputs", "%s", error.text);
        return false;
    }
    hash_to_text(&hash, text);
    return is_fact(evidence, "campaign_hash", text, evidence->run->inputs.campaign, all);
}

static void check_plan(struct evidence_folder *evidence, bool regenerate,
                       const struct plan *plan, struct verification *all)
{
    char total[32];

    snprintf(total, sizeof total, "%llu", (unsigned long long)plan->total);
    if (!is_fact(evidence, "plan_hash", plan->hash, "the plan", all) ||
        !is_fact(evidence, "plan_cases", total, "the number of cases", all))
        return;
    verification_add(all, CHECK_GOOD, "inputs",
                     "campaign, model and session are those of the run; with its seed "
                     "they give plan %.16s… of %s cases",
                     plan->hash, total);
    if (regenerate)
        regenerate_cases(evidence, plan, all);
}

static struct session *load(struct evidence_folder *evidence, struct model **model,
                            struct error *error)
{
    char path[FOLDER_PATH];

    if (folder_path(path, evidence->path, evidence->run->inputs.model, error) < 0 ||
        !(*model = model_load(path, error)) ||
        folder_path(path, evidence->path, evidence->run->inputs.session, error) < 0)
        return NULL;
    return session_load(path, *model, error);
}

void check_inputs(struct evidence_folder *evidence, bool regenerate,
                  struct verification *all)
{
    struct model *model = NULL;
    struct session *session;
    struct plan plan = {0};
    struct error error;
    char seed[32] = "";
    bool good = check_campaign(evidence, all);

    session = load(evidence, &model, &error);
    if (!session) {
        verification_add(all, CHECK_ALTERED, "inputs", "%s", error.text);
        model_free(model);
        return;
    }
    good &= is_fact(evidence, "model_hash", model_hash(model),
                    evidence->run->inputs.model, all);
    good &= is_fact(evidence, "session_hash", session->hash,
                    evidence->run->inputs.session, all);
    store_get(evidence->store, "seed", seed, sizeof seed);
    if (good && plan_build(&plan, session, strtoull(seed, NULL, 10), &error) < 0)
        verification_add(all, CHECK_ALTERED, "inputs", "%s", error.text);
    else if (good)
        check_plan(evidence, regenerate, &plan, all);
    plan_free(&plan);
    session_free(session);
    model_free(model);
}
