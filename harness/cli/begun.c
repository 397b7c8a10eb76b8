#include "cli/begun.h"

#include "cli/common.h"
#include "core/path.h"

#include <stdlib.h>

/* The campaign as the run had it: its file, and its seed. */
static struct campaign *load_campaign(const char *run, struct begun *begun,
                                      struct error *error)
{
    char seed[32] = "", file[FOLDER_PATH];
    struct campaign *campaign = NULL;
    struct store *store;

    store = store_open_run(run, false, error);
    if (!store)
        return NULL;
    if (store_get(store, "seed", seed, sizeof seed) < 0 ||
        store_get(store, "campaign_file", file, sizeof file) < 0 ||
        path_join(run, file, begun->file, sizeof begun->file) < 0)
        error_set(error, "%s: no run was begun in it", run);
    else
        campaign = campaign_load(begun->named ? begun->named : begun->file,
                                 common_build_folder(),
                                 &(uint64_t){strtoull(seed, NULL, 10)}, error);
    store_close(store, &(struct error){0});
    return campaign;
}

int begun_load(void *context, struct content_run *run, struct error *error)
{
    run->campaign = load_campaign(run->folder, context, error);
    run->criteria = run->campaign ? common_load_criteria(run->campaign, error) : NULL;
    return run->criteria ? 0 : -1;
}
