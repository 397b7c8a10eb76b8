/* A campaign's file, key by key. */
#include "engine/campaign_parts.h"

#include "link/link.h"
#include "oracle/oracle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const campaign_keys[] = {"campaign",
                                            "title",
                                            "interface",
                                            "target",
                                            "device",
                                            "link",
                                            "connection",
                                            "timing",
                                            "epoch",
                                            "oracles",
                                            "sample-every",
                                            "check-every",
                                            "confirm",
                                            "criteria",
                                            "criteria-folder",
                                            "budget",
                                            "seed",
                                            "authorisation",
                                            "exclude",
                                            "exclude-unparsed",
                                            "capture",
                                            "disk-reserve-mib",
                                            "skip-after",
                                            "skip-field-after",
                                            "skip-message-after",
                                            "console",
                                            "resources",
                                            "engine",
                                            "corpus",
                                            NULL};

/* --- parts of the file -------------------------------------------------------------- */

/* The file that a key names, from the campaign's folder. */
static int resolve_file(const struct campaign *campaign, const struct yaml *node,
                        char *path, size_t size, struct error *error)
{
    snprintf(path, size, "%s%s", node->text[0] == '/' ? "" : campaign->folder,
             node->text);
    if (access(path, R_OK) < 0)
        return yaml_complain(node, error, "a file that can be read (%s: %s)", path,
                             strerror(errno));
    return 0;
}

static int read_target(struct campaign *campaign, const struct yaml *root,
                       struct error *error)
{
    static const char *const keys[] = {"model", "session", NULL};
    const struct yaml *target = yaml_need(root, "target", YAML_MAP, error);
    const struct yaml *model, *session;
    char path[1024];

    if (!target || yaml_check_keys(target, keys, error) < 0 ||
        !(model = yaml_need(target, "model", YAML_SCALAR, error)) ||
        !(session = yaml_need(target, "session", YAML_SCALAR, error)))
        return -1;
    if (resolve_file(campaign, model, path, sizeof path, error) < 0)
        return -1;
    campaign->model = model_load(path, error);
    if (!campaign->model || resolve_file(campaign, session, path, sizeof path, error) < 0)
        return -1;
    campaign->session = session_load(path, campaign->model, error);
    return campaign->session ? 0 : -1;
}

static int read_timing(struct campaign *campaign, const struct yaml *root,
                       struct error *error)
{
    static const char *const keys[] = {"answer", "gap",        "byte",         "silence",
                                       "linger", "rate-limit", "maximum-rate", NULL};
    const struct yaml *timing = yaml_get(root, "timing");

    campaign->answer_ns = CLOCK_S;
    campaign->byte_ns = 40 * 1000;
    campaign->linger_ns = 100 * CLOCK_MS;
    if (!timing)
        return 0;
    if (yaml_check_keys(timing, keys, error) < 0 ||
        yaml_read_duration(timing, "answer", &campaign->answer_ns, error) < 0 ||
        yaml_read_duration(timing, "gap", &campaign->gap_ns, error) < 0 ||
        yaml_read_duration(timing, "byte", &campaign->byte_ns, error) < 0 ||
        yaml_read_duration(timing, "silence", &campaign->silence_ns, error) < 0 ||
        yaml_read_duration(timing, "linger", &campaign->linger_ns, error) < 0)
        return -1;
    if (campaign->answer_ns <= 0)
        return yaml_complain(yaml_get(timing, "answer"), error, "a duration above zero");
    if (yaml_read_integer(timing, "maximum-rate", 0, 1000000, &campaign->maximum_rate,
                          error) < 0)
        return -1;
    return yaml_read_integer(timing, "rate-limit", 0, 1000000000, &campaign->rate_limit,
                             error);
}

static int read_confirm(struct campaign *campaign, const struct yaml *root,
                        struct error *error)
{
    static const char *const keys[] = {"alpha", "replays", "window", NULL};
    const struct yaml *confirm = yaml_get(root, "confirm");

