#!/usr/bin/python3
"""The check of an installation, in its short form: what it finds, what it must not call qualified,
and that an assessment holds the record against what is stated of it.
"""
import hashlib
import json
import os
import shutil
import subprocess

from common import HERE, PROJECT, Bench, may_capture

CHECKS = os.path.join('targets', 'modbus', 'qualify', 'checks.yaml')
LATER = ['sanitizer', 'alive', 'answers', 'console', 'reboot', 'state', 'invariant', 'latency',
         'memory', 'handles', 'leak', 'emulated', 'fault', 'reset']


def make_key(bench):
    key, certificate = bench.path('key.pem'), bench.path('cert.pem')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2',
                    '-subj', '/CN=A. Tester', '-keyout', key, '-out', certificate],
                   check=True, capture_output=True)
    with open(key, 'a', encoding='utf-8') as file, open(certificate, encoding='utf-8') as text:
        file.write(text.read())
    return key, certificate


def qualify(bench, name, *options):
    folder = bench.path(name)
    result = bench.run('qualify', '--out', folder, '--quiet', '--json', *options)
    return result, json.loads(result.out) if result.out.startswith('{') else {'checks': []}


def results(record):
    return {check['id']: check['result'] for check in record['checks']}


def test_quick(bench):
    key, certificate = make_key(bench)
    result, record = qualify(bench, 'quick', '--quick', '--key', key)
    passed = {name for name, value in results(record).items() if value == 'passed'}
    wanted = {'criteria', 'sound', 'exit', 'conformance', 'signature'}
    bench.check(result.code == 3 and record['quick'] and record['verdict'] == 'incomplete' and
                passed - {'capture'} == wanted, 'the short form passes, and is no qualification',
                result)
    bench.check(('capture' in passed) == may_capture() and
                set(record['not_checked']) - {'capture'} == set(LATER),
                'what was not checked is listed', record.get('not_checked'))
    bench.check(all(check['observed'] and check['expected'] and
                    ('sha256' in check['device'] or not check['run']) for check in record['checks']
                    if check['result'] == 'passed') and
                set(record['approval'].values()) == {None} and record['supports'] and
                record['environment']['libraries']['sqlite'],
                'tests with results, environment and clauses are there; no person is filled in')
    with open(bench.path('quick', 'qualification.txt'), encoding='utf-8') as file:
        text = file.read()
    bench.check('This is not a qualification' in text and 'approved by (name, role)' in text and
                'exit confirmed' in text, 'as text')
    path = bench.path('quick', 'qualification.json')
    checked = subprocess.run(['openssl', 'cms', '-verify', '-binary', '-inform', 'PEM', '-in',
                              path + '.p7s', '-content', path, '-CAfile', certificate, '-out',
                              '/dev/null'], capture_output=True, text=True, check=False)
    bench.check(checked.returncode == 0, 'the record is signed', checked.stderr)
    return record


def test_failing(bench):
    """A percuss that finds what is not there, or not what is: by checks that are wrong."""
    share = bench.path('share')
    shutil.copytree(os.path.join(PROJECT, 'targets', 'modbus'), os.path.join(share, 'targets',
                                                                            'modbus'))
    shutil.copytree(os.path.join(PROJECT, 'harness', 'criteria'), os.path.join(share, 'criteria'))
    entry = ("- {{id: {}, title: t, template: server.in, cases: 1-600, quick: true, "
             "only: write_register/pdu.body.address, {} "
             "set: {{program: modbus-variants, defect: {}, answer: 400ms}}}}\n")
    with open(os.path.join(share, CHECKS), 'w', encoding='utf-8') as file:
        file.write('checks:\n' + entry.format('sound', '', 'exit') +
                   entry.format('none', 'finds: exit, criterion: AC-09,', 'none') +
                   entry.format('other', 'finds: alive, criterion: AC-10,', 'exit') +
                   entry.format('lacking', 'needs: no-such-program,', 'none') +
                   entry.format('absent', '', 'none').replace('modbus-variants', 'no-device'))
    bench.environment['PERCUSS_SHARE'] = share
    result, record = qualify(bench, 'failing', '--quick')
    del bench.environment['PERCUSS_SHARE']
    seen = results(record)
    bench.check(result.code == 1 and record['verdict'] == 'fail' and
                [seen.get(name) for name in ('sound', 'none', 'other', 'absent')] ==
                ['FAILED'] * 4, 'a wrong finding, a missing one, no device: each fails', result)
    bench.check(seen.get('lacking') == 'not checked' and 'lacking' in record['not_checked'],
                'what lacks a program is not checked', seen)


def assess(bench, record, version, host):
    path = bench.path('record.json')
    with open(path, 'w', encoding='utf-8') as file:
        json.dump(record, file)
    with open(path, 'rb') as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    text = bench.write('pump.yaml', f"""\
assessment: pump
tester: {{name: A. Tester, independence: works in another department}}
validation:
- {{version: '{version}', host: '{host}', record: record.json, sha256: {digest}, by: Q. Head,
   date: 2026-11-01}}
runs:
- folder: quick/runs/sound
""")
    result = bench.run('assess', 'show', text, '--json')
    rows = json.loads(result.out)['criteria'] if result.out.startswith('{') else []
    return result, {row['id']: row for row in rows}.get('AC-22', {})


def test_assessed(bench, record):
    stated = record['version'], record['host']
    result, _ = assess(bench, record, *stated)
    bench.check(result.code == 2 and '--quick' in result.err and 'pump.yaml:4' in result.err,
                'a quick record is refused', result)
    whole = dict(record, quick=False)
    result, verdict = assess(bench, whole, *stated)
    bench.check(verdict.get('verdict') == 'pass' and 'not checked: sanitizer, alive' in
                verdict['explanation'], 'AC-22 reads a whole one, and says what was not checked',
                result)
    failed = dict(whole, checks=[dict(check, result='FAILED') if check['id'] == 'exit' else check
                                 for check in whole['checks']])
    for what, changed, version, host, says in (
            ('another version', whole, '9.9', stated[1], "of '" + stated[0]),
            ('another host', whole, stated[0], 'elsewhere', "of '" + stated[1]),
            ('a failed check', failed, *stated, "'exit' failed"),
            ('no check', dict(whole, checks=[]), *stated, 'none of its checks')):
        result, _ = assess(bench, changed, version, host)
        bench.check(result.code == 2 and says in result.err, f'{what}: refused', result)
    result, verdict = assess(bench, {'tests': 'passed'}, *stated)
    bench.check(verdict.get('verdict') == 'pass' and 'was not read' in verdict['explanation'],
                "a record of one's own counts, and that nobody read it is said", result)


def test_wrong(bench):
    for arguments, says in (([], '--out DIR'), (['--out', HERE], 'exists'),
                            (['--out', bench.path('no', 'where')], 'No such file')):
        result = bench.run('qualify', *arguments)
        bench.check(result.code == 2 and says in result.err, f'{says}: refused', result)


def main():
    bench = Bench()
    record = test_quick(bench)
    test_failing(bench)
    test_assessed(bench, record)
    test_wrong(bench)
    bench.done()


main()
