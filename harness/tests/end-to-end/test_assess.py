#!/usr/bin/python3
"""An assessment from the signed plan to the retest: a defective build, what is said of its finding,
the fixed build, and the criteria that only all of it answers.
"""
import hashlib
import json
import os
import shutil
import subprocess

from common import Bench, one, rows

ONLY = ['--cases', '1-2000', '--only', 'write_register/pdu.body.address']
INTERFACE = 'Modbus TCP port'
WORDS = {'--disposition': 'fixed', '--harm': 'the pump stops', '--severity': 'serious',
         '--multi-patient': 'no', '--cwe': 'CWE-617', '--root-cause': 'an assertion is left in',
         '--cvss': 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H', '--hazard': 'H-1',
         '--component': 'C-1'}


def digest(path):
    with open(path, 'rb') as file:
        return hashlib.sha256(file.read()).hexdigest()


def campaign(bench, build, defect):
    """A build is a program of its own: its bytes differ."""
    program = bench.path(build)
    shutil.copy(os.path.join(bench.build, 'devices', 'modbus-variants'), program)
    with open(program, 'ab') as file:
        file.write(build.encode())
    return bench.shipped('variants', [('${build}/devices/modbus-variants', program),
                                      ('--defect, none', f'--defect, {defect}')])


def make_key(bench):
    key = bench.path('key.pem')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2',
                    '-subj', '/CN=A. Tester', '-keyout', key, '-out', bench.path('cert.pem')],
                   check=True, capture_output=True)
    with open(key, 'a', encoding='utf-8') as file, open(bench.path('cert.pem'),
                                                        encoding='utf-8') as certificate:
        file.write(certificate.read())
    return key


def altered(bench, path, old, new):
    """A copy with one text changed, its signature beside it."""
    with open(path, encoding='utf-8') as file:
        text = file.read()
    if old not in text:
        raise ValueError(old)
    changed = bench.write('altered.json', text.replace(old, new))
    shutil.copy(path + '.p7s', changed + '.p7s')
    return changed


def test_plan(bench, path):
    plan = bench.path('plan.json')
    result = bench.run('plan', path, *ONLY, '--sign', make_key(bench), '--out', plan)
    bench.check(result.code == 0, 'the plan is signed', result)
    wrong = {
        'the seed': (['--seed', '7'], plan, 'another plan was signed'),
        'the cases': (['--cases', '1-3000'], plan, 'range of cases'),
        'a byte of the plan': ([], altered(bench, plan, '"seed"', '"sead"'), 'not that of'),
        'no signature': ([], bench.write('plain.json', '{}'), 'plain.json.p7s'),
    }
    for what, (options, file, says) in wrong.items():
        arguments = [*ONLY, *options]
        if '--cases' in options:
            arguments = [*ONLY[2:], *options]
        result = bench.run('run', path, *arguments, '--plan', file, '--out', bench.path('no'))
        bench.check(result.code == 2 and says in result.err and
                    not os.path.exists(bench.path('no')), f'{what} differs: nothing is run', result)
    return plan


def test_triage(bench, old):
    finding = one(old, 'SELECT id FROM finding')
    refused = bench.run('triage', old, finding, '--cwe', 'CWE-617', '--cvss', 'CVSS:3.1/AV:N',
                        '--by', 'A. Tester')
    bench.check(refused.code == 2 and '--cvss' in refused.err and
                not rows(old, 'SELECT * FROM triage'),
                'a vector that is none: nothing is written', refused)
    words = [word for pair in WORDS.items() for word in pair]
    result = bench.run('triage', old, finding, *words, '--by', 'A. Tester', '--why', 'analysed')
    bench.check(result.code == 0 and 'the pump stops' in result.out, 'all is said at once', result)
    result = bench.run('triage', old)
    bench.check(f'AC-17 inconclusive: findings: 1; missing: {finding}: approval' in result.out and
                'AC-18 pass' in result.out, 'the list says what is missing', result)
    later = dict(rows(old, "SELECT id, verdict FROM criterion WHERE phase = 'release'"))
    bench.check(later['AC-19'] == 'inconclusive', 'said to be fixed, its retest is asked for', later)
    page = bench.run('report', old, '--format', 'html').out
    bench.check(all(word in page for word in WORDS.values()), 'the report has what was said')
    return finding