    campaign->alpha = 0.01;
    campaign->replays = 5;
    campaign->window = 1024;
    if (!confirm)
        return 0;
    if (yaml_check_keys(confirm, keys, error) < 0 ||
        yaml_read_real(confirm, "alpha", 1e-6, 0.5, &campaign->alpha, error) < 0 ||
        yaml_read_integer(confirm, "replays", 3, 100, &campaign->replays, error) < 0)
        return -1;
    return yaml_read_integer(confirm, "window", 1, 1 << 20, &campaign->window, error);
}

static int read_oracles(struct campaign *campaign, const struct yaml *root,
                        struct error *error)
{
    const struct yaml *list = yaml_get(root, "oracles");
    size_t kinds = 0;

    while (oracle_kinds[kinds])
        campaign->oracle_enabled[kinds++] = !list;
    if (!list)
        return 0;
    if (list->kind != YAML_LIST)
        return yaml_complain(list, error,
                             "a list of oracle names (see `percuss list oracles`)");
    for (const struct yaml *item = list->child; item; item = item->next) {
        size_t i = 0;

        while (item->kind == YAML_SCALAR && i < kinds &&
               strcmp(oracle_kinds[i]->name, item->text) != 0)
            i++;
        if (item->kind != YAML_SCALAR || i == kinds)
            return yaml_complain(item, error,
                                 "an oracle's name (see `percuss list oracles`)");
        campaign->oracle_enabled[i] = true;
    }
    return 0;
}

static int read_capture(struct campaign *campaign, const struct yaml *root,
                        struct error *error)
{
    static const char *const keys[] = {"keep", "sample-every", "segment-mib", "live",
                                       NULL};
    static const char *const keeps[] = {"all", "around-findings", "sample", NULL};
    const struct yaml *map = yaml_get(root, "capture");
    int keep = CAPTURE_ALL;
    int64_t segment_mib = 256;

    campaign->sample_segments = 10;
    campaign->live_capture = true;
    if (map && (yaml_check_keys(map, keys, error) < 0 ||
                yaml_read_choice(map, "keep", keeps, &keep, error) < 0 ||
                yaml_read_integer(map, "sample-every", 1, 1 << 20,
                                  &campaign->sample_segments, error) < 0 ||
                yaml_read_integer(map, "segment-mib", 1, 4096, &segment_mib, error) < 0 ||
                yaml_read_bool(map, "live", &campaign->live_capture, error) < 0))
        return -1;
    campaign->keep = (enum capture_keep)keep;
    campaign->segment_bytes = segment_mib << 20;
    return 0;
}

static int read_resources(struct campaign *campaign, const struct yaml *root,
                          struct error *error)
{
    static const char *const keys[] = {"memory-kib", "handles", NULL};
    const struct yaml *map = yaml_get(root, "resources");

    campaign->memory_kib = 1024;
    campaign->handles = 16;
    if (!map)
        return 0;
    if (yaml_check_keys(map, keys, error) < 0 ||
        yaml_read_integer(map, "memory-kib", 1, INT64_MAX, &campaign->memory_kib, error) <
            0)
        return -1;
    return yaml_read_integer(map, "handles", 1, INT64_MAX, &campaign->handles, error);
}

static int read_scalars(struct campaign *campaign, const struct yaml *root,
                        struct error *error)
{
    static const char *const connections[] = {"reused", "per-case", NULL};
    int connection = 0;
    int64_t seed = 1, reserve_mib = 200;

    campaign->epoch_cases = 1000;
    campaign->sample_every = 16;
    campaign->check_every = 50;
    campaign->skip_after = 8;
    campaign->skip_field_after = 32;
    campaign->skip_message_after = 256;
    if (!yaml_need(root, "campaign", YAML_SCALAR, error) ||
        yaml_read_text(root, "campaign", &campaign->name, error) < 0)
        return -1;
    campaign->title = campaign->interface = campaign->name;
    if (yaml_read_text(root, "title", &campaign->title, error) < 0 ||
        yaml_read_text(root, "interface", &campaign->interface, error) < 0 ||
        yaml_read_choice(root, "connection", connections, &connection, error) < 0 ||
        yaml_read_integer(root, "epoch", 1, 1 << 20, &campaign->epoch_cases, error) < 0 ||
        yaml_read_integer(root, "sample-every", 1, 1 << 20, &campaign->sample_every,
                          error) < 0 ||
        yaml_read_integer(root, "check-every", 1, 100, &campaign->check_every, error) <
            0 ||
        yaml_read_integer(root, "skip-after", 1, 1 << 20, &campaign->skip_after, error) <
            0 ||
        yaml_read_integer(root, "skip-field-after", 1, 1 << 20,
                          &campaign->skip_field_after, error) < 0 ||
        yaml_read_integer(root, "skip-message-after", 1, 1 << 20,
                          &campaign->skip_message_after, error) < 0 ||
        yaml_read_integer(root, "disk-reserve-mib", 0, 1 << 30, &reserve_mib, error) <
            0 ||
        yaml_read_integer(root, "seed", 0, INT64_MAX, &seed, error) < 0)
        return -1;
    campaign->connection_per_case = connection == 1;
    campaign->disk_reserve = reserve_mib << 20;
    campaign->seed = (uint64_t)seed;
    return 0;
}

