/* What the events of a finding come to, in the order of time. This alone decides what is
 * fixed (HISTORY_FIXED). */
#include "report/history_parts.h"
#include "report/rows.h"

#include <string.h>

static const char tables_sql[] =
    "CREATE INDEX old.event_finding ON event(finding, at_ns);"
    "CREATE TABLE old.turn(finding TEXT, night TEXT, at_ns INTEGER, until_ns INTEGER, "
    "  became TEXT);"
    "CREATE INDEX old.turn_finding ON turn(finding);"
    "CREATE INDEX old.turn_night ON turn(night);";
static const char events_sql[] =
    "SELECT finding, at_ns, night, build, what FROM old.event ORDER BY finding, at_ns, "
    "rowid";

struct life {
    char finding[NIGHT_PATH];
    char first_night[NIGHT_PATH], last_night[NIGHT_PATH], fixed_night[NIGHT_PATH];
    int64_t first_ns, last_ns, fixed_ns;
    char build[HASH_TEXT]; /* it was last seen on it; "": nobody knows */
    char said[40];         /* of it, last; "": nothing */
    bool seen, fixed;
};

struct event {
    const char *night, *build, *what;
    int64_t at_ns;
};

/* --- one event ---------------------------------------------------------------------- */

/* Each returns what the finding turned to, or NULL. */
static const char *see(struct life *life, const struct event *event)
{
    const char *turned = !life->seen ? "new" : life->fixed ? "returned" : NULL;

    if (!life->seen) {
        life->first_ns = event->at_ns;
        snprintf(life->first_night, NIGHT_PATH, "%s", event->night);
    }
    life->last_ns = event->at_ns;
    snprintf(life->last_night, NIGHT_PATH, "%s", event->night);
    snprintf(life->build, sizeof life->build, "%s", event->build);
    life->fixed_night[0] = '\0';
    life->seen = true;
    life->fixed = false;
    return turned;
}

static const char *hold_fixed(struct life *life, const struct event *event)
{
    if (life->fixed)
        return NULL;
    life->fixed = true;
    life->fixed_ns = event->at_ns;
    return "fixed";
}

static const char *pass(struct life *life, const struct event *event)
{
    if (!life->seen || !life->build[0] || !event->build[0] ||
        strcmp(life->build, event->build) == 0)
        return NULL;
    if (!life->fixed_night[0])
        snprintf(life->fixed_night, NIGHT_PATH, "%s", event->night);
    return hold_fixed(life, event);
}

/* Only of what was seen is anything said. What replays have shown is not said away. */
static const char *hear(struct life *life, const struct event *event)
{
    snprintf(life->said, sizeof life->said, "%s", event->what + strlen("said "));
    if (strcmp(life->said, "fixed") == 0)
        return hold_fixed(life, event);
    if (!life->fixed || life->fixed_night[0])
        return NULL;
    life->fixed = false;
    return "open";
}

static const char *turn_by(struct life *life, const struct event *event)
{
    if (strcmp(event->what, "seen") == 0)
        return see(life, event);
    return strcmp(event->what, "passed") == 0 ? pass(life, event) : hear(life, event);
}

static int write_turn(struct history *history, const struct life *life,
                      const struct event *event, const char *turned, struct error *error)
{
    return store_write(history->store, error,
                       "UPDATE old.turn SET until_ns = ? WHERE finding = ? AND until_ns "
                       "IS NULL",
                       "it", event->at_ns, life->finding) < 0
               ? -1
               : store_write(history->store, error,
                             "INSERT INTO old.turn VALUES (?, ?, ?, NULL, ?)", "ttit",
                             life->finding, event->night, event->at_ns, turned);
}

/* --- one finding -------------------------------------------------------------------- */

static int end_life(struct history *history, const struct life *life, struct error *error)
{
    bool said_fixed = strcmp(life->said, "fixed") == 0;
    char held[NIGHT_PATH + 60] = "";

    if (life->fixed_night[0])
        snprintf(held, sizeof held, "its replays on another build passed in %s",
                 life->fixed_night);
    else if (life->fixed)
        snprintf(held, sizeof held, "it was said to be fixed");
    return store_write(history->store, error,
                       "UPDATE old.known SET first_ns = ?, first_night = ?, last_ns = ?, "
                       "last_night = ?, last_build = ?, fixed_ns = ?, fixed_night = ?, "
                       "held = ?, disposition = ? WHERE born = ?",
                       "itittitttt", life->first_ns, life->first_night, life->last_ns,
                       life->last_night, life->build, life->fixed ? life->fixed_ns : 0,
                       life->fixed_night, held,
                       life->fixed                    ? "fixed"
                       : said_fixed || !life->said[0] ? "open"
                                                      : life->said,
                       life->finding);
}

static int read_events(struct history *history, struct rows *rows, struct error *error)
{
    struct life life = {.finding = ""};
    int status = 0;

    while (status == 0 && rows_next(rows)) {
        struct event event = {.night = rows_text(rows, 2),
                              .build = rows_text(rows, 3),
                              .what = rows_text(rows, 4),
                              .at_ns = rows_integer(rows, 1)};
        const char *turned;

        if (strcmp(rows_text(rows, 0), life.finding) != 0) {
            status = life.seen ? end_life(history, &life, error) : 0;
            life = (struct life){.finding = ""};
            snprintf(life.finding, sizeof life.finding, "%s", rows_text(rows, 0));
        }
        if (status == 0 && (turned = turn_by(&life, &event)))
            status = write_turn(history, &life, &event, turned, error);
    }
    return status == 0 && life.seen ? end_life(history, &life, error) : status;
}

int history_close(struct history *history, struct error *error)
{
    struct run_view view = {.store = history->store};
    struct rows rows;
    int status;

    if (history_execute(history, tables_sql, "nights", error) < 0)
        return -1;
    rows = rows_of(&view, events_sql);
    status = read_events(history, &rows, error);
    if (rows_close(&rows, status == 0 ? error : &(struct error){0}) < 0)
        status = -1;
    return status == 0 ? store_commit(history->store, error) : status;
}
