/* The assessment, made again of its file and its runs. */
#include "bundle/assessed.h"
#include "bundle/fingerprints.h"
#include "bundle/reports.h"

#include <stdlib.h>

static void compare_rows(struct store *then, struct store *now, struct verification *all)
{
    size_t before = all->results[CHECK_ALTERED], pieces;
    struct error error = {""};
    char *was = fingerprints_text(then, &error), *is = fingerprints_text(now, &error);

    if (!was || !is) {
        verification_add(all, CHECK_ALTERED, "rows", "%s", error.text);
    } else {
        pieces = fingerprints_compare(was, is, ASSESSED_STORE, all);
        if (all->results[CHECK_ALTERED] == before)
            verification_add(all, CHECK_GOOD, "rows",
                             "%zu pieces of the assessment's tables are what its file "
                             "and its runs give",
                             pieces);
    }
    free(was);
    free(is);
}

static void check_saved(const char *folder, const struct assessed *assessed,
                        struct verification *all)
{
    struct store *saved = NULL;
    char path[FOLDER_PATH];
    struct error error;

    if (folder_path(path, folder, ASSESSED_STORE, &error) == 0)
        saved = store_open(path, false, &error);
    if (!saved) {
        verification_add(all, CHECK_ALTERED, "store", "%s", error.text);
    } else if (!evidence_has_schema(saved)) {
        verification_add(all, CHECK_ALTERED, "store",
                         ASSESSED_STORE ": its tables, views and triggers are not those "
                                        "of a store of this version");
    } else {
        evidence_check_integrity(saved, ASSESSED_STORE, all);
        compare_rows(saved, assessed->assessment->store, all);
        evidence_compare_verdicts(saved, assessed->assessment->store, all);
    }
    store_close(saved, NULL);
}

void check_assessment(const char *folder, const struct evidence_index *index,
                      struct verification *all)
{
    char scratch[FOLDER_PATH];
    struct assessed assessed;
    struct error error;

    if (assessed_open(&assessed, folder, index, &error) < 0) {
        verification_add(all, CHECK_ALTERED, "assessment", "%s", error.text);
    } else if (folder_temporary(scratch, &error) < 0) {
        verification_add(all, CHECK_UNKNOWN, "assessment", "%s", error.text);
    } else {
        check_saved(folder, &assessed, all);
        reports_check(folder, EVIDENCE_ASSESSMENT, scratch, index->version,
                      &assessed.subject, all);
        folder_remove(scratch);
    }
    assessed_close(&assessed);
}
