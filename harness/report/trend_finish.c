/* What the lives of all findings come to, night by night. */
#include "report/history_parts.h"
#include "report/trend_parts.h"

/* How things stood before the next night began: replays come behind a run's end, and
 * people by day. A word of people holds until the next, whatever is seen. */
static const char nights_sql[] =
    "CREATE TABLE old.word AS SELECT finding, at_ns, substr(what, 6) AS said, lead(at_ns) "
    "  OVER (PARTITION BY finding ORDER BY at_ns, rowid) AS until_ns FROM old.event WHERE "
    "  what LIKE 'said %';"
    "CREATE INDEX old.word_finding ON word(finding);"
    "CREATE TABLE old.shown AS WITH ends AS (SELECT name, max(until_ns, "
    "  coalesce(lead(started_ns) OVER (PARTITION BY interface ORDER BY started_ns, name) - "
    "  1, 9223372036854775807)) AS until_ns FROM old.night JOIN old.measured ON night = "
    "  name),"
    " n AS (SELECT o.*, e.until_ns AS until_ns, coalesce(lag(e.until_ns) OVER (PARTITION BY "
    "  o.interface ORDER BY o.started_ns, o.name), 0) AS before_ns FROM old.night o JOIN "
    "  ends e USING (name)),"
    " standing AS (SELECT n.name AS night, "
    "  EXISTS (SELECT 1 FROM old.turn t WHERE t.finding = k.born AND t.became = 'fixed' AND "
    "    t.at_ns <= n.until_ns AND (t.until_ns IS NULL OR t.until_ns > n.until_ns)) AS fixed,"
    "  EXISTS (SELECT 1 FROM old.turn t WHERE t.finding = k.born AND t.became = 'fixed' AND "
    "    t.at_ns <= n.before_ns AND (t.until_ns IS NULL OR t.until_ns > n.before_ns)) AS "
    "    was_fixed,"
    "  EXISTS (SELECT 1 FROM old.word w WHERE w.finding = k.born AND w.said IN "
    "    ('false-positive', 'duplicate') AND w.at_ns <= n.until_ns AND (w.until_ns IS NULL "
    "    OR w.until_ns > n.until_ns)) AS closed "
    "  FROM n JOIN old.known k ON k.interface = n.interface AND k.first_ns <= n.until_ns) "
    "SELECT n.interface, n.name, n.started_ns AS at_ns, substr(n.build, 1, 8) AS build, "
    "  m.cases, m.states, m.planned, m.edges, m.rate, m.half_ms, m.most_ms, n.reason, "
    "  m.verdict, "
    "  (SELECT count(*) FROM old.turn t WHERE t.night = n.name AND t.became = 'new') AS new, "
    "  (SELECT count(DISTINCT t.finding) FROM old.turn t WHERE t.night = n.name AND t.became "
    "    = 'returned') AS returned, "
    "  coalesce(sum(s.fixed AND NOT s.was_fixed), 0) AS fixed, "
    "  coalesce(sum(NOT s.fixed AND NOT s.closed), 0) AS open "
    "FROM n JOIN old.measured m ON m.night = n.name LEFT JOIN standing s ON s.night = n.name "
    "GROUP BY n.name ORDER BY n.interface, n.started_ns, n.name;";

/* At the end of all. */
static const char findings_sql[] =
    "CREATE TABLE old.found AS WITH last AS (SELECT interface, max(until_ns) AS ns FROM "
    "  old.night JOIN old.measured ON night = name GROUP BY interface) "
    "SELECT k.interface, k.born AS id, k.title, k.oracle, k.first_night, k.last_night, "
    "  k.first_ns, iif(k.held = '', NULL, k.fixed_ns) AS fixed_ns, "
    "  (iif(k.held = '', last.ns, k.fixed_ns) - k.first_ns) / 86400e9 AS days, "
    "  k.disposition AS \"is\", (SELECT count(*) FROM old.turn t WHERE t.finding = k.born "
    "  AND t.became = 'returned') AS returned "
    "FROM old.known k JOIN last USING (interface) ORDER BY k.interface, k.first_ns, k.born;";

const char trend_interfaces_sql[] =
    "SELECT interface AS name, min(model) AS model, count(*) AS nights FROM old.night JOIN "
    "old.measured ON night = old.night.name GROUP BY interface ORDER BY interface";
const char trend_nights_sql[] =
    "SELECT name, at_ns, build, cases, states, planned, edges, rate, half_ms, most_ms, "
    "reason, verdict, new, returned, fixed, open FROM old.shown WHERE interface = ?1 ORDER "
    "BY rowid";
const char trend_findings_sql[] =
    "SELECT id, title, oracle, first_night, last_night, first_ns, fixed_ns, days, \"is\", "
    "returned FROM old.found WHERE interface = ?1 ORDER BY rowid";

int trend_finish(struct trend *trend, struct error *error)
{
    return history_execute(&trend->history, nights_sql, "trend", error) < 0 ||
                   history_execute(&trend->history, findings_sql, "trend", error) < 0
               ? -1
               : 0;
}
