#include "cli/replay_on.h"

#include "core/clock.h"
#include "core/json_text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- the finding -------------------------------------------------------------------- */

/* The bench that it was found on: its campaign stands in the reproducer. */
static int read_bench(struct replay_on *on, const struct reproducer *reproducer,
                      const char *path, struct error *error)
{
    struct yaml_document *document =
        yaml_parse(path, view_text(reproducer->campaign_text), error);
    const struct yaml *root = document ? yaml_root(document) : NULL;

    if (!document)
        return -1;
    on->there = cross_bench_of(yaml_get(root, "device"), yaml_get(root, "link"));
    yaml_close(document);
    return 0;
}

/* How often it failed there stands in finding.json; a reproducer that was taken out of
 * its folder does not know it. */
static void read_confirmation(struct replay_on *on, const char *folder)
{
    char path[1200];
    json_int_t replays = 0, failures = 0;
    json_t *json;

    snprintf(path, sizeof path, "%s/finding.json", folder);
    json = json_load_file(path, 0, NULL);
    if (json &&
        json_unpack(json, "{s:{s:I, s:I}}", "confirmation", "replays", &replays,
                    "failures", &failures) == 0 &&
        replays > 0 && failures >= 0 && failures <= replays)
        on->then = (struct cross_count){.replays = replays, .failures = failures};
    json_decref(json);
}

int replay_on_open(struct replay_on *on, const char *path,
                   const struct reproducer *reproducer, const struct campaign *campaign,
                   struct error *error)
{
    const char *slash = strrchr(path, '/');
    char folder[1100];

    *on = (struct replay_on){0};
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1,
             slash ? path : ".");
    snprintf(on->file, sizeof on->file, "%s/cross-replay.json", folder);
    if (strcmp(reproducer->plan_hash, campaign->plan.hash) != 0)
        return error_set(error,
                         "--on: the finding was made by plan %.16s, %s gives plan %.16s: "
                         "another model, session or percuss cannot be compared; "
                         "--campaign replays it without a grade",
                         reproducer->plan_hash, campaign->path, campaign->plan.hash);
    on->here = cross_bench_of(campaign->device, campaign->link);
    read_confirmation(on, folder);
    return read_bench(on, reproducer, path, error);
}

/* --- the grade ---------------------------------------------------------------------- */

static json_t *count_json(enum cross_bench bench, const struct cross_count *count)
{
    return json_pack("{s:s, s:I, s:I, s:I}", "bench", cross_bench_name(bench), "replays",
                     (json_int_t)count->replays, "failures", (json_int_t)count->failures,
                     "failed_otherwise", (json_int_t)count->otherwise);
}

void replay_on_json(const struct replay_on *on, json_t *json)
{
    json_object_set_new(json, "grade", json_string(on->grade));
    json_object_set_new(json, "there", count_json(on->there, &on->then));
    json_object_set_new(json, "here", count_json(on->here, &on->now));
}

/* Earlier grades stay: a file that is none of ours is not overwritten. */
static int append(const char *path, json_t *entry, struct error *error)
{
    char beside[1300];
    json_t *list = access(path, F_OK) == 0 ? json_load_file(path, 0, NULL) : json_array();
    int status = -1;

    snprintf(beside, sizeof beside, "%s.new", path);
    if (!json_is_array(list))
        error_set(error, "%s: expected the list of earlier grades", path);
    else if (json_array_append(list, entry) < 0 ||
             json_dump_file(list, beside, JSON_INDENT(2)) < 0 || rename(beside, path) < 0)
        error_set(error, "cannot write %s: %m", path);
    else
        status = 0;
    json_decref(list);
    return status;
}

int replay_on_close(struct replay_on *on, const struct campaign *campaign,
                    const char *device, struct error *error)
{
    json_t *entry = json_object();
    char now[32];
    int status;

    on->grade = cross_grade_name(cross_grade(&on->then, &on->now), on->there, on->here);
    clock_format_utc(clock_wall_ns(), now, sizeof now);
    json_object_set_new(entry, "at", json_string(now));
    json_object_set_new(entry, "campaign", json_text(campaign->name));
    json_object_set_new(entry, "device", json_text(device));
    replay_on_json(on, entry);
    status = append(on->file, entry, error);
    json_decref(entry);
    return status;
}

static void print_count(const char *where, enum cross_bench bench,
                        const struct cross_count *count)
{
    if (count->replays)
        printf("%s (%s) %lld of %lld replays failed", where, cross_bench_name(bench),
               (long long)(count->failures - count->otherwise),
               (long long)count->replays);
    else
        printf("%s (%s) it is not known how often it failed", where,
               cross_bench_name(bench));
}

void replay_on_print(const struct replay_on *on)
{
    printf("grade %s: ", on->grade);
    print_count("there", on->there, &on->then);
    print_count(", here", on->here, &on->now);
    if (on->now.otherwise)
        printf(", and %lld otherwise", (long long)on->now.otherwise);
    printf("\nkept in %s\n", on->file);
}
