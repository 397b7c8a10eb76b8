#include "fuzz/ledger.h"

#include "core/json_text.h"
#include "engine/finding_folder.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH = 1200 };

static uint64_t key_of(int oracle, const char *cause)
{
    return tally_key_text(tally_key_text(0, oracle_kinds[oracle]->name), cause);
}

/* --- the log ------------------------------------------------------------------------ */

static void path_of_log(const struct ledger *ledger, char path[PATH])
{
    snprintf(path, PATH, "%s/findings/log.jsonl", ledger->directory);
}

static int add_entry(struct ledger *ledger, uint64_t key, const char *id)
{
    if (ledger->count == ledger->capacity) {
        size_t capacity = ledger->capacity ? ledger->capacity * 2 : 16;
        struct ledger_entry *larger = realloc(ledger->entries, capacity * sizeof *larger);

        if (!larger)
            return -1;
        ledger->entries = larger;
        ledger->capacity = capacity;
    }
    ledger->entries[ledger->count].key = key;
    snprintf(ledger->entries[ledger->count++].id, LEDGER_ID, "%s", id);
    return 0;
}

/* A line that a killed process left unfinished, or that somebody spoilt, says nothing. */
static int take_line(struct ledger *ledger, const char *line)
{
    json_t *json = json_loads(line, 0, NULL);
    const char *id, *key, *bucket, *place, *guilty;
    json_int_t test = 0;
    int status = 0;

    if (json && json_unpack(json, "{s:s, s:s, s:I, s:s, s:s, s:s}", "key", &key, "id",
                            &id, "test", &test, "bucket", &bucket, "place", &place,
                            "guilty", &guilty) == 0) {
        uint64_t number = strtoull(key, NULL, 16);

        if ((uint64_t)test > ledger->level.tests && test > 0)
            ledger->level.tests = (uint64_t)test;
        if (*id)
            status = add_entry(ledger, number, id);
        else
            tally_add(&ledger->tries, number);
        if (*bucket)
            buckets_restore(&ledger->buckets, bucket, place, guilty);
    }
    json_decref(json);
    return status;
}

/* Goes on where the last reading ended. */
static int read_log(struct ledger *ledger)
{
    char path[PATH], *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    int status = 0;
    FILE *file;

    path_of_log(ledger, path);
    file = fopen(path, "re");
    if (!file)
        return 0;
    if (fseek(file, ledger->read, SEEK_SET) == 0)
        while (status == 0 && (length = getline(&line, &capacity, file)) > 0 &&
               line[length - 1] == '\n') {
            ledger->read += length;
            status = take_line(ledger, line);
        }
    free(line);
    fclose(file);
    return status;
}

/* Behind a line that a killed process left unfinished a new one begins. */
static bool ends_amid_line(FILE *file)
{
    return fseek(file, -1, SEEK_END) == 0 && fgetc(file) != '\n';
}

/* One write, so that lines of several processes do not mix. */
static int append_log(struct ledger *ledger, const char *id, const char *bucket,
                      const char *guilty, const struct confirmation *confirmation,
                      struct error *error)
{
    const struct judgement *judgement = &confirmation->judgement;
    char path[PATH], key[20], *text;
    bool failed = true;
    json_t *json;
    FILE *file;

    snprintf(key, sizeof key, "%016llx",
             (unsigned long long)key_of(confirmation->oracle, judgement->cause));
    json = json_pack(
        "{s:s, s:s, s:I, s:f, s:s, s:o, s:o, s:s, s:s, s:o}", "key", key, "id", id,
        "test", (json_int_t)confirmation->decision.test, "p_value",
        confirmation->decision.p, "oracle", oracle_kinds[confirmation->oracle]->name,
        "cause", json_text(judgement->cause), "title", json_text(judgement->title),
        "bucket", bucket, "guilty", guilty, "place", json_text(judgement->place));
    text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    path_of_log(ledger, path);
    file = text ? fopen(path, "a+e") : NULL;
    if (file) {
        failed = fprintf(file, "%s%s\n", ends_amid_line(file) ? "\n" : "", text) < 0;
        failed |= fclose(file) != 0;
    }
    free(text);
    json_decref(json);
    return failed ? error_set(error, "cannot write %s: %s", path, strerror(errno)) : 0;
}

/* --- life --------------------------------------------------------------------------- */

