-- The store of one run: campaign.db. Times are nanoseconds since 1970 unless a name says otherwise.
-- Criteria query these tables; keep names stable, add rather than change.

CREATE TABLE run (               -- facts of the run, one a row: tool_version, plan_hash,
    key TEXT PRIMARY KEY,        -- campaign_name, campaign_hash, model_hash, session_hash, seed,
    value TEXT NOT NULL          -- engine, device, link, link_carries, alpha, authorised_by, scope, …
) WITHOUT ROWID;

CREATE TABLE sitting (           -- one process that worked on the run: `run`, then each `--resume`
    id INTEGER PRIMARY KEY,
    started_ns INTEGER NOT NULL,
    ended_ns INTEGER,            -- NULL: it was killed
    reason TEXT                  -- exhausted | cases | time | criteria | stopped | device-lost |
                                 -- failed
);

CREATE TABLE epoch (             -- cases between two verified resets
    id INTEGER PRIMARY KEY,
    sitting INTEGER NOT NULL REFERENCES sitting(id),
    first_case INTEGER NOT NULL,
    last_case INTEGER,           -- NULL while open
    repeats INTEGER REFERENCES epoch(id), -- the interrupted epoch whose cases this one repeats
    reset TEXT NOT NULL,         -- none | warm | restart
    recovery_us INTEGER NOT NULL,-- from the reset to the canary's right answer
    closed INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE stream (            -- one message x field x anomaly of the plan
    id INTEGER PRIMARY KEY,
    state TEXT NOT NULL,
    message TEXT NOT NULL,
    path TEXT NOT NULL,          -- field path inside the message, '' for the whole message
    anomaly TEXT NOT NULL,
    field TEXT NOT NULL,         -- 'type.field' in the model, '' for the whole message
    planned INTEGER NOT NULL     -- how many cases it has
);

CREATE TABLE cases (
    number INTEGER NOT NULL,
    attempt INTEGER NOT NULL,    -- 1, or more when an interrupted epoch was repeated
    epoch INTEGER NOT NULL,
    stream INTEGER,              -- NULL: a stacked random case; of one that was skipped: the
                                 -- stream among its changes for which it was
    step INTEGER NOT NULL,       -- index inside the stream
    expected INTEGER NOT NULL,   -- outcome bits: 1 accept, 2 reject, 4 silence, 8 close
    outcome INTEGER NOT NULL,    -- one of these bits; 0: no answer and no proof of silence
    verdict TEXT NOT NULL,       -- pass | suspect | finding | interrupted | skipped | excluded
    latency_us INTEGER,          -- to the answer; NULL when none is due or none came
    sent_bytes INTEGER NOT NULL,
    received_bytes INTEGER NOT NULL,
    resent INTEGER NOT NULL DEFAULT 0, -- messages and probes that had to be sent a second time
    digest BLOB,                 -- SHA-256 of the canonical record of what was sent
    PRIMARY KEY (number, attempt)
) WITHOUT ROWID;

CREATE TABLE response_class (    -- kinds of answers that the device has shown
    id INTEGER PRIMARY KEY,      -- hash of what follows
    message TEXT NOT NULL,       -- the last message of the case
    outcome INTEGER NOT NULL,    -- as in cases
    shape TEXT NOT NULL,         -- hash of the reply's fields and enumerations, '': no reply
    first_case INTEGER NOT NULL
);

CREATE TABLE valid_check (       -- valid exemplars sent to see that the device still answers them
    id INTEGER PRIMARY KEY,
    after_case INTEGER NOT NULL, -- 0: before the first case
    epoch INTEGER NOT NULL,
    ok INTEGER NOT NULL,
    latency_us INTEGER
);

CREATE TABLE sample (            -- one reading of an invariant
    id INTEGER PRIMARY KEY,
    invariant TEXT NOT NULL,
    after_case INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    expected TEXT NOT NULL,      -- a value, or 'any' after an effect that cannot be computed
    actual TEXT,                 -- NULL: could not be read
    ok INTEGER NOT NULL
);

CREATE TABLE state_sample (      -- one hash over the session's state-reads
    id INTEGER PRIMARY KEY,
    after_case INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    judged INTEGER NOT NULL,     -- since the last one only what must not act was sent
    hash TEXT,                   -- NULL: could not be read
    ok INTEGER NOT NULL
);

CREATE TABLE resource_sample (   -- what the device holds, once it is warm after a reset
    id INTEGER PRIMARY KEY,
    resource TEXT NOT NULL,      -- memory | handles | an id of the session
    after_case INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    at_ns INTEGER NOT NULL,
    value INTEGER NOT NULL,
    unit TEXT NOT NULL           -- KiB | handles | ''
);

CREATE TABLE oracle (
    name TEXT PRIMARY KEY,
    summary TEXT NOT NULL,
    hard INTEGER NOT NULL,
    blind_to TEXT NOT NULL,
    proof TEXT NOT NULL,         -- proven | blind | not-provable
    proof_text TEXT NOT NULL     -- what was done to the device and what the oracle said
);

CREATE TABLE finding (
    id TEXT PRIMARY KEY,         -- F-001
    oracle TEXT NOT NULL REFERENCES oracle(name),
    kind TEXT NOT NULL,          -- crash | reset | hang | conformance | accepted-malformed |
                                 -- invariant | close | console | state | latency |
                                 -- resource | leak   (what failed, for the criteria)
    cause TEXT NOT NULL UNIQUE,  -- deduplication key
    title TEXT NOT NULL,
    detail TEXT NOT NULL,
    clause TEXT NOT NULL,        -- specification clause, '' when none
    grade TEXT NOT NULL,         -- confirmed | intermittent
    first_case INTEGER NOT NULL,
    case_name TEXT NOT NULL,
    hits INTEGER NOT NULL,
    replays INTEGER NOT NULL,    -- replays of the minimised reproducer
    replay_failures INTEGER NOT NULL,
    control_replays INTEGER NOT NULL,
    control_failures INTEGER NOT NULL,
    p_value REAL NOT NULL,       -- Fisher's exact test, one-sided: replays against control
    steps INTEGER NOT NULL,      -- messages in the minimised reproducer
    bytes INTEGER NOT NULL,
    found_after_s REAL NOT NULL, -- since the run's start, start-up included, when it was first seen;
                                 -- confirming and minimising come after
    reproducer TEXT NOT NULL,    -- path inside the run folder
    bucket TEXT NOT NULL,        -- B-01: findings that are one defect, as far as one can tell
    guilty TEXT NOT NULL,        -- what is read wrongly: a type, 'valid TYPE', or 'type.field'
    place TEXT NOT NULL          -- function of the device that failed, '' when not known
);

CREATE TABLE triage (            -- what people said of findings: appended, never changed (record/triage.h)
    seq INTEGER PRIMARY KEY,     -- 1, 2, 3 …
    at_ns INTEGER NOT NULL,
    by TEXT NOT NULL,            -- who
    finding TEXT NOT NULL REFERENCES finding(id),
    key TEXT NOT NULL,           -- triage_keys in record/triage.c
    value TEXT NOT NULL,
    why TEXT NOT NULL,
    previous TEXT NOT NULL,      -- hash of the entry before it, of the first one the plan's hash
    hash TEXT NOT NULL           -- SHA-256 over all of the above
);
CREATE TRIGGER triage_stays BEFORE UPDATE ON triage
    BEGIN SELECT RAISE(ABORT, 'triage entries are never changed'); END;
CREATE TRIGGER triage_is_kept BEFORE DELETE ON triage
    BEGIN SELECT RAISE(ABORT, 'triage entries are never deleted'); END;
CREATE VIEW triage_now AS        -- what was said last, by finding and key
    SELECT finding, key, value, by, at_ns, max(seq) AS seq FROM triage GROUP BY finding, key;
CREATE VIEW finding_now AS       -- findings with what was said of them last; NULL: nothing
    SELECT f.*,
        coalesce((SELECT value FROM triage_now t WHERE t.finding = f.id AND t.key = 'bucket'),
                 f.bucket) AS bucket_now,
        coalesce((SELECT value FROM triage_now t WHERE t.finding = f.id
                     AND t.key = 'disposition'), 'open') AS disposition,
        (SELECT value FROM triage_now t WHERE t.finding = f.id AND t.key = 'harm') AS harm,
        (SELECT value FROM triage_now t WHERE t.finding = f.id AND t.key = 'severity') AS severity,
        (SELECT value FROM triage_now t WHERE t.finding = f.id
            AND t.key = 'multi-patient') AS multi_patient,
        (SELECT value FROM triage_now t WHERE t.finding = f.id AND t.key = 'cvss') AS cvss,
        (SELECT value FROM triage_now t WHERE t.finding = f.id AND t.key = 'cwe') AS cwe,
        (SELECT value FROM triage_now t WHERE t.finding = f.id
            AND t.key = 'root-cause') AS root_cause,
        (SELECT value FROM triage_now t WHERE t.finding = f.id AND t.key = 'hazard') AS hazard,
        (SELECT value FROM triage_now t WHERE t.finding = f.id
            AND t.key = 'component') AS component,
        (SELECT value FROM triage_now t WHERE t.finding = f.id AND t.key = 'release') AS release,
        (SELECT value FROM triage_now t WHERE t.finding = f.id AND t.key = 'due') AS due,
        (SELECT value FROM triage_now t WHERE t.finding = f.id AND t.key = 'interim') AS interim,
        (SELECT by FROM triage_now t WHERE t.finding = f.id
            AND t.key = 'approval') AS approved_by,
        (SELECT at_ns FROM triage_now t WHERE t.finding = f.id
            AND t.key = 'approval') AS approved_ns,
        -- Whether anything that an approval covers was said behind the last one.
        (SELECT max(seq) FROM triage_now t WHERE t.finding = f.id
            AND t.key NOT IN ('approval', 'note', 'bucket'))
            > (SELECT seq FROM triage_now t WHERE t.finding = f.id
                  AND t.key = 'approval') AS changed_since
    FROM finding f;

CREATE TABLE suspicion (         -- every failure an oracle saw, whatever became of it
    id INTEGER PRIMARY KEY,
    number INTEGER NOT NULL,     -- case
    attempt INTEGER NOT NULL,
    oracle TEXT NOT NULL,
    cause TEXT NOT NULL,
    text TEXT NOT NULL,
    result TEXT NOT NULL,        -- finding | duplicate | unconfirmed
    finding TEXT REFERENCES finding(id),
    replays INTEGER NOT NULL,
    replay_failures INTEGER NOT NULL,
    control_replays INTEGER NOT NULL,
    control_failures INTEGER NOT NULL,
    test INTEGER,                -- which measurement of the run: its level is
                                 -- run.alpha / (test * (test + 1)); NULL: none was made
    p_value REAL,                -- Fisher's exact test, one-sided: replays against control
    alpha REAL                   -- what p was held against: this look's share of the level
);

CREATE TABLE skip (              -- streams left out because of what they kept hitting
    stream INTEGER PRIMARY KEY REFERENCES stream(id),
    finding TEXT NOT NULL REFERENCES finding(id),
    scope TEXT NOT NULL,         -- stream | field | message: where its hits were counted
    hits INTEGER NOT NULL,       -- how many there were
    from_case INTEGER NOT NULL   -- left out behind this case
);

CREATE TABLE recovery (          -- each time the device had to be brought back
    id INTEGER PRIMARY KEY,
    after_case INTEGER NOT NULL,
    reason TEXT NOT NULL,        -- fault | hang | confirm | epoch | blind (it could not be observed)
    reset TEXT NOT NULL,
    recovery_us INTEGER,         -- NULL: it did not come back
    state_equal INTEGER          -- configuration as after the first start; NULL: not read
);

CREATE TABLE coverage (          -- what the plan could touch and what was sent
    kind TEXT NOT NULL,          -- state | transition | state-message | message | field | boundary
    name TEXT NOT NULL,          -- 'write_rate/pdu.body.value[max+1]'
    planned INTEGER NOT NULL,    -- cases in the plan that touch it
    sent INTEGER NOT NULL,       -- cases sent that touched it
    why TEXT NOT NULL DEFAULT '', -- sent = 0: why; planned = 0: why no case can touch it
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;

CREATE TABLE corpus (            -- inputs that the guided engine kept: files of the run's corpus/
    hash TEXT PRIMARY KEY,       -- the file's name: first 32 hex digits of its SHA-256
    number INTEGER NOT NULL,     -- case that it was first sent as
    parent TEXT NOT NULL,        -- input that it was made from, '' of a seed
    other TEXT NOT NULL,         -- input that it was crossed with, '' none
    key TEXT NOT NULL,           -- random key of the change, 16 hex digits
    how TEXT NOT NULL,           -- the change: 'integer-insert', or 'seed'
    bytes INTEGER NOT NULL,
    edges INTEGER NOT NULL,      -- what no case had reached before (nothing: what is rare was
                                 -- reached by less): edges of the code,
    counts INTEGER NOT NULL,     -- edges taken in another class of counts,
    replies INTEGER NOT NULL     -- kinds of replies to a message in a state
) WITHOUT ROWID;

CREATE TABLE growth (            -- how far a guided sitting had come behind a case
    sitting INTEGER NOT NULL REFERENCES sitting(id),
    after_case INTEGER NOT NULL,
    at_ns INTEGER NOT NULL,
    edges INTEGER,               -- taken by cases of the sitting; NULL: the device shows no coverage
    blocks INTEGER,              -- run by the device since the sitting began, start-up included
    features INTEGER NOT NULL,   -- all that the corpus is chosen by
    corpus INTEGER NOT NULL,     -- inputs
    PRIMARY KEY (sitting, after_case)
) WITHOUT ROWID;

CREATE TABLE block (             -- code that the device ran, from its start on, where it shows that; of
    address INTEGER PRIMARY KEY, -- the image that run.image and run.image_sha256 name. Written at the
    length INTEGER NOT NULL,     -- end of a sitting. Bytes
    executions INTEGER NOT NULL  -- 1 where breakpoints show no more than that it ran
) WITHOUT ROWID;

CREATE TABLE excluded (          -- what the safety gate kept off the wire, and what the link
                                 -- cannot carry: too-long, not-carried-parity …
    rule TEXT PRIMARY KEY,
    rationale TEXT NOT NULL,
    cases INTEGER NOT NULL
);

CREATE TABLE digest (            -- SHA-256 over the canonical records of a block of cases
    block INTEGER PRIMARY KEY,   -- case number / 1024
    cases INTEGER NOT NULL,
    sha256 TEXT NOT NULL
);

CREATE TABLE capture (
    file TEXT PRIMARY KEY,
    kind TEXT NOT NULL,          -- send-log | independent
    packets INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    dropped INTEGER NOT NULL,    -- by the kernel (independent) or by the keep rule (send-log)
    note TEXT NOT NULL           -- why there is none, what was not kept
);

CREATE TABLE capture_check (     -- independent capture against the send log
    connection TEXT PRIMARY KEY,
    sent_equal INTEGER NOT NULL,
    received_equal INTEGER NOT NULL,
    note TEXT NOT NULL
);

CREATE TABLE criterion (         -- results, written when the run ends
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    phase TEXT NOT NULL,
    verdict TEXT NOT NULL,       -- pass | fail | inconclusive | not applicable
    measured REAL,
    limit_value REAL,
    unit TEXT NOT NULL,
    rationale TEXT NOT NULL,     -- of an overridden limit or of not applicable
    sentence TEXT NOT NULL,
    explanation TEXT NOT NULL    -- why this verdict, with the figures
);

-- What is known beyond one run. A run's own store holds of it `retest` and `load_test`; the store of an
-- assessment (harness/criteria/README.md) holds no cases, and of its runs what stands here.

CREATE TABLE retest (            -- findings of other builds, replayed on this run's device
    id INTEGER PRIMARY KEY,
    at_ns INTEGER NOT NULL,
    plan_hash TEXT NOT NULL,     -- the plan of the run that found it
    finding TEXT NOT NULL,       -- its id there
    cause TEXT NOT NULL,
    device TEXT NOT NULL,        -- what it was replayed on, as in run.device
    replays INTEGER NOT NULL,
    failures INTEGER NOT NULL    -- as the finding says, or otherwise
);

CREATE VIEW this_run AS          -- a run in one row; none in the store of an assessment
    WITH fact AS (SELECT key, value FROM run),
         latest AS (SELECT number, verdict, outcome, max(attempt) FROM cases GROUP BY number),
         sent AS (SELECT number FROM latest WHERE verdict IN ('pass', 'suspect', 'finding')),
         total AS MATERIALIZED (
                   SELECT coalesce(sum(verdict IN ('pass', 'suspect', 'finding')), 0) AS sent,
                          coalesce(sum(verdict IN ('pass', 'suspect', 'finding')
                                       AND outcome <> 0), 0) AS acknowledged,
                          coalesce(sum(verdict IN ('pass', 'suspect', 'finding', 'excluded')
                              AND number <= (SELECT CAST(value AS INTEGER) FROM fact
                                              WHERE key = 'plan_cases')), 0) AS enumerated
                     FROM latest)
    SELECT (SELECT value FROM fact WHERE key = 'campaign_name') AS campaign,
           (SELECT value FROM fact WHERE key = 'interface') AS interface,
           (SELECT value FROM fact WHERE key = 'model_id') AS protocol,
           (SELECT value FROM fact WHERE key = 'plan_hash') AS plan_hash,
           (SELECT value FROM fact WHERE key = 'tool_version') AS tool_version,
           (SELECT value FROM fact WHERE key = 'host') AS host,
           (SELECT value FROM fact WHERE key = 'device') AS device,
           -- Of the program or image that was tested; NULL: not known.
           (SELECT CASE WHEN substr(value, -71, 7) = 'sha256 ' AND substr(value, -64) NOT GLOB
                             '*[^0-9a-f]*' THEN substr(value, -64) END
              FROM fact WHERE key = 'device') AS image,
           (SELECT CAST(value AS INTEGER) FROM fact WHERE key = 'started_ns') AS started_ns,
           (SELECT CAST(value AS REAL) FROM fact WHERE key = 'active_seconds') AS active_seconds,
           (SELECT CAST(value AS INTEGER) FROM fact WHERE key = 'plan_cases') AS plan_cases,
           total.sent, total.acknowledged, total.enumerated,
           (SELECT count(*) FROM response_class) AS classes,
           -- Kinds of responses that first came in the last fifth of what was sent.
           (SELECT count(*) FROM response_class
             WHERE first_case >= (SELECT number FROM sent ORDER BY number
                                   LIMIT 1 OFFSET (SELECT sent * 8 / 10 FROM total)))
               AS late_classes,
           (SELECT count(*) FROM criterion WHERE phase = 'run' AND verdict = 'fail') AS failed
      FROM total WHERE EXISTS (SELECT 1 FROM fact WHERE key = 'plan_hash');

CREATE VIEW stream_sent AS       -- streams with how many of their cases were sent
    SELECT s.state, s.message, s.path, s.anomaly, coalesce(c.sent, 0) AS sent
      FROM stream s LEFT JOIN (SELECT stream, count(DISTINCT number) AS sent FROM cases
                                WHERE verdict IN ('pass', 'suspect', 'finding')
                                GROUP BY stream) c ON c.stream = s.id;

CREATE TABLE assessment_fact (   -- what assessment.yaml declares: title, device, version,
    key TEXT PRIMARY KEY,        -- tester, independence, validation_version, …
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE assessed_interface (
    name TEXT PRIMARY KEY,
    protocol TEXT NOT NULL,
    excluded TEXT NOT NULL       -- the rationale of not testing it; '': it is to be tested
);

CREATE TABLE release_image (     -- what was released, and what was tested in its place
    sha256 TEXT PRIMARY KEY,
    bridge TEXT NOT NULL,        -- why results on this one hold for the release; '': it is it
    by TEXT NOT NULL,            -- who says so, and when
    date TEXT NOT NULL
);

CREATE TABLE assessed_run AS SELECT 'folder' AS folder, 'test' AS role, 'version' AS version,
                                    * FROM this_run WHERE 0;
CREATE TABLE assessed_finding AS SELECT 'folder' AS folder, * FROM finding_now WHERE 0;
CREATE TABLE assessed_retest AS SELECT 'folder' AS folder, * FROM retest WHERE 0;
CREATE TABLE assessed_stream AS SELECT 'folder' AS folder, * FROM stream_sent WHERE 0;

CREATE VIEW runs AS              -- the runs of the assessment, or this one
    SELECT 'this run' AS folder, 'test' AS role, NULL AS version, * FROM this_run
    UNION ALL SELECT * FROM assessed_run;
CREATE VIEW findings AS
    SELECT 'this run' AS folder, * FROM finding_now UNION ALL SELECT * FROM assessed_finding;

CREATE VIEW retests AS
    SELECT 'this run' AS folder, * FROM retest UNION ALL SELECT * FROM assessed_retest;
CREATE VIEW streams AS
    SELECT 'this run' AS folder, * FROM stream_sent UNION ALL SELECT * FROM assessed_stream;

CREATE TABLE load_test (         -- by percuss load, or by another tool that an assessment names
    id INTEGER PRIMARY KEY,
    interface TEXT NOT NULL,
    percent REAL NOT NULL,       -- of the declared maximum rate
    minutes REAL NOT NULL,
    held INTEGER NOT NULL,       -- essential performance did
    tool TEXT NOT NULL,
    record TEXT NOT NULL,        -- what was sent and looked at, or file and SHA-256
    by TEXT NOT NULL,
    date TEXT NOT NULL
);

CREATE TABLE tool_validation (   -- of percuss, by version and machine
    version TEXT NOT NULL,
    host TEXT NOT NULL,          -- as run.host
    record TEXT NOT NULL,        -- file and SHA-256
    by TEXT NOT NULL,            -- who approved it, and when
    date TEXT NOT NULL,
    PRIMARY KEY (version, host)
) WITHOUT ROWID;

CREATE TABLE trace_item (        -- what the work is for
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,          -- threat | requirement | hazard | component
    title TEXT NOT NULL,
    cases TEXT NOT NULL          -- of a requirement: which cases test it: MESSAGE/PATH, with *
);
CREATE TABLE trace_link (        -- threat to requirement or hazard; requirement to requirement
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    PRIMARY KEY (source, target)
) WITHOUT ROWID;
CREATE VIEW trace_orphan AS      -- what leads nowhere, or comes from nowhere
    SELECT id AS item, 'has no requirement' AS lacks FROM trace_item t WHERE kind = 'threat'
       AND NOT EXISTS (SELECT 1 FROM trace_link l JOIN trace_item r ON r.id = l.target
                        WHERE l.source = t.id AND r.kind = 'requirement')
    UNION ALL
    SELECT id, 'leads to no hazard' FROM trace_item t WHERE kind = 'threat'
       AND NOT EXISTS (SELECT 1 FROM trace_link l JOIN trace_item h ON h.id = l.target
                        WHERE l.source = t.id AND h.kind = 'hazard')
    UNION ALL
    SELECT id, 'has no case that was sent' FROM trace_item t WHERE kind = 'requirement'
       AND NOT EXISTS (SELECT 1 FROM streams s WHERE s.sent > 0
                          AND s.message || '/' || s.path GLOB t.cases)
    UNION ALL
    SELECT id, 'comes from no threat' FROM trace_item t WHERE kind = 'hazard'
       AND NOT EXISTS (SELECT 1 FROM trace_link l JOIN trace_item s ON s.id = l.source
                        WHERE l.target = t.id AND s.kind = 'threat')
    UNION ALL
    SELECT folder || ' ' || id, 'names no known hazard' FROM findings f
     WHERE disposition NOT IN ('false-positive', 'duplicate')
       AND NOT EXISTS (SELECT 1 FROM trace_item h WHERE h.id = f.hazard AND h.kind = 'hazard')
    UNION ALL
    SELECT folder || ' ' || id, 'names no known component' FROM findings f
     WHERE disposition NOT IN ('false-positive', 'duplicate')
       AND NOT EXISTS (SELECT 1 FROM trace_item c WHERE c.id = f.component
                          AND c.kind = 'component');
