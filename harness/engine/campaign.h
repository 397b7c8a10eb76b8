/* A campaign: one YAML file, read and checked whole before anything is opened or written.
 * Format: harness/engine/README.md. Read-only after loading. */
#ifndef PERCUSS_ENGINE_CAMPAIGN_H
#define PERCUSS_ENGINE_CAMPAIGN_H

#include "core/clock.h"
#include "engine/console.h"
#include "generate/shard.h"
#include "record/capture.h"

enum { CAMPAIGN_RULES = 64, CAMPAIGN_ORACLES = 32 };

struct exclude_rule {
    const char *id, *rationale;
    struct expression *when; /* over request */
};

struct authorisation {
    bool given;
    const char *by, *scope, *reference, *date;
};

enum campaign_engine { CAMPAIGN_NUMBERED, CAMPAIGN_GUIDED };

struct campaign {
    const char *path; /* as the user named it */
    const char *name, *title, *interface;
    char hash[HASH_TEXT]; /* SHA-256 of the file */
    char folder[512];     /* of the file, with a trailing slash */
    struct yaml_document *document;
    struct model *model;
    struct session *session;
    struct plan plan;
    uint64_t seed;
    const struct yaml *device, *link;
    const char *link_kind; /* "tcp": decides how the capture looks */
    bool connection_per_case;
    int64_t answer_ns;    /* a valid request is answered within this */
    int64_t byte_ns;      /* how long a byte takes on a line where silence ends frames */
    int64_t gap_ns;       /* pause before each send */
    int64_t silence_ns;   /* an answer that may stay away is waited for this long */
    int64_t linger_ns;    /* a device that was stopped inside a message gets this long to
                             notice that no more will come */
    int64_t rate_limit;   /* cases a second, 0: none */
    int64_t maximum_rate; /* messages a second that the device declares, 0: none */
    int64_t epoch_cases, sample_every, check_every;
    double alpha;            /* chance of any false finding in the whole campaign */
    int64_t replays, window; /* least replays a confirmation, cases it may search back */
    /* Costly hits of one finding before its stream, its field or its message is skipped.
     */
    int64_t skip_after, skip_field_after, skip_message_after;
    bool oracle_enabled[CAMPAIGN_ORACLES]; /* in the order of oracle_kinds */
    const struct yaml *criteria, *criteria_folder;
    enum campaign_engine engine;
    const struct yaml *corpora; /* folders with seeds for the guided one; NULL: none */
    struct selection selection; /* which cases; bound to the plan */
    struct shard shard;         /* of which this run sends a part */
    int64_t budget_ns;          /* 0: none */
    const struct yaml *until;   /* criteria after which it may end, a list; NULL: none */
    struct authorisation authorisation;
    struct exclude_rule excludes[CAMPAIGN_RULES];
    size_t exclude_count;
    struct console console;
    int64_t memory_kib, handles; /* growth of the device's process that is too much */
    bool exclude_unparsed;       /* bytes that do not parse stay off the wire */
    enum capture_keep keep;
    int64_t sample_segments, segment_bytes, disk_reserve;
    bool live_capture;
};

/* `build_folder`: what ${build} stands for in the file (the folder of the percuss
 * program). `seed`: NULL takes the file's. NULL and *error (file, line, key) on failure.
 */
struct campaign *campaign_load(const char *path, const char *build_folder,
                               const uint64_t *seed, struct error *error);
void campaign_free(struct campaign *campaign); /* accepts NULL */

const char *campaign_engine_name(enum campaign_engine engine);
/* The engine of that name instead of the file's. -1 and *error when there is none, or it
 * cannot do what the campaign asks for. */
int campaign_set_engine(struct campaign *campaign, const char *name, struct error *error);
/* The stream of a case; PLAN_STACKED where a number says nothing about the plan. */
uint32_t campaign_stream(const struct campaign *campaign, uint64_t number,
                         uint64_t *index);

/* The device connects to percuss: `role: server` of its link. */
bool campaign_is_server(const struct campaign *campaign);
/* True when the device may be driven without an authorisation: emulated or on this
 * machine. Both are the maps of a campaign. */
bool campaign_is_local(const struct yaml *device, const struct yaml *link);
/* Whoever drives the device asks first. -1 and *error when it is not on this machine and
 * nobody authorised the test. */
int campaign_check_authorised(const struct campaign *campaign, struct error *error);

#endif
