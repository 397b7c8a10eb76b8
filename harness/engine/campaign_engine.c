/* Which engine makes a campaign's cases, and where its seeds are. */
#include "engine/campaign_parts.h"

#include <string.h>

static const char *const engines[] = {
    [CAMPAIGN_NUMBERED] = "numbered", [CAMPAIGN_GUIDED] = "guided", NULL};

const char *campaign_engine_name(enum campaign_engine engine)
{
    return engines[engine];
}

/* Patterns choose among the plan's cases. */
static int check_selection(const struct campaign *campaign, struct error *error)
{
    const struct selection *selection = &campaign->selection;

    if (campaign->engine != CAMPAIGN_GUIDED ||
        (!selection->only && !selection->anomalies && !selection->states))
        return 0;
    return error_set(error, "the guided engine makes its own cases: leave out `only`, "
                            "`anomalies` and `states`, or take the numbered one");
}

int campaign_set_engine(struct campaign *campaign, const char *name, struct error *error)
{
    for (int i = 0; engines[i]; i++)
        if (strcmp(engines[i], name) == 0) {
            campaign->engine = (enum campaign_engine)i;
            return check_selection(campaign, error);
        }
    return error_set(error, "expected an engine, numbered or guided, found '%.60s'",
                     name);
}

int campaign_read_engine(struct campaign *campaign, const struct yaml *root,
                         struct error *error)
{
    const struct yaml *corpora = yaml_get(root, "corpus");
    int engine = CAMPAIGN_NUMBERED;
    struct error why;

    if (yaml_read_choice(root, "engine", engines, &engine, error) < 0)
        return -1;
    campaign->engine = (enum campaign_engine)engine;
    if (check_selection(campaign, &why) < 0)
        return yaml_refuse(yaml_get(root, "engine"), error, "key 'engine': %s", why.text);
    campaign->corpora = corpora;
    if (corpora && corpora->kind != YAML_LIST)
        return yaml_complain(corpora, error, "a list of folders");
    for (const struct yaml *item = corpora ? corpora->child : NULL; item;
         item = item->next)
        if (item->kind != YAML_SCALAR)
            return yaml_complain(item, error, "a folder with inputs");
    return 0;
}

uint32_t campaign_stream(const struct campaign *campaign, uint64_t number,
                         uint64_t *index)
{
    uint32_t stream = PLAN_STACKED;

    *index = 0;
    if (campaign->engine == CAMPAIGN_NUMBERED)
        plan_locate(&campaign->plan, number, &stream, index);
    return stream;
}