static int read_link(struct campaign *campaign, const struct yaml *root,
                     struct error *error)
{
    const struct yaml *kind;

    campaign->device = yaml_need(root, "device", YAML_MAP, error);
    campaign->link = campaign->device ? yaml_need(root, "link", YAML_MAP, error) : NULL;
    if (!campaign->link ||
        !(kind = yaml_need(campaign->link, "kind", YAML_SCALAR, error)))
        return -1;
    campaign->link_kind = kind->text;
    return 0;
}

static int read_campaign(struct campaign *campaign, const uint64_t *seed,
                         struct error *error)
{
    const struct yaml *root = yaml_root(campaign->document);
    struct error unmatched;

    if (yaml_check_keys(root, campaign_keys, error) < 0 ||
        read_scalars(campaign, root, error) < 0 ||
        read_target(campaign, root, error) < 0 || read_link(campaign, root, error) < 0 ||
        read_timing(campaign, root, error) < 0 ||
        read_confirm(campaign, root, error) < 0 ||
        read_oracles(campaign, root, error) < 0 ||
        console_read(&campaign->console, root, error) < 0 ||
        read_resources(campaign, root, error) < 0 ||
        campaign_read_budget(campaign, root, error) < 0 ||
        campaign_read_engine(campaign, root, error) < 0 ||
        campaign_read_authorisation(campaign, root, error) < 0 ||
        campaign_read_exclude(campaign, root, error) < 0 ||
        read_capture(campaign, root, error) < 0)
        return -1;
    campaign->criteria = yaml_get(root, "criteria");
    campaign->criteria_folder = yaml_get(root, "criteria-folder");
    if (seed)
        campaign->seed = *seed;
    if (plan_build(&campaign->plan, campaign->session, campaign->seed, error) < 0)
        return -1;
    if (selection_bind(&campaign->selection, &campaign->plan, &unmatched) < 0)
        return yaml_complain(yaml_get(root, "budget"), error,
                             "patterns that match something (%s)", unmatched.text);
    return 0;
}

struct campaign *campaign_load(const char *path, const char *build_folder,
                               const uint64_t *seed, struct error *error)
{
    struct campaign *campaign = calloc(1, sizeof *campaign);
    struct hash hash;

    if (!campaign) {
        error_set(error, "out of memory while reading %s", path);
        return NULL;
    }
    campaign->path = path;
    campaign_folder(path, campaign->folder, sizeof campaign->folder);
    campaign->document = yaml_load(path, error);
    if (!campaign->document ||
        campaign_substitute(campaign->document, campaign->folder, build_folder, error) <
            0 ||
        read_campaign(campaign, seed, error) < 0) {
        campaign_free(campaign);
        return NULL;
    }
    hash = hash_of(yaml_source(campaign->document));
    hash_to_text(&hash, campaign->hash);
    return campaign;
}

void campaign_free(struct campaign *campaign)
{
    if (!campaign)
        return;
    selection_free(&campaign->selection);
    plan_free(&campaign->plan);
    for (size_t i = 0; i < campaign->exclude_count; i++)
        expression_free(campaign->excludes[i].when);
    console_free(&campaign->console);
    session_free(campaign->session);
    model_free(campaign->model);
    yaml_close(campaign->document);
    free(campaign);
}
