/* A file of threats, requirements, hazards or components: the first byte, a digit,
 * says which, what is behind it is the file. */
#include "fuzz.h"

#include "criteria/import.h"

#include <sqlite3.h>
#include <stdlib.h>

static int (*const imports[])(const struct import_source *, struct error *) = {
    import_threats, import_requirements, import_hazards, import_sbom};

static struct store *store;

/* Requirements and hazards can only answer threats that are there. */
static void begin(void)
{
    static const char sql[] =
        "DELETE FROM threat; DELETE FROM requirement; DELETE FROM requirement_case; DELETE "
        "FROM hazard; DELETE FROM trace_link; DELETE FROM component; INSERT INTO threat "
        "VALUES ('T-1', 't', '', '', '', '', '', '', '', '')";

    if (sqlite3_exec(store_database(store), sql, NULL, NULL, NULL) != SQLITE_OK)
        abort();
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    struct error error = {""};

    (void)count;
    (void)arguments;
    store = store_create_in_memory(&error);
    if (!store)
        abort();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct import_source source = {.store = store, .name = "file"};
    struct error error = {""};

    if (size == 0)
        return 0;
    begin();
    source.path = fuzz_file(NULL, (struct view){data + 1, size - 1});
    if (imports[data[0] % 4](&source, &error) < 0 && !*error.text)
        abort();
    if (store_commit(store, &error) < 0)
        abort();
    return 0;
}
