#include "bundle/regenerate.h"

#include "bundle/retrace.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct tally {
    uint64_t results[RETRACED_RESULTS], first_other;
};

/* Of one processor: what else this machine does meanwhile does not count. */
static double processor_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

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
    if (folder_path(path, evidence->path, evidence->run->inputs.campaign, &error) == 0)
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
                                    .resent = sqlite3_column_int64(row, 4) > 0,
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
    if (result == RETRACED_OTHER && !tally->first_other)
        tally->first_other = wanted.number;
    return 0;
}

/* "set_rate.pdu.token, …": the fields that are filled with values of replies. */
static void name_holes(const struct session *session, char *text, size_t size)
{
    size_t used = 0;

    for (size_t m = 0; m < session->message_count; m++)
        for (size_t i = 0; i < session->messages[m].hole_count && used < size; i++)
            used += (size_t)snprintf(text + used, size - used, "%s%s.%s",
                                     used ? ", " : "", session->messages[m].name,
                                     session->messages[m].holes[i].path);
}

/* What else went over the link hangs on what the device did. */
static void say_rest(const struct tally *tally, const struct session *session,
                     struct verification *all)
{
    char names[400] = "";

    name_holes(session, names, sizeof names);
    if (tally->results[RETRACED_HOLES])
        verification_add(all, CHECK_NOTE, "regenerate",
                         "%llu cases hold values of replies, which no plan knows: %s",
                         (unsigned long long)tally->results[RETRACED_HOLES], names);
    if (tally->results[RETRACED_OTHER])
        verification_add(all, CHECK_NOTE, "regenerate",
                         "%llu cases (first: %llu) had other valid messages around "
                         "theirs than can be foreseen: not compared",
                         (unsigned long long)tally->results[RETRACED_OTHER],
                         (unsigned long long)tally->first_other);
}

static void say(const struct tally *tally, const struct session *session, double seconds,
                struct verification *all)
{
    uint64_t same = tally->results[RETRACED_SAME], count = 0;

    for (size_t i = 0; i < RETRACED_RESULTS; i++)
        count += tally->results[i];
    if (count == 0)
        verification_add(all, CHECK_NOTE, "regenerate", "no case has a digest");
    else
        verification_add(all, same ? CHECK_GOOD : CHECK_UNKNOWN, "regenerate",
                         "%llu of %llu cases made again have the digest of what was sent "
                         "(%.0f cases/s of one processor)",
                         (unsigned long long)same, (unsigned long long)count,
                         seconds > 0 ? (double)count / seconds : 0);
    say_rest(tally, session, all);
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
    double began_s = processor_seconds();
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
        say(&tally, plan->session, processor_seconds() - began_s, all);
}
