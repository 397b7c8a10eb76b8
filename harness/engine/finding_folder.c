#include "engine/finding_folder.h"

#include "core/json_text.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_TEXT = 1200 };

static int make_folder(const char *path, struct error *error)
{
    return mkdir(path, 0777) < 0 && errno != EEXIST
               ? error_set(error, "cannot make %s: %s", path, strerror(errno))
               : 0;
}

/* --- the reproducer ----------------------------------------------------------------- */

/* Borrows the confirmation's sequence and trace. */
static void describe(const struct campaign *campaign, const struct finding_facts *facts,
                     struct reproducer *reproducer)
{
    const struct confirmation *confirmation = facts->confirmation;
    const struct judgement *judgement = &confirmation->judgement;
    const struct oracle_ops *oracle = oracle_kinds[confirmation->oracle];
    struct view text = yaml_source(campaign->document);

    *reproducer = (struct reproducer){.first_case = facts->suspicion->number,
                                      .seed = campaign->seed,
                                      .sample = confirmation->sample,
                                      .sequence = confirmation->sequence};
    /* What grows shows in no single exchange. */
    if (!oracle->gradual && !confirmation->evidence.trace.incomplete) {
        reproducer->trace = confirmation->evidence.trace;
        reproducer->replays = confirmation->evidence.replays;
    }
    if (oracle->hard)
        reproducer->fault = confirmation->evidence.fault;
    reproducer->campaign_text = strndup((const char *)text.data, text.length);
    snprintf(reproducer->id, sizeof reproducer->id, "%s", facts->id);
    snprintf(reproducer->oracle, sizeof reproducer->oracle, "%s", oracle->name);
    snprintf(reproducer->kind, sizeof reproducer->kind, "%s", judgement->kind);
    snprintf(reproducer->cause, sizeof reproducer->cause, "%s", judgement->cause);
    snprintf(reproducer->title, sizeof reproducer->title, "%s", judgement->title);
    snprintf(reproducer->plan_hash, sizeof reproducer->plan_hash, "%s",
             campaign->plan.hash);
    snprintf(reproducer->case_name, sizeof reproducer->case_name, "%s",
             facts->suspicion->name);
    if (!realpath(campaign->path, reproducer->campaign_path))
        snprintf(reproducer->campaign_path, sizeof reproducer->campaign_path, "%s",
                 campaign->path);
}

int finding_folder_forms(const char *folder, const struct campaign *campaign,
                         const struct reproducer *reproducer, struct error *error)
{
    static const struct {
        const char *file;
        int (*write)(const char *path, const struct campaign *campaign,
                     const struct reproducer *reproducer, struct error *error);
    } forms[] = {{"reproducer.percuss", reproducer_write},
                 {"reproducer.c", reproducer_write_program},
                 {"messages.txt", reproducer_write_text}};
    char path[PATH_TEXT];
    int status = 0;

    for (size_t i = 0; status == 0 && i < sizeof forms / sizeof forms[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, forms[i].file);
        status = forms[i].write(path, campaign, reproducer, error);
    }
    return status;
}

static int write_reproducer(const char *folder, const struct campaign *campaign,
                            const struct finding_facts *facts, struct error *error)
{
    struct reproducer reproducer;
    int status;

    describe(campaign, facts, &reproducer);
    status = finding_folder_forms(folder, campaign, &reproducer, error);
    free((char *)reproducer.campaign_text);
    return status;
}

/* --- what was seen ------------------------------------------------------------------ */

static int write_event(struct capture *capture, const struct evidence *evidence,
                       size_t index, const char *comment, struct error *error)
{
    const struct trace_event *event = &evidence->trace.events[index];
    struct view bytes = trace_bytes(&evidence->trace, index);
    enum capture_end how = event->kind == TRACE_ENDED         ? CAPTURE_REMOTE_CLOSE
                           : event->kind == TRACE_HALF_CLOSED ? CAPTURE_LOCAL_HALF_CLOSE
                                                              : CAPTURE_LOCAL_RESET;

    switch (event->kind) {
    case TRACE_OPENED:
        return capture_connected(capture, &evidence->ends, event->wall_ns, comment,
                                 error);
    case TRACE_SENT:
    case TRACE_RECEIVED:
        return capture_packet(capture,
                              event->kind == TRACE_SENT ? CAPTURE_SENT : CAPTURE_RECEIVED,
                              bytes, event->wall_ns, comment, error);
    case TRACE_SILENCE: return 0;
    default: return capture_disconnected(capture, how, event->wall_ns, comment, error);
    }
}

