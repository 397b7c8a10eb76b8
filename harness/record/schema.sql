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
    found_after_s REAL NOT NULL, -- since the run's start, start-up included
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
    key TEXT NOT NULL,           -- disposition | bucket | note
    value TEXT NOT NULL,
    why TEXT NOT NULL,
    previous TEXT NOT NULL,      -- hash of the entry before it, of the first one the plan's hash
    hash TEXT NOT NULL           -- SHA-256 over all of the above
);
CREATE TRIGGER triage_stays BEFORE UPDATE ON triage
    BEGIN SELECT RAISE(ABORT, 'triage entries are never changed'); END;
CREATE TRIGGER triage_is_kept BEFORE DELETE ON triage
    BEGIN SELECT RAISE(ABORT, 'triage entries are never deleted'); END;
CREATE VIEW finding_now AS       -- findings with what was said of them last
    SELECT f.*,
        coalesce((SELECT value FROM triage t WHERE t.finding = f.id AND t.key = 'bucket'
                  ORDER BY seq DESC LIMIT 1), f.bucket) AS bucket_now,
        coalesce((SELECT value FROM triage t WHERE t.finding = f.id AND t.key = 'disposition'
                  ORDER BY seq DESC LIMIT 1), 'open') AS disposition
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
    reason TEXT NOT NULL,        -- fault | hang | confirm | epoch
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
