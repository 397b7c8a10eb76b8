-- A healthy run: 250 cases, a valid check at most 100 apart, two invariants, one recovery, both
-- captures, and two hours of what the device holds. Each golden file changes something in it.
INSERT INTO run VALUES
    ('plan_hash', 'p1'), ('interface', 'service'), ('model_id', 'modbus'),
    ('tool_version', '0.1.0'), ('host', 'Linux 6 x86_64'), ('criteria_hash', 'c1'),
    ('started_ns', '1000000000000'),
    ('device', 'process /pump, program sha256 '
        || 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'),
    ('invariants', '2'), ('state_reads', '1'), ('resources', '2'),
    ('baseline_p99_us', '900'), ('baseline_exchanges', '40'),
    ('answer_limit_us', '500000'), ('answer_specified_us', '500000');
INSERT INTO oracle VALUES
    ('alive', 's', 0, 'b', 'proven', 't'),
    ('resources', 's', 0, 'b', 'proven', 't');
INSERT INTO sitting VALUES (1, 0, 10000000000, 'exhausted');
INSERT INTO epoch VALUES
    (1, 1, 1, 150, NULL, 'restart', 2000000, 1, 0),
    (2, 1, 151, 250, NULL, 'warm', 1500000, 1, 5000000000);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250)
    INSERT INTO cases(number, attempt, epoch, stream, step, expected, outcome, verdict, latency_us,
                      sent_bytes, received_bytes)
    SELECT i, 1, 1 + (i > 150), NULL, 0, 1 + i % 2, 1 + i % 2, 'pass', 900, 8, 8 FROM n;
INSERT INTO valid_check(after_case, epoch, ok) VALUES
    (0, 1, 1), (100, 1, 1), (150, 2, 1), (250, 2, 1);
INSERT INTO sample(invariant, after_case, epoch, expected, actual, ok) VALUES
    ('rate', 10, 1, '50', '50', 1), ('volume', 10, 1, '7', '7', 1),
    ('rate', 200, 2, 'any', '3', 1);
INSERT INTO state_sample VALUES (1, 10, 1, 0, 'aa', 1), (2, 20, 1, 1, 'aa', 1);
-- A sample every five minutes; memory 1000 KiB, handles 9 and 10.
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 24)
    INSERT INTO resource_sample(resource, after_case, epoch, at_ns, value, unit)
    SELECT 'memory', i, 1, i * 300000000000, 1000, 'KiB' FROM n
    UNION ALL
    SELECT 'handles', i, 1, i * 300000000000, 9 + i % 2, 'handles' FROM n;
INSERT INTO recovery VALUES (1, 150, 'epoch', 'warm', 1500000, 1);
INSERT INTO coverage(kind, name, planned, sent) VALUES
    ('message', 'read', 5, 5), ('field', 'read.count', 5, 2),
    ('boundary', 'read.count[max+1]', 1, 1), ('boundary', 'read.count[min-1]', 0, 0);
INSERT INTO digest VALUES (0, 250, 'aa');
INSERT INTO capture VALUES
    ('capture.pcapng', 'send-log', 500, 4000, 0, ''),
    ('independent-001.pcap', 'independent', 600, 9000, 0, '');
INSERT INTO capture_check VALUES ('a - b #1', 1, 1, '');