def show(bench, path):
    result = bench.run('assess', 'show', path, '--json')
    facts = json.loads(result.out) if result.out.startswith('{') else {'criteria': []}
    return result, facts, {row['id']: row for row in facts['criteria']}


def test_load(bench, sound, old, fixed):
    refused = bench.run('load', sound, '--time', '2s')
    bench.check(refused.code == 2 and 'maximum-rate' in refused.err,
                'no load without a declared rate', refused)
    with open(sound, encoding='utf-8') as file:
        text = file.read().replace('timing:', 'timing:\n  maximum-rate: 50')
    declared = bench.write('declared.yaml', text)
    refused = bench.run('load', declared, '--time', '2s', '--record', old)
    bench.check(refused.code == 2 and 'another device' in refused.err,
                'a load test belongs to its own build', refused)
    result = bench.run('load', declared, '--time', '2s', '--record', fixed, '--json')
    stored = rows(fixed, 'SELECT percent, minutes * 60, held FROM load_test ORDER BY id')
    shown = json.loads(result.out) if result.code == 0 else []
    bench.check([(row['percent'], row['held']) for row in shown] ==
                [(percent, bool(held)) for percent, _, held in stored] and len(stored) == 2 and
                all(seconds >= 2 and held for _, seconds, held in stored),
                'both rates are held, and recorded', result)
    mortal = bench.write('mortal.yaml', text.replace('command: [', "command: [timeout, '1', "))
    result = bench.run('load', mortal, '--time', '4s')
    bench.check(result.code == 1 and result.out.count('did not hold') == 2,
                'a device that ends under load does not hold', result)
    for (percent, seconds, _), row in zip(stored, shown):
        bench.check(abs(row['messages'] / seconds / 50 * 100 - percent) < 0.01,
                    f'{percent:.0f} %: the average that was sent')


def write_trace(bench):
    bench.write('threats.csv', 'id,title\nT-1,Somebody on the network writes\n')
    bench.write('requirements.csv', 'id,kind,title,answers,cases\n'
                'R-1,requirement,Wrong addresses are refused,T-1,write_register\n')
    bench.write('hazards.csv', 'id,hazard,hazardous situation,harm,severity,threats\n'
                'H-1,Therapy stops,Nobody notices,Delay,serious,T-1\n')
    bench.write('sbom.json', json.dumps({
        'bomFormat': 'CycloneDX', 'specVersion': '1.6',
        'components': [{'type': 'library', 'bom-ref': 'C-1', 'name': 'Modbus server'}]}))


def write_assessment(bench, old, fixed):
    write_trace(bench)
    record = bench.write('record.json', '{"tests": "passed"}')
    signed = f'record: record.json, sha256: {digest(record)}, by: Q. Head, date: 2026-11-01'
    return bench.write('pump.yaml', f"""\
assessment: pump
title: Infusion pump, release 2.1
device:
  name: Pump
  version: '2.1'
  images:
  - sha256: {digest(bench.path('fixed-build'))}
tester: {{name: A. Tester, independence: works in another department}}
validation:
- {{version: {one(old, "SELECT value FROM run WHERE key = 'tool_version'")}, {signed},
   host: '{one(old, "SELECT value FROM run WHERE key = 'host'")}'}}
interfaces:
- {{name: {INTERFACE}, protocol: Modbus TCP}}
- {{name: USB, excluded: its connector is inside the housing}}
load:
- {{interface: {INTERFACE}, percent: 150, minutes: 12, held: true, tool: generator, {signed}}}
criteria: [AC-01, AC-02, AC-03, AC-05, AC-06, AC-17, AC-18, AC-19, AC-20, AC-21, AC-22,
  {{id: AC-15, limit: 0.03, rationale: a test}}]
threats: threats.csv
requirements: requirements.csv
hazards: hazards.csv
sbom: sbom.json
runs:
- folder: {os.path.basename(old)}
- {{folder: {os.path.basename(fixed)}, role: retest}}
""")