static int write_capture(const char *folder, const struct campaign *campaign,
                         const struct finding_facts *facts, struct error *error)
{
    const struct evidence *evidence = &facts->confirmation->evidence;
    struct capture_options options = recorder_capture_options(campaign);
    struct capture *capture;
    char comment[32];
    int status = 0;

    if (evidence->trace.count == 0)
        return 0;
    options.keep = CAPTURE_ALL;
    capture = capture_open(folder, &options, error);
    if (!capture)
        return -1;
    snprintf(comment, sizeof comment, "replay of %s", facts->id);
    for (size_t i = 0; status == 0 && i < evidence->trace.count; i++)
        status = write_event(capture, evidence, i, comment, error);
    return capture_close(capture, error) < 0 ? -1 : status;
}

static int write_console(const char *folder, const struct finding_facts *facts,
                         struct error *error)
{
    const struct buffer *text = &facts->confirmation->evidence.text;
    char path[PATH_TEXT];
    FILE *file;
    bool failed;

    if (text->length == 0)
        return 0;
    snprintf(path, sizeof path, "%s/console.txt", folder);
    file = fopen(path, "w");
    failed = !file || fwrite(text->data, 1, text->length, file) != text->length;
    if (file && fclose(file) != 0)
        failed = true;
    return failed ? error_set(error, "cannot write %s: %s", path, strerror(errno)) : 0;
}

/* --- finding.json ------------------------------------------------------------------- */

static json_t *confirmation_json(const struct confirmation *confirmation)
{
    const struct decision *made = &confirmation->decision;

    return json_pack("{s:b, s:i, s:i, s:i, s:i, s:f, s:f, s:I}", "confirmed",
                     (int)made->confirmed, "replays", made->replays, "failures",
                     made->failures, "controls", made->controls, "control_failures",
                     made->control_failures, "p_value", made->p, "alpha", made->alpha,
                     "sequences_run", (json_int_t)confirmation->trials);
}

static int write_facts(const char *folder, const struct campaign *campaign,
                       const struct finding_facts *facts, struct error *error)
{
    const struct confirmation *confirmation = facts->confirmation;
    const struct judgement *judgement = &confirmation->judgement;
    char path[PATH_TEXT];
    json_t *json;
    int status;

    json = json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:s, s:o, s:s, s:I, s:o, s:f, s:I, s:o, "
        "s:s, s:s, s:s, s:s, s:s}",
        "id", facts->id, "bucket", facts->bucket, "oracle",
        oracle_kinds[confirmation->oracle]->name, "kind", judgement->kind, "cause",
        json_text(judgement->cause), "title", json_text(judgement->title), "detail",
        json_text(judgement->detail), "clause", judgement->clause, "guilty",
        facts->guilty, "place", json_text(judgement->place), "grade", facts->grade,
        "first_case", (json_int_t)facts->suspicion->number, "case_name",
        json_text(facts->suspicion->name), "found_after_s", facts->suspicion->after_s,
        "messages", (json_int_t)confirmation->sequence.count, "confirmation",
        confirmation_json(confirmation), "campaign", campaign->name, "interface",
        campaign->interface, "plan_hash", campaign->plan.hash, "campaign_hash",
        campaign->hash, "tool_version", PERCUSS_VERSION);
    snprintf(path, sizeof path, "%s/finding.json", folder);
    status = json ? json_dump_file(json, path, JSON_INDENT(2)) : -1;
    json_decref(json);
    return status < 0 ? error_set(error, "cannot write %s", path) : 0;
}

int finding_folder_write(const char *directory, const struct campaign *campaign,
                         const struct finding_facts *facts, struct error *error)
{
    char folder[1100];

    snprintf(folder, sizeof folder, "%s/findings", directory);
    if (make_folder(folder, error) < 0)
        return -1;
    snprintf(folder, sizeof folder, "%s/findings/%s", directory, facts->id);
    return make_folder(folder, error) < 0 ||
                   write_reproducer(folder, campaign, facts, error) < 0 ||
                   write_capture(folder, campaign, facts, error) < 0 ||
                   write_console(folder, facts, error) < 0 ||
                   write_facts(folder, campaign, facts, error) < 0
               ? -1
               : 0;
}
