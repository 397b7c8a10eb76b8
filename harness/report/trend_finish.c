/* What the events of all nights come to: the lives of findings, and each night's count.
 */
#include "report/trend_parts.h"

/* A finding turns when it is seen, or shown or said to be fixed; what it turned to holds
 * until the next turn. A word of people about it holds until the next, whatever is seen.
 */
static const char lives_sql[] =
    "CREATE TABLE old.turn AS SELECT finding, night, at_ns, what, row_number() OVER w AS "
    "  place, lag(what) OVER w AS before, lead(at_ns) OVER w AS until_ns FROM old.event "
    "  WHERE what IN ('seen', 'passed', 'said fixed') "
    "  WINDOW w AS (PARTITION BY finding ORDER BY at_ns, id);"
    "CREATE INDEX old.turn_finding ON turn(finding);"
    "CREATE INDEX old.turn_night ON turn(night);"
    "CREATE TABLE old.word AS SELECT finding, at_ns, substr(what, 6) AS said, lead(at_ns) "
    "  OVER (PARTITION BY finding ORDER BY at_ns, id) AS until_ns FROM old.event WHERE what "
    "  LIKE 'said %';"
    "CREATE INDEX old.word_finding ON word(finding);"
    "CREATE TABLE old.life AS SELECT k.id AS finding, k.interface, t.night AS first_night, "
    "  t.at_ns AS first_ns, (SELECT max(s.place) FROM old.turn s WHERE s.finding = k.id AND "
    "  s.what = 'seen') AS last_seen FROM old.known k JOIN old.turn t ON t.finding = k.id "
    "  AND t.place = (SELECT min(s.place) FROM old.turn s WHERE s.finding = k.id AND s.what "
    "  = 'seen');";

/* Before the next night began: replays come behind a run's end, and people by day. */
static const char nights_sql[] =
    "CREATE TABLE old.shown AS WITH ends AS (SELECT id, max(until_ns, coalesce(lead(at_ns) "
    "  OVER (PARTITION BY interface ORDER BY at_ns, id) - 1, 9223372036854775807)) AS "
    "  until_ns FROM old.night),"
    " n AS (SELECT m.*, e.until_ns AS until_ns, coalesce(lag(e.until_ns) OVER (PARTITION BY "
    "  m.interface ORDER BY m.at_ns, m.id), 0) AS before_ns FROM (SELECT id, interface, "
    "  name, at_ns, build, cases, states, planned, edges, rate, half_ms, most_ms, reason, "
    "  verdict FROM old.night) m JOIN ends e USING (id)),"
    " standing AS (SELECT n.id AS night, "
    "  EXISTS (SELECT 1 FROM old.turn t WHERE t.finding = l.finding AND t.what <> 'seen' AND "
    "    t.at_ns <= n.until_ns AND (t.until_ns IS NULL OR t.until_ns > n.until_ns)) AS fixed,"
    "  EXISTS (SELECT 1 FROM old.turn t WHERE t.finding = l.finding AND t.what <> 'seen' AND "
    "    t.at_ns <= n.before_ns AND (t.until_ns IS NULL OR t.until_ns > n.before_ns)) AS "
    "    was_fixed,"
    "  EXISTS (SELECT 1 FROM old.word w WHERE w.finding = l.finding AND w.said IN "
    "    ('false-positive', 'duplicate') AND w.at_ns <= n.until_ns AND (w.until_ns IS NULL "
    "    OR w.until_ns > n.until_ns)) AS closed "
    "  FROM n JOIN old.life l ON l.interface = n.interface AND l.first_ns <= n.until_ns) "
    "SELECT n.interface, n.name, n.at_ns, substr(n.build, 1, 8) AS build, n.cases, n.states, "
    "  n.planned, n.edges, n.rate, n.half_ms, n.most_ms, n.reason, n.verdict, "
    "  (SELECT count(*) FROM old.life l WHERE l.first_night = n.id) AS new, "
    "  (SELECT count(DISTINCT t.finding) FROM old.turn t WHERE t.night = n.id AND t.what = "
    "    'seen' AND t.before <> 'seen') AS returned, "
    "  coalesce(sum(s.fixed AND NOT s.was_fixed), 0) AS fixed, "
    "  coalesce(sum(NOT s.fixed AND NOT s.closed), 0) AS open "
    "FROM n LEFT JOIN standing s ON s.night = n.id GROUP BY n.id "
    "ORDER BY n.interface, n.at_ns, n.id;";

/* At the end of all. */
static const char findings_sql[] =
    "CREATE TABLE old.found AS WITH last AS (SELECT interface, max(until_ns) AS ns FROM "
    "  old.night GROUP BY interface),"
    " f AS (SELECT l.*, (SELECT min(t.at_ns) FROM old.turn t WHERE t.finding = l.finding AND "
    "  t.place > l.last_seen) AS fixed_ns, coalesce((SELECT w.said FROM old.word w WHERE "
    "  w.finding = l.finding AND w.until_ns IS NULL), 'open') AS said FROM old.life l) "
    "SELECT f.interface, f.finding AS id, d.title, d.oracle, "
    "  (SELECT n.name FROM old.night n WHERE n.id = f.first_night) AS first_night, "
    "  (SELECT n.name FROM old.turn t JOIN old.night n ON n.id = t.night WHERE t.finding = "
    "    f.finding AND t.place = f.last_seen) AS last_night, f.first_ns, f.fixed_ns, "
    "  (coalesce(f.fixed_ns, last.ns) - f.first_ns) / 86400e9 AS days, "
    "  CASE WHEN f.fixed_ns IS NOT NULL THEN 'fixed' WHEN f.said = 'fixed' THEN 'open' ELSE "
    "    f.said END AS \"is\", "
    "  (SELECT count(*) FROM old.turn t WHERE t.finding = f.finding AND t.what = 'seen' AND "
    "    t.before <> 'seen') AS returned "
    "FROM f JOIN old.described d ON d.id = f.finding JOIN last USING (interface) "
    "ORDER BY f.interface, f.first_ns, f.finding;";

const char trend_interfaces_sql[] =
    "SELECT interface AS name, min(model) AS model, count(*) AS nights FROM old.night GROUP "
    "BY interface ORDER BY interface";
const char trend_nights_sql[] =
    "SELECT name, at_ns, build, cases, states, planned, edges, rate, half_ms, most_ms, "
    "reason, verdict, new, returned, fixed, open FROM old.shown WHERE interface = ?1 ORDER "
    "BY rowid";
const char trend_findings_sql[] =
    "SELECT id, title, oracle, first_night, last_night, first_ns, fixed_ns, days, \"is\", "
    "returned FROM old.found WHERE interface = ?1 ORDER BY rowid";

int trend_finish(struct trend *trend, struct error *error)
{
    static const char *const steps[] = {lives_sql, nights_sql, findings_sql};

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (trend_execute(trend, steps[i], "trend", error) < 0)
            return -1;
    return 0;
}