def test_verdicts(bench, path, old, finding):
    wanted = {'AC-02': 'pass', 'AC-03': 'pass', 'AC-05': 'fail', 'AC-06': 'inconclusive',
              'AC-15': 'pass', 'AC-17': 'inconclusive', 'AC-18': 'pass', 'AC-19': 'pass',
              'AC-20': 'pass', 'AC-22': 'pass'}
    result, facts, criteria = show(bench, path)
    verdicts = {name: row['verdict'] for name, row in criteria.items()}
    bench.check(result.code == 1 and {name: verdicts.get(name) for name in wanted} == wanted,
                'the assessment is judged', facts)
    bench.check('approval' in criteria['AC-17']['explanation'] and
                os.path.basename(old) in criteria['AC-17']['explanation'],
                'what is missing is named with its run', criteria.get('AC-17'))
    bench.check('signed by' not in criteria['AC-01']['explanation'] and
                verdicts['AC-01'] == 'inconclusive' and
                'fixed-run' in criteria['AC-01']['explanation'],
                'the retest had no signed plan, and that is said', criteria.get('AC-01'))
    bench.check(facts['not_stated'] == '' and not facts['orphans'], 'nothing is left open', facts)
    bench.run('triage', old, finding, '--approval', 'for release 2.1', '--by', 'Q. Head')
    bench.check(show(bench, path)[2]['AC-17']['verdict'] == 'pass', 'approved, AC-17 passes')
    bench.run('triage', old, finding, '--severity', 'minor', '--by', 'A. Tester', '--why', 'later')
    bench.check(show(bench, path)[2]['AC-17']['verdict'] == 'fail',
                'changed behind the approval, it fails')
    text = bench.run('assess', 'show', path)
    bench.check(text.code == 1 and 'excluded: its connector' in text.out and
                'Verdict: fail' in text.out, 'as text', text)


def test_wrong(bench, path):
    with open(path, encoding='utf-8') as file:
        text = file.read()
    for old, new, says in (
            ('record: record.json', 'record: gone.json', 'gone.json'),
            ('date: 2026-11-01', 'date: soon', 'date'),
            ('hazards: hazards.csv', 'hazards: gone.csv', 'gone.csv'),
            ('role: retest', 'role: again', 'again'),
            ('interfaces:', 'interface:', 'interfaces'),
            ('sbom: sbom.json', "sbom: ''", 'sbom'),
            ('- folder: old-run', '- folder: nowhere', 'nowhere')):
        wrong = bench.write('wrong.yaml', text.replace(old, new))
        result = bench.run('assess', 'show', wrong)
        bench.check(text != text.replace(old, new) and result.code == 2 and
                    'wrong.yaml:' in result.err and says in result.err,
                    f'{new}: refused with its line', result)


def test_criteria(bench):
    """Criteria and clauses of one's own."""
    listed = json.loads(bench.run('criteria', 'list', '--json').out)
    bench.check([row['id'] for row in listed] ==
                [f'AC-{i:02}' for i in range(1, 23)] + ['PC-01'], 'all criteria are there')
    clauses = json.loads(bench.run('criteria', 'list', '--frameworks', '--json').out)
    bench.check(all(row['criteria'] or row['records'] for row in clauses) and
                {row['verification'] for row in clauses} == {'V', 'S'} and
                all(('licensed copy' in row['mark']) == (row['verification'] == 'S')
                    for row in clauses), 'every clause is marked and supported')
    shown = bench.run('criteria', 'show', 'AC-13')
    bench.check(shown.code == 0 and 'no-state-reads' in shown.out and 'Supports' in shown.out,
                'one is shown', shown)
    own = """\
id: HOUSE-1
title: No finding at all
version: '1'
phase: run
sentence: s
rationale: r
query: SELECT count(*) FROM finding
explain: SELECT 'x'
comparison: '<='
limit: {value: 0, unit: findings, override: never}
clauses: {house: [Rule 1]}
"""
    rules = """\
id: house
framework: House rules
edition: '1'
verified_on: 2026-11-01
rows:
- {clause: Rule 1, verification: V, paraphrase: p}
"""
    bench.write('own/house.yaml', own)
    bench.write('own/frameworks/rules.yaml', rules)
    result = bench.run('criteria', 'check', bench.path('own'))
    bench.check(result.code == 0 and '24 criteria' in result.out, 'own ones are checked', result)
    for file, old, new, says in (
            ('house.yaml', 'FROM finding', 'FROM findngs', 'house.yaml:7'),
            ('house.yaml', '[Rule 1]', '[Rule 2]', 'house.yaml:11'),
            ('frameworks/rules.yaml', 'verification: V', 'verification: maybe', 'rules.yaml:6')):
        text = own if file == 'house.yaml' else rules
        bench.write(f'own/{file}', text.replace(old, new))
        result = bench.run('criteria', 'check', bench.path('own'))
        bench.check(result.code == 2 and says in result.err, f'{new}: refused with its line',
                    result)
        bench.write(f'own/{file}', text)


