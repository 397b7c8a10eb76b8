#include "bundle/regenerate.h"

#include "bundle/retrace.h"
#include "core/clock.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

struct tally {
    uint64_t results[RETRACED_RESULTS], resent, first_other;
};

/* The store's facts about the link, and the campaign's about its connections. */
static int begin(struct retrace *retrace, struct evidence_folder *evidence,
                 const struct plan *plan)
{
    char carries[256] = "", path[FOLDER_PATH];
    struct yaml_document *campaign = NULL;
    const struct yaml *connection;
    struct error error;
    int status;

    store_get(evidence->store, "link_carries", carries, sizeof carries);
    if (folder_path(path, evidence->path, evidence->inputs.campaign, &error) == 0)
        campaign = yaml_load(path, &error);
    connection = campaign ? yaml_get(yaml_root(campaign), "connection") : NULL;
    status = retrace_begin(retrace, plan,
                           connection && connection->text &&
                               strcmp(connection->text, "per-case") == 0,
                           carries);
    yaml_close(campaign);
    return status;
}

static void read_case(sqlite3_stmt *row, struct retrace_case *wanted)
{
    const char *verdict = (const char *)sqlite3_column_text(row, 3);

    *wanted = (struct retrace_case){.number = (uint64_t)sqlite3_column_int64(row, 0),
                                    .outcome = (unsigned)sqlite3_column_int64(row, 2),
                                    .sampled = sqlite3_column_int(row, 5) != 0};
    if (!verdict)
        return;
    wanted->excluded = strcmp(verdict, "excluded") == 0;
    wanted->cut_short =
        strcmp(verdict, "suspect") == 0 || strcmp(verdict, "finding") == 0;
}

static int retrace_row(struct retrace *retrace, sqlite3_stmt *row, struct tally *tally)
{
    struct retrace_case wanted;
    enum retraced result;

    if (sqlite3_column_bytes(row, 1) != HASH_SIZE)
        return 0;
    read_case(row, &wanted);
    memcpy(wanted.digest.bytes, sqlite3_column_blob(row, 1), HASH_SIZE);
    if (retrace_run(retrace, &wanted, &result) < 0)
        return -1;
    tally->results[result]++;
    if (result == RETRACED_OTHER && sqlite3_column_int64(row, 4)) {
        tally->results[result]--;
        tally->resent++;
    } else if (result == RETRACED_OTHER && !tally->first_other) {
        tally->first_other = wanted.number;
    }
    return 0;
}

static void say(const struct tally *tally, double seconds, struct verification *all)
{
    uint64_t other = tally->results[RETRACED_OTHER], same = tally->results[RETRACED_SAME],
             holes = tally->results[RETRACED_HOLES];
    uint64_t count = same + other + holes + tally->resent;
    char text[200] = "";

    if (count == 0) {
        verification_add(all, CHECK_NOTE, "regenerate", "no case has a digest");
        return;
    }
    if (holes + other + tally->resent)
        snprintf(text, sizeof text,
                 "; not comparable: %llu with values of replies, %llu sent again, %llu "
                 "with other traffic around them (first: case %llu)",
                 (unsigned long long)holes, (unsigned long long)tally->resent,
                 (unsigned long long)other, (unsigned long long)tally->first_other);
    verification_add(all, same ? CHECK_GOOD : CHECK_UNKNOWN, "regenerate",
                     "%llu of %llu cases made again have the digest of what was sent "
                     "(%.0f cases/s)%s",
                     (unsigned long long)same, (unsigned long long)count,
                     seconds > 0 ? (double)count / seconds : 0, text);
}

void regenerate_cases(struct evidence_folder *evidence, const struct plan *plan,
                      struct verification *all)
{
    static const char sql[] =
        "SELECT number, digest, outcome, verdict, resent, number IN (SELECT after_case "
        "FROM sample UNION SELECT after_case FROM state_sample), max(attempt) FROM cases "
        "WHERE digest IS NOT NULL GROUP BY number ORDER BY number";
    sqlite3_stmt *row = NULL;
    struct retrace retrace;
    struct tally tally = {0};
    int64_t began_ns = clock_now_ns();
    int status = begin(&retrace, evidence, plan);

    if (status == 0 && sqlite3_prepare_v2(store_database(evidence->store), sql, -1, &row,
                                          NULL) != SQLITE_OK)
        status = -1;
    while (status == 0 && sqlite3_step(row) == SQLITE_ROW)
        status = retrace_row(&retrace, row, &tally);
    sqlite3_finalize(row);
    retrace_end(&retrace);
    if (status < 0)
        verification_add(all, CHECK_UNKNOWN, "regenerate",
                         "the cases cannot be made again: out of memory, or the store "
                         "cannot be read");
    else
        say(&tally, (double)(clock_now_ns() - began_ns) / 1e9, all);
}
