/* What a campaign may do: how many cases and how long, who authorised it, and what is
 * kept off the wire. */
#include "engine/campaign_parts.h"

#include "link/link.h"

#include <string.h>

int campaign_read_budget(struct campaign *campaign, const struct yaml *root,
                         struct error *error)
{
    static const char *const keys[] = {"cases", "only",  "anomalies", "states",
                                       "time",  "until", NULL};
    const struct yaml *budget = yaml_get(root, "budget"), *cases;
    struct selection *selection = &campaign->selection;

    if (!budget)
        return 0;
    if (yaml_check_keys(budget, keys, error) < 0 ||
        yaml_read_text(budget, "only", &selection->only, error) < 0 ||
        yaml_read_text(budget, "anomalies", &selection->anomalies, error) < 0 ||
        yaml_read_text(budget, "states", &selection->states, error) < 0 ||
        yaml_read_duration(budget, "time", &campaign->budget_ns, error) < 0)
        return -1;
    campaign->until = yaml_get(budget, "until");
    if (campaign->until &&
        (campaign->until->kind != YAML_LIST || !campaign->until->child))
        return yaml_complain(campaign->until, error,
                             "a list of criteria: [AC-05, AC-06]");
    cases = yaml_get(budget, "cases");
    if (cases &&
        (cases->kind != YAML_SCALAR || selection_set_ranges(selection, cases->text) < 0))
        return yaml_complain(cases, error,
                             "ranges of case numbers such as 1-5000,20000-");
    return 0;
}

int campaign_read_authorisation(struct campaign *campaign, const struct yaml *root,
                                struct error *error)
{
    static const char *const keys[] = {"by", "scope", "reference", "date", NULL};
    const struct yaml *map = yaml_get(root, "authorisation");
    struct authorisation *given = &campaign->authorisation;

    *given = (struct authorisation){false, "", "", "", ""};
    if (!map)
        return 0;
    if (yaml_check_keys(map, keys, error) < 0 ||
        !yaml_need(map, "by", YAML_SCALAR, error) ||
        !yaml_need(map, "scope", YAML_SCALAR, error) ||
        yaml_read_text(map, "by", &given->by, error) < 0 ||
        yaml_read_text(map, "scope", &given->scope, error) < 0 ||
        yaml_read_text(map, "reference", &given->reference, error) < 0 ||
        yaml_read_text(map, "date", &given->date, error) < 0)
        return -1;
    given->given = true;
    return 0;
}

static int read_exclude_rule(struct campaign *campaign, const struct yaml *map,
                             struct error *error)
{
    static const char *const keys[] = {"id", "when", "rationale", NULL};
    struct exclude_rule *rule = &campaign->excludes[campaign->exclude_count];
    const struct yaml *when;

    if (campaign->exclude_count == CAMPAIGN_RULES)
        return yaml_complain(map, error, "at most %d rules", CAMPAIGN_RULES);
    if (yaml_check_keys(map, keys, error) < 0 ||
        !yaml_need(map, "id", YAML_SCALAR, error) ||
        !(when = yaml_need(map, "when", YAML_SCALAR, error)) ||
        !yaml_need(map, "rationale", YAML_SCALAR, error) ||
        yaml_read_text(map, "id", &rule->id, error) < 0 ||
        yaml_read_text(map, "rationale", &rule->rationale, error) < 0)
        return -1;
    rule->when = expression_compile_node(when, campaign->model, session_names, error);
    if (!rule->when)
        return -1;
    campaign->exclude_count++;
    return 0;
}

int campaign_read_exclude(struct campaign *campaign, const struct yaml *root,
                          struct error *error)
{
    const struct yaml *list = yaml_get(root, "exclude");

    if (list && list->kind != YAML_LIST)
        return yaml_complain(list, error, "a list of {id, when, rationale}");
    for (const struct yaml *map = list ? list->child : NULL; map; map = map->next)
        if (read_exclude_rule(campaign, map, error) < 0)
            return -1;
    return yaml_read_bool(root, "exclude-unparsed", &campaign->exclude_unparsed, error);
}

static const char *scalar(const struct yaml *map, const char *key)
{
    const struct yaml *node = yaml_get(map, key);

    return node && node->kind == YAML_SCALAR ? node->text : NULL;
}

bool campaign_is_local(const struct yaml *device, const struct yaml *link)
{
    const char *kind = scalar(device, "kind"), *address = scalar(link, "address");
    const char *link_name = scalar(link, "kind");
    const struct link_ops *ops = link_name ? link_kind(link_name) : NULL;

    if (kind && strcmp(kind, "gdb") == 0 && !yaml_get(device, "command"))
        return false; /* a debug probe, so hardware, wherever its server runs */
    if (kind && strcmp(kind, "external") != 0 && address &&
        strncmp(address, "device:", 7) == 0)
        return true;
    return ops && ops->is_local && address && ops->is_local(address);
}

bool campaign_is_server(const struct campaign *campaign)
{
    const char *role = scalar(campaign->link, "role");

    return role && strcmp(role, "server") == 0;
}

int campaign_check_authorised(const struct campaign *campaign, struct error *error)
{
    if (campaign->authorisation.given ||
        campaign_is_local(campaign->device, campaign->link))
        return 0;
    return error_set(
        error,
        "%s: this device is not on this machine: name who authorised the test "
        "and for what scope under `authorisation: {by, scope}`",
        campaign->path);
}