def test_add(bench, old, fixed):
    path = bench.path('begun', 'pump.yaml')
    os.mkdir(bench.path('begun'))
    result = bench.run('assess', 'add', path, old)
    bench.check(result.code == 0, 'add makes the file', result)
    with open(path, 'a', encoding='utf-8') as file:
        file.write('# behind the runs\ntitle: Pump\n')
    result = bench.run('assess', 'add', path, fixed, '--role', 'retest', '--version', "2.1 'b'")
    with open(path, encoding='utf-8') as file:
        text = file.read()
    bench.check(result.code == 0 and text.endswith('# behind the runs\ntitle: Pump\n') and
                text.index('old-run') < text.index('fixed-run') < text.index('title'),
                'and puts another run behind the first', result)
    result = bench.run('assess', 'add', path, fixed)
    with open(path, encoding='utf-8') as file:
        bench.check(result.code == 2 and 'once' in result.err and file.read() == text and
                    os.listdir(bench.path('begun')) == ['pump.yaml'],
                    'a run that is in it is refused', result)
    result, facts, criteria = show(bench, path)
    bench.check(result.code in (1, 3) and 'tester' in facts['not_stated'] and
                [row['folder'] for row in facts['runs']] == ['../old-run', '../fixed-run'] and
                criteria['AC-22']['verdict'] == 'inconclusive',
                'what is not stated is told, and is no pass', facts)


def main():
    bench = Bench()
    old, fixed = bench.path('old-run'), bench.path('fixed-run')
    defective, sound = campaign(bench, 'old-build', 'exit'), campaign(bench, 'fixed-build', 'none')
    plan = test_plan(bench, defective)
    result = bench.run('run', defective, *ONLY, '--plan', plan, '--out', old, '--quiet')
    explained = one(old, "SELECT verdict || ': ' || explanation FROM criterion WHERE id = 'AC-01'")
    bench.check(result.code == 1 and explained.startswith('pass: signed by /CN=A. Tester') and
                'proves no order' in explained and
                digest(plan) == digest(os.path.join(old, 'plan.json')),
                'the run keeps the plan that it was signed for', explained)
    finding = test_triage(bench, old)
    result = bench.run('run', sound, *ONLY, '--out', fixed, '--quiet')
    bench.check(not rows(fixed, 'SELECT * FROM finding'), 'the fixed build has no finding', result)
    reproducer = os.path.join(old, 'findings', finding)
    result = bench.run('replay', reproducer, '--campaign', sound, '--record', old)
    bench.check(result.code == 2 and 'another device' in result.err and
                not rows(old, 'SELECT * FROM retest'), 'a retest belongs to its own build', result)
    result = bench.run('replay', reproducer, '--campaign', sound, '--record', fixed)
    bench.check(result.code == 0 and
                rows(fixed, 'SELECT finding, replays, failures FROM retest') == [(finding, 5, 0)],
                'the retest is in the run of the fixed build', result)
    test_load(bench, sound, old, fixed)
    path = write_assessment(bench, old, fixed)
    test_verdicts(bench, path, old, finding)
    test_wrong(bench, path)
    test_add(bench, old, fixed)
    test_criteria(bench)
    bench.done()


main()
