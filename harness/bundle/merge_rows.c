/* Rows of a shard as rows of the run: sittings and epochs go on from those before. */
#include "bundle/merge_parts.h"

#include <sqlite3.h>

/* What stands before a shard's first case is behind no case: the shard before it did not
 * explain it, and is not explained by it. */
#define AFTER_CASE "iif(after_case < ?3, 0, after_case)"
/* An oracle that was blind anywhere is; one is proven that was everywhere. */
#define RANK(proof) \
    "CASE " proof " WHEN 'proven' THEN 0 WHEN 'not-provable' THEN 1 ELSE 2 END"

/* ?1 sittings, ?2 epochs before it, ?3 its first case, ?4 its place, from 1. */
static const char *const steps[] = {
    "INSERT INTO sitting SELECT id + ?1, started_ns, ended_ns, reason FROM shard.sitting",
    "INSERT INTO epoch SELECT id + ?2, sitting + ?1, first_case, last_case, repeats + ?2, "
    "reset, recovery_us, closed, at_ns FROM shard.epoch",
    "INSERT OR IGNORE INTO stream SELECT * FROM shard.stream",
    "INSERT INTO cases SELECT number, attempt, epoch + ?2, stream, step, expected, outcome, "
    "verdict, latency_us, sent_bytes, received_bytes, resent, digest FROM shard.cases",
    "INSERT INTO response_class SELECT * FROM shard.response_class WHERE true ON CONFLICT "
    "(id) DO UPDATE SET first_case = min(first_case, excluded.first_case)",
    "INSERT INTO valid_check SELECT NULL, " AFTER_CASE
    ", epoch + ?2, ok, latency_us FROM "
    "shard.valid_check ORDER BY id",
    "INSERT INTO sample SELECT NULL, invariant, " AFTER_CASE ", epoch + ?2, expected, "
    "actual, ok FROM shard.sample ORDER BY id",
    "INSERT INTO state_sample SELECT NULL, " AFTER_CASE
    ", epoch + ?2, judged, hash, ok FROM "
    "shard.state_sample ORDER BY id",
    "INSERT INTO resource_sample SELECT NULL, resource, " AFTER_CASE
    ", epoch + ?2, at_ns, "
    "value, unit FROM shard.resource_sample ORDER BY id",
    "INSERT INTO recovery SELECT NULL, " AFTER_CASE ", reason, reset, recovery_us, "
    "state_equal FROM shard.recovery ORDER BY id",
    "INSERT INTO oracle SELECT * FROM shard.oracle WHERE true ON CONFLICT (name) DO UPDATE "
    "SET proof = excluded.proof, proof_text = printf('on bench %d: %s', ?4, "
    "excluded.proof_text) WHERE " RANK("excluded.proof") " > " RANK("oracle.proof"),
    "INSERT INTO excluded SELECT * FROM shard.excluded WHERE true ON CONFLICT (rule) DO "
    "UPDATE SET cases = cases + excluded.cases",
    "INSERT INTO block SELECT * FROM shard.block WHERE true ON CONFLICT (address) DO UPDATE "
    "SET executions = executions + excluded.executions, length = max(length, "
    "excluded.length)",
};

int merge_run(struct merge_into *into, const char *sql, const int64_t *values,
              struct error *error)
{
    sqlite3 *database = store_database(into->store);
    sqlite3_stmt *statement = NULL;
    int status = sqlite3_prepare_v2(database, sql, -1, &statement, NULL);

    for (int i = 1; status == SQLITE_OK && i <= sqlite3_bind_parameter_count(statement);
         i++)
        sqlite3_bind_int64(statement, i, values[i - 1]);
    if (status == SQLITE_OK)
        status = sqlite3_step(statement) == SQLITE_DONE ? SQLITE_OK : SQLITE_ERROR;
    if (status != SQLITE_OK)
        error_set(error, "%s: %s", into->shard->folder, sqlite3_errmsg(database));
    sqlite3_finalize(statement);
    return status == SQLITE_OK ? 0 : -1;
}

int merge_rows(struct merge_into *into, struct error *error)
{
    const int64_t values[] = {into->sittings, into->epochs,
                              (int64_t)into->shard->numbers.ranges[0].first,
                              (int64_t)into->index + 1};

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (merge_run(into, steps[i], values, error) < 0)
            return -1;
    return 0;
}