int ledger_open(struct ledger *ledger, const char *directory,
                const struct campaign *campaign, struct error *error)
{
    *ledger = (struct ledger){.campaign = campaign, .level = {.alpha = campaign->alpha}};
    if (strlen(directory) >= sizeof ledger->directory)
        return error_set(error, "the folder for findings has too long a path: %s",
                         directory);
    snprintf(ledger->directory, sizeof ledger->directory, "%s", directory);
    return read_log(ledger) < 0 ? error_set(error, "out of memory for known findings")
                                : 0;
}

void ledger_close(struct ledger *ledger)
{
    free(ledger->entries);
    tally_free(&ledger->tries);
    *ledger = (struct ledger){0};
}

const char *ledger_known(struct ledger *ledger, int oracle, const char *cause)
{
    uint64_t key = key_of(oracle, cause);

    read_log(ledger);
    for (size_t i = 0; i < ledger->count; i++)
        if (ledger->entries[i].key == key)
            return ledger->entries[i].id;
    return NULL;
}

bool ledger_searches(const struct ledger *ledger, int oracle, const char *cause)
{
    return decision_searches(tally_count(&ledger->tries, key_of(oracle, cause)));
}

/* --- conclusions -------------------------------------------------------------------- */

static int make_folder(const char *path, bool may_exist, struct error *error)
{
    if (mkdir(path, 0777) == 0 || (may_exist && errno == EEXIST))
        return 0;
    return errno == EEXIST
               ? 1
               : error_set(error, "cannot make %s: %s", path, strerror(errno));
}

/* DIR and DIR/findings may be missing; nothing above them is made. */
static int make_home(const struct ledger *ledger, struct error *error)
{
    char path[PATH];

    snprintf(path, sizeof path, "%s/findings", ledger->directory);
    return make_folder(ledger->directory, true, error) < 0
               ? -1
               : make_folder(path, true, error);
}

/* The next number that no process has taken. */
static int claim_id(const struct ledger *ledger, char id[LEDGER_ID], struct error *error)
{
    char path[PATH];
    int taken = 1;

    for (size_t number = ledger->count + 1; taken > 0; number++) {
        snprintf(id, LEDGER_ID, "F-%03zu", number);
        snprintf(path, sizeof path, "%s/findings/%s", ledger->directory, id);
        taken = make_folder(path, false, error);
    }
    return taken;
}

static int write_input(const struct ledger *ledger, const char *id, struct view input,
                       struct error *error)
{
    char path[PATH];
    bool failed;
    FILE *file;

    snprintf(path, sizeof path, "%s/findings/%s/input", ledger->directory, id);
    file = fopen(path, "we");
    failed = !file || fwrite(input.data, 1, input.length, file) != input.length;
    if (file && fclose(file) != 0)
        failed = true;
    return failed ? error_set(error, "cannot write %s: %s", path, strerror(errno)) : 0;
}

static int write_finding(struct ledger *ledger, const struct suspicion *suspicion,
                         const struct confirmation *confirmation, struct view input,
                         char id[LEDGER_ID], struct error *error)
{
    const struct decision *made = &confirmation->decision;
    bool steady = made->confirmed && made->failures * 5 >= made->replays * 3;
    char guilty[BUCKET_TEXT];
    struct finding_facts facts = {.grade = steady ? "confirmed" : "intermittent",
                                  .suspicion = suspicion,
                                  .confirmation = confirmation};

    if (claim_id(ledger, id, error) < 0)
        return -1;
    facts.id = id;
    facts.guilty =
        bucket_guilty(ledger->campaign, &confirmation->sequence, guilty, sizeof guilty);
    facts.bucket =
        buckets_put(&ledger->buckets, confirmation->judgement.place, facts.guilty)->id;
    return finding_folder_write(ledger->directory, ledger->campaign, &facts, error) < 0 ||
                   write_input(ledger, id, input, error) < 0 ||
                   append_log(ledger, id, facts.bucket, facts.guilty, confirmation,
                              error) < 0
               ? -1
               : 1;
}

int ledger_conclude(struct ledger *ledger, const struct suspicion *suspicion,
                    const struct confirmation *confirmation, struct view input,
                    char id[LEDGER_ID], struct error *error)
{
    bool certain =
        confirmation->decision.confirmed || oracle_kinds[suspicion->oracle]->hard;
    const char *known;

    id[0] = '\0';
    if (make_home(ledger, error) < 0)
        return -1;
    known = certain ? ledger_known(ledger, confirmation->oracle,
                                   confirmation->judgement.cause)
                    : NULL;
    if (known)
        snprintf(id, LEDGER_ID, "%s", known);
    if (known || !certain)
        return append_log(ledger, id, "", "", confirmation, error);
    return write_finding(ledger, suspicion, confirmation, input, id, error);
}
