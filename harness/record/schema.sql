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
    closed INTEGER NOT NULL DEFAULT 0,
    at_ns INTEGER NOT NULL DEFAULT 0 -- when its first case was next; 0: not known
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

CREATE TABLE finding_message (   -- the messages of the minimised reproducer, as they are sent
    finding TEXT NOT NULL REFERENCES finding(id),
    place INTEGER NOT NULL,      -- 1, 2, 3 …
    message TEXT NOT NULL,
    changed INTEGER NOT NULL,    -- by the case; 0: valid
    delivery TEXT NOT NULL,      -- how it is sent, '' as a whole
    bytes TEXT NOT NULL,         -- hexadecimal
    decoded TEXT NOT NULL,       -- by the model; '': it cannot read it at all
    wrong TEXT NOT NULL,         -- what is wrong in it, a line each
    PRIMARY KEY (finding, place)
) WITHOUT ROWID;

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

CREATE TABLE clause (            -- of the frameworks, as they were when the criteria were judged
    id INTEGER PRIMARY KEY,      -- their order
    framework TEXT NOT NULL,     -- its name
    clause TEXT NOT NULL,
    paraphrase TEXT NOT NULL,
    edition TEXT NOT NULL,
    verification TEXT NOT NULL,  -- V: primary text read; S: secondary source only
    verified_on TEXT NOT NULL,
    pack TEXT NOT NULL,          -- device | procurement: says something of the supplier only
    readers TEXT NOT NULL,       -- ' fda ', ' mdr ', …: whose presentation shows it; '': all
    records TEXT NOT NULL        -- tables that support it, '' none
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

-- What the work is for: read from the files that an assessment names (criteria/README.md). A text that
-- is '' is not stated. `origin` is file and line.

CREATE TABLE hazard (            -- after ISO 14971
    id TEXT PRIMARY KEY,
    hazard TEXT NOT NULL,
    sequence TEXT NOT NULL,      -- of events that leads to the situation
    situation TEXT NOT NULL,
    harm TEXT NOT NULL,
    severity TEXT NOT NULL,      -- in the words of the manufacturer's risk management
    probability TEXT NOT NULL,
    control TEXT NOT NULL,       -- how the risk is controlled
    residual TEXT NOT NULL,      -- risk that remains
    origin TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE threat (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    type TEXT NOT NULL,          -- 'Tampering'
    severity TEXT NOT NULL,
    status TEXT NOT NULL,        -- Open | Mitigated | NotApplicable, as the threat model says
    element TEXT NOT NULL,       -- of the data flow diagram
    description TEXT NOT NULL,
    mitigation TEXT NOT NULL,
    excluded TEXT NOT NULL,      -- why nothing has to answer it; '': something has to
    origin TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE requirement (       -- and controls: what is required of the device, and what tests it
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,          -- control | requirement
    title TEXT NOT NULL,
    interface TEXT NOT NULL,     -- of the inventory; '': any
    origin TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE requirement_case (  -- which cases test it
    requirement TEXT NOT NULL,
    pattern TEXT NOT NULL,       -- MESSAGE/PATH with *, as it is written
    glob TEXT NOT NULL,          -- the same for GLOB
    PRIMARY KEY (requirement, pattern)
) WITHOUT ROWID;

CREATE TABLE trace_link (        -- threat to control, requirement or hazard; control to requirement
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    PRIMARY KEY (source, target)
) WITHOUT ROWID;

CREATE TABLE component (         -- of the device's SBOM
    ref TEXT PRIMARY KEY,        -- bom-ref, SPDXID
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    type TEXT NOT NULL,
    supplier TEXT NOT NULL,
    purl TEXT NOT NULL,
    cpe TEXT NOT NULL,
    end_of_support TEXT NOT NULL, -- a date
    origin TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE component_place (   -- which component a place in the device belongs to: the first that fits
    id INTEGER PRIMARY KEY,
    component TEXT NOT NULL,     -- ref
    kind TEXT NOT NULL,          -- function | file | object
    glob TEXT NOT NULL
);
CREATE TABLE finding_place (     -- where a finding of an assessment's run failed, as far as that is known
    folder TEXT NOT NULL,
    finding TEXT NOT NULL,
    kind TEXT NOT NULL,          -- as in component_place
    name TEXT NOT NULL,
    PRIMARY KEY (folder, finding, kind, name)
) WITHOUT ROWID;

CREATE VIEW streamless AS        -- what cases of no stream are called instead of by a message
    SELECT CASE WHEN EXISTS (SELECT 1 FROM run WHERE key = 'engine' AND value = 'guided')
                THEN 'guided' ELSE 'stacked' END AS streamless;
CREATE VIEW path_sent AS         -- cases sent by message and field
    SELECT message, path, sum(sent) AS sent FROM stream_sent GROUP BY message, path HAVING sum(sent) > 0
    UNION ALL
    SELECT streamless, '', count(DISTINCT number) FROM cases, streamless
     WHERE stream IS NULL AND verdict IN ('pass', 'suspect', 'finding') HAVING count(*) > 0;
CREATE VIEW finding_path AS      -- messages and fields whose cases hit a finding
    SELECT DISTINCT u.finding, coalesce(s.message, (SELECT streamless FROM streamless)) AS message,
           coalesce(s.path, '') AS path
      FROM suspicion u JOIN cases c ON c.number = u.number AND c.attempt = u.attempt
      LEFT JOIN stream s ON s.id = c.stream WHERE u.finding IS NOT NULL;
CREATE TABLE assessed_path AS SELECT 'folder' AS folder, * FROM path_sent WHERE 0;
CREATE TABLE assessed_finding_path AS SELECT 'folder' AS folder, * FROM finding_path WHERE 0;

CREATE VIEW requirement_sent AS  -- cases sent for a requirement, by interface, over all runs
    SELECT q.id AS requirement, r.interface, sum(p.sent) AS sent
      FROM requirement q
      JOIN (SELECT 'this run' AS folder, * FROM path_sent UNION ALL SELECT * FROM assessed_path) p
      JOIN runs r ON r.folder = p.folder AND q.interface IN ('', r.interface)
     WHERE EXISTS (SELECT 1 FROM requirement_case c WHERE c.requirement = q.id
                      AND p.message || '/' || p.path GLOB c.glob)
     GROUP BY q.id, r.interface;
CREATE VIEW requirement_finding AS -- findings that cases of a requirement hit
    SELECT DISTINCT q.id AS requirement, r.interface, p.folder, p.finding
      FROM requirement q
      JOIN (SELECT 'this run' AS folder, * FROM finding_path
            UNION ALL SELECT * FROM assessed_finding_path) p
      JOIN runs r ON r.folder = p.folder AND q.interface IN ('', r.interface)
     WHERE EXISTS (SELECT 1 FROM requirement_case c WHERE c.requirement = q.id
                      AND p.message || '/' || p.path GLOB c.glob);

CREATE VIEW component_word AS    -- what names a component: its reference, name@version, or name, if only one
    SELECT word, max(ref) AS ref FROM (            -- has it
        SELECT ref AS word, ref FROM component
        UNION SELECT name || '@' || version, ref FROM component
        UNION SELECT name, ref FROM component)
     GROUP BY word HAVING count(*) = 1;
CREATE VIEW finding_component AS -- by what people say, else by the map
    SELECT f.folder, f.id AS finding, f.component AS said,
           CASE WHEN f.component IS NOT NULL THEN w.ref ELSE
               (SELECT m.component FROM component_place m JOIN finding_place p
                    ON p.folder = f.folder AND p.finding = f.id AND p.kind = m.kind
                    AND p.name GLOB m.glob ORDER BY m.id LIMIT 1) END AS ref,
           CASE WHEN f.component IS NOT NULL THEN 'triage' ELSE 'map' END AS by
      FROM findings f LEFT JOIN component_word w ON w.word = f.component;

CREATE VIEW trace_component AS   -- the SBOM, with how many findings are in each; '' is not stated
    SELECT c.ref, c.name, c.version, c.supplier, c.end_of_support,
           (SELECT count(*) FROM finding_component f WHERE f.ref = c.ref) AS findings
      FROM component c;

CREATE VIEW trace_retest AS      -- the last replay of a finding on another build
    SELECT f.folder, f.id AS finding, t.device, t.replays, t.failures, max(t.at_ns) AS at_ns
      FROM findings f JOIN runs r ON r.folder = f.folder
      JOIN retests t ON t.plan_hash = r.plan_hash AND t.finding = f.id AND t.device <> r.device
                    AND f.cause IN (t.cause, f.oracle || ': ' || t.cause)
     GROUP BY f.folder, f.id;

CREATE VIEW trace_answer AS      -- which requirement answers a threat, by which control; NULL: none
    SELECT t.id AS threat, NULL AS control, q.id AS requirement
      FROM threat t JOIN trace_link l ON l.source = t.id
      JOIN requirement q ON q.id = l.target AND q.kind = 'requirement'
    UNION
    SELECT t.id, c.id, q.id
      FROM threat t JOIN trace_link l ON l.source = t.id
      JOIN requirement c ON c.id = l.target AND c.kind = 'control'
      LEFT JOIN (SELECT m.source, q.id FROM trace_link m
                   JOIN requirement q ON q.id = m.target AND q.kind = 'requirement') q
          ON q.source = c.id;
CREATE VIEW trace_chain AS       -- the same with what stands alone
    SELECT t.id AS threat, a.control, a.requirement
      FROM threat t LEFT JOIN trace_answer a ON a.threat = t.id
    UNION ALL
    SELECT NULL, c.id, q.id FROM requirement c
      LEFT JOIN (SELECT m.source, q.id FROM trace_link m
                   JOIN requirement q ON q.id = m.target AND q.kind = 'requirement') q
          ON q.source = c.id
     WHERE c.kind = 'control' AND c.id NOT IN (SELECT control FROM trace_answer
                                                WHERE control IS NOT NULL)
    UNION ALL
    SELECT NULL, NULL, id FROM requirement q
     WHERE kind = 'requirement' AND NOT EXISTS (SELECT 1 FROM trace_link WHERE target = q.id);

CREATE VIEW trace_matrix AS      -- one row a chain from threat to retest; NULL: there is none
    WITH sent AS MATERIALIZED (SELECT * FROM requirement_sent),
         hit AS MATERIALIZED (SELECT * FROM requirement_finding),
         tested AS MATERIALIZED (
             SELECT c.*, coalesce(s.interface, nullif(q.interface, '')) AS interface, s.sent
               FROM trace_chain c LEFT JOIN requirement q ON q.id = c.requirement
               LEFT JOIN sent s ON s.requirement = c.requirement),
         found AS MATERIALIZED (
             SELECT t.*, h.folder, h.finding, f.hazard
               FROM tested t JOIN hit h ON h.requirement = t.requirement
                                       AND h.interface IS t.interface
               JOIN findings f ON f.folder = h.folder AND f.id = h.finding),
         chain AS (
             SELECT * FROM found
             UNION ALL           -- what a threat leads to, and no finding of its chain does
             SELECT t.*, NULL, NULL, l.hazard FROM tested t
               LEFT JOIN (SELECT l.source, h.id AS hazard FROM trace_link l
                            JOIN hazard h ON h.id = l.target) l ON l.source = t.threat
              WHERE NOT EXISTS (SELECT 1 FROM found f WHERE f.threat IS t.threat
                                   AND f.control IS t.control AND f.requirement IS t.requirement
                                   AND f.interface IS t.interface
                                   AND (f.hazard IS l.hazard OR l.hazard IS NULL))
             UNION ALL           -- findings of no requirement
             SELECT NULL, NULL, NULL, r.interface, NULL, f.folder, f.id, f.hazard
               FROM findings f JOIN runs r ON r.folder = f.folder
              WHERE NOT EXISTS (SELECT 1 FROM hit h WHERE h.folder = f.folder
                                   AND h.finding = f.id)
             UNION ALL           -- hazards of no threat and no finding
             SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, h.id FROM hazard h
              WHERE NOT EXISTS (SELECT 1 FROM trace_link l JOIN threat t ON t.id = l.source
                                 WHERE l.target = h.id)
                AND NOT EXISTS (SELECT 1 FROM findings f WHERE f.hazard = h.id))
    SELECT c.threat, t.title AS threat_title, c.control, k.title AS control_title,
           c.requirement, q.title AS requirement_title, c.interface,
           (SELECT group_concat(pattern, ' ') FROM requirement_case p
             WHERE p.requirement = c.requirement) AS cases,
           c.sent, c.folder AS run, c.finding, f.title AS finding_title,
           CASE WHEN c.finding IS NOT NULL THEN c.folder || ' ' || c.finding
                WHEN c.requirement IS NULL AND t.excluded <> ''
                THEN 'does not apply: ' || t.excluded
                WHEN c.requirement IS NULL THEN NULL
                WHEN c.sent IS NULL THEN 'not tested'
                WHEN EXISTS (SELECT 1 FROM found u JOIN findings w ON w.folder = u.folder
                                AND w.id = u.finding WHERE u.requirement = c.requirement
                                AND u.interface IS c.interface AND u.hazard IS NULL
                                AND w.disposition NOT IN ('false-positive', 'duplicate'))
                THEN 'not known: a finding names no hazard'
                WHEN EXISTS (SELECT 1 FROM hit h WHERE h.requirement = c.requirement
                                AND h.interface IS c.interface) THEN 'none of this hazard'
                ELSE 'none found' END AS found,
           coalesce(m.ref, m.said) AS component, o.name AS component_name,
           o.version AS component_version, o.end_of_support,
           CASE WHEN coalesce(m.ref, m.said) IS NOT NULL THEN m.by END AS component_by,
           c.hazard, h.hazard AS hazard_title,
           CASE WHEN c.finding IS NULL THEN h.harm ELSE f.harm END AS harm,
           CASE WHEN c.finding IS NULL THEN h.severity ELSE f.severity END AS severity,
           f.disposition, f.approved_by AS approver,
           date(f.approved_ns / 1000000000, 'unixepoch') AS date,
           CASE WHEN c.finding IS NULL THEN NULL
                WHEN r.at_ns IS NULL THEN 'none'
                WHEN r.failures > 0 THEN printf('still fails (%d of %d)', r.failures, r.replays)
                WHEN r.replays = 0 THEN 'not replayed'
                ELSE printf('passes (%d of %d)', r.replays, r.replays) END AS retest
      FROM chain c LEFT JOIN threat t ON t.id = c.threat
      LEFT JOIN requirement k ON k.id = c.control
      LEFT JOIN requirement q ON q.id = c.requirement
      LEFT JOIN findings f ON f.folder = c.folder AND f.id = c.finding
      LEFT JOIN finding_component m ON m.folder = c.folder AND m.finding = c.finding
      LEFT JOIN component o ON o.ref = m.ref
      LEFT JOIN hazard h ON h.id = c.hazard
      LEFT JOIN trace_retest r ON r.folder = c.folder AND r.finding = c.finding
     ORDER BY c.threat IS NULL, c.threat, c.control, c.requirement IS NULL, c.requirement,
              c.interface, c.folder, c.finding, c.hazard;

CREATE VIEW trace_orphan AS      -- what leads nowhere, or comes from nowhere
    SELECT 'threat' AS kind, id AS item, 'has no control and no requirement' AS lacks FROM threat t
     WHERE excluded = '' AND NOT EXISTS (SELECT 1 FROM trace_answer a WHERE a.threat = t.id)
    UNION ALL
    SELECT 'threat', id, 'leads to no hazard' FROM threat t WHERE excluded = ''
       AND NOT EXISTS (SELECT 1 FROM trace_link l JOIN hazard h ON h.id = l.target
                        WHERE l.source = t.id)
    UNION ALL
    SELECT 'control', id, 'has no requirement' FROM requirement c WHERE kind = 'control'
       AND NOT EXISTS (SELECT 1 FROM trace_link l JOIN requirement q ON q.id = l.target
                        WHERE l.source = c.id AND q.kind = 'requirement')
    UNION ALL
    SELECT kind, id, 'answers no threat' FROM requirement q
     WHERE NOT EXISTS (SELECT 1 FROM trace_link l WHERE l.target = q.id)
    UNION ALL
    SELECT 'requirement', id, 'has no case that was sent' FROM requirement q
     WHERE kind = 'requirement' AND id NOT IN (SELECT requirement FROM requirement_sent)
    UNION ALL
    SELECT 'hazard', id, 'comes from no threat' FROM hazard h
     WHERE NOT EXISTS (SELECT 1 FROM trace_link l JOIN threat t ON t.id = l.source
                        WHERE l.target = h.id)
    UNION ALL
    SELECT DISTINCT 'case', coalesce(r.interface || ' ', '') || p.message,
           'is sent for no requirement'
      FROM (SELECT 'this run' AS folder, * FROM path_sent UNION ALL SELECT * FROM assessed_path) p
      JOIN runs r ON r.folder = p.folder
     WHERE NOT EXISTS (SELECT 1 FROM requirement_case c JOIN requirement q ON q.id = c.requirement
                        WHERE q.interface IN ('', r.interface)
                          AND p.message || '/' || p.path GLOB c.glob)
    UNION ALL
    SELECT 'finding', folder || ' ' || id, 'belongs to no requirement' FROM findings f
     WHERE disposition NOT IN ('false-positive', 'duplicate')
       AND NOT EXISTS (SELECT 1 FROM requirement_finding q WHERE q.folder = f.folder
                          AND q.finding = f.id)
    UNION ALL
    SELECT 'finding', folder || ' ' || id, 'names no known hazard' FROM findings f
     WHERE disposition NOT IN ('false-positive', 'duplicate')
       AND NOT EXISTS (SELECT 1 FROM hazard h WHERE h.id = f.hazard)
    UNION ALL
    SELECT 'finding', folder || ' ' || id, 'has no known component' FROM findings f
     WHERE disposition NOT IN ('false-positive', 'duplicate')
       AND NOT EXISTS (SELECT 1 FROM finding_component c WHERE c.folder = f.folder
                          AND c.finding = f.id AND c.ref IS NOT NULL);
