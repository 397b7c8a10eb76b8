#!/usr/bin/python3
"""From threat to retest, over real runs of the pump: its defective and its fixed build, its own
threats, requirements, hazards and SBOM, what triage says, and what is missing on the way.
"""
import csv
import io
import json
import os
import shutil

from common import PROJECT, Bench, one, rows

ONLY = ['--only', 'write_label/pdu.body.byte_count,mask_rate/pdu.body.and_mask',
        '--anomalies', 'boundary,small-step', '--cases', '1-21177']
PUMP = os.path.join(PROJECT, 'targets', 'firmware', 'pump', 'assessment')
INTERFACE = 'Modbus RTU service port (UART 0)'
HEAD = f"""\
assessment: pump
interfaces: [{{name: {INTERFACE}}}]
"""
FILES = """\
threats: threats.json
requirements: requirements.csv
hazards: hazards.csv
sbom: sbom.cdx.json
"""
MAP = """\
components:
- {component: board-support, functions: [board_*, memcpy]}
- {component: IP-50 application, functions: '*'}
"""


def trace(bench, text, *options):
    """(exit code, matrix, orphans, the result)"""
    result = bench.run('trace', bench.write('pump.yaml', text), *options, '--json')
    facts = json.loads(result.out) if result.out else {'matrix': [], 'orphans': []}
    return result.code, facts['matrix'], facts['orphans'], result


def runs(*folders):
    return 'runs:\n' + ''.join(
        f'- {{folder: {os.path.basename(folder)}, role: {role}}}\n' for folder, role in folders)


def test_patterns(bench, run):
    """The pump's requirements, against all that its plan has."""
    with open(os.path.join(PUMP, 'requirements.csv'), encoding='utf-8') as file:
        patterns = [word for row in csv.DictReader(file) for word in row['cases'].split()]
    messages = {row[0] for row in rows(run, 'SELECT DISTINCT message FROM stream')} | {'stacked'}
    found = {pattern: {name for name in messages if one(run, 'SELECT ? GLOB ?', name, pattern)}
             for pattern in patterns}
    bench.check(all(found.values()), 'each pattern of the pump fits messages of its plan', found)
    bench.check(set.union(*found.values()) == messages, 'and each message is asked for',
                messages - set.union(*found.values()))


def test_open(bench, defective, label, mask):
    """Before anybody said anything."""
    code, matrix, orphans, result = trace(bench, HEAD + FILES + MAP + runs((defective, 'test')))
    lacks = {(row['item'], row['lacks']) for row in orphans}
    folder = os.path.basename(defective)
    bench.check(code == 1 and {(f'{folder} {label}', 'names no known hazard'),
                               (f'{folder} {mask}', 'has no known component'),
                               ('R-2', 'has no case that was sent')} <= lacks and
                (f'{folder} {label}', 'has no known component') not in lacks and
                ('T-7', 'leads to no hazard') not in lacks,
                'what is missing is named', result)
    row = [row for row in matrix if row['finding'] == f'{folder} {label}']
    bench.check([(r['threat'], r['control'], r['requirement'], r['interface']) for r in row] ==
                [('T-3', 'C-3', 'R-3', INTERFACE)] and
                row[0]['component_name'] == 'IP-50 application' and
                row[0]['component_by'] == 'map' and row[0]['end_of_support'] == 'not stated' and
                row[0]['sent'] == one(defective, "SELECT sum(sent) FROM path_sent WHERE message = "
                                                 "'write_label'") and
                row[0]['disposition'] == 'open' and row[0]['retest'] == 'none' and
                'hazard' not in row[0] and 'approver' not in row[0],
                'the chain of a fault, and nothing that nobody said', row)
    states = {(r.get('requirement'), r['finding']) for r in matrix if r.get('threat') != 'T-7'}
    bench.check(('R-2', 'not tested') in states and
                ('R-3', 'not known: a finding names no hazard') in states and
                any(r['finding'].startswith('does not apply: Modbus has no') for r in matrix),
                'what was not tested, and what is not known', states)
    components = json.loads(result.out)['components']
    bench.check([(c['ref'], c['version'], c['end_of_support'], c['findings'])
                 for c in components] ==
                [('ip-50-application', '1.2', 'not stated', 1),
                 ('ip-50-firmware', '1.2', 'not stated', 0),
                 ('board-support', '0.1.0', 'not stated', 0)], 'the SBOM', components)
    text = bench.run('trace', bench.path('pump.yaml'))
    only = bench.run('trace', bench.path('pump.yaml'), '--orphans')
    bench.check(text.code == only.code == 1 and text.out.endswith(only.out) and
                f'{len(orphans)} orphans' in only.out and only.out.startswith('Orphans') and
                f'T-3 > C-3 > R-3 > {INTERFACE} > write_label' in text.out and
                'board support 0.1.0 (board-support), end of support not stated' in text.out,
                'as text', text)


def test_files(bench, defective, label):
    """The source file, from the image that was tested, and from another one."""
    by_file = MAP.replace("functions: '*'", "files: '*/pump/registers.c'")
    image = os.path.join(bench.firmware, 'pump-{}-an385.elf')
    for build, wanted in (('defective', 'IP-50 application'), ('fixed', None)):
        _, matrix, _, result = trace(bench, HEAD + FILES + by_file + runs((defective, 'test')) +
                                     f"symbols: ['{image.format(build)}']\n")
        found = {row.get('component_name') for row in matrix if row['finding'].endswith(label)}
        bench.check(found == {wanted}, f'symbols of the {build} build: {wanted}', result)


def closed_files(bench):
    """Only what these runs test."""
    bench.write('threats.csv', 'id,title\nT-1,=1+1 wrong writes\nT-3,writes beyond memory\n')
    bench.write('few.csv', 'id,kind,title,answers,interface,cases\n'
                'R-1,requirement,masks are refused,T-1,,mask_rate/pdu.body.and_mask\n'
                f'R-3,requirement,labels end,T-3,{INTERFACE},write_label\n')
    bench.write('few-hazards.csv', 'id,hazard,hazardous situation,harm,severity,threats\n'
                'H-1,too much,unseen,overdose,critical,T-1\n'
                'H-2,too little,unseen,underdose,critical,T-1\n'
                'H-3,stop,unseen,delay,serious,T-3\n')
    bench.write('sbom.spdx', 'SPDXVersion: SPDX-2.3\nPackageName: application\n'
                'SPDXID: SPDXRef-app\nPackageVersion: 1.2\n'
                'ValidUntilDate: 2031-12-31T00:00:00Z\n')
    return FILES.replace('threats.json', 'threats.csv').replace(
        'requirements.csv', 'few.csv').replace('hazards.csv', 'few-hazards.csv').replace(
        'sbom.cdx.json', 'sbom.spdx')


def test_closed(bench, defective, fixed, label, mask):
    text = HEAD + closed_files(bench) + runs((defective, 'test'), (fixed, 'retest'))
    for finding, hazard in ((label, 'H-3'), (mask, 'H-1')):
        bench.run('triage', defective, finding, '--hazard', hazard, '--component', 'application',
                  '--disposition', 'fixed', '--harm', 'seen', '--severity', 'serious',
                  '--by', 'A. Tester', '--why', 'read')
    bench.run('triage', defective, label, '--approval', 'for 1.3', '--by', 'Q. Head')
    code, matrix, orphans, result = trace(bench, text)
    chains = {(r['requirement'], r['hazard'], r['finding'].replace(os.path.basename(defective), 'D'))
              for r in matrix}
    bench.check(code == 0 and not orphans and
                chains == {('R-1', 'H-1', f'D {mask}'), ('R-1', 'H-2', 'none of this hazard'),
                           ('R-3', 'H-3', f'D {label}')}, 'the trace is closed', result)
    row = [r for r in matrix if r['finding'].endswith(label)][0]
    bench.check((row['component'], row['component_by'], row['component_version'],
                 row['end_of_support'], row['harm'], row['approver'], row['retest']) ==
                ('SPDXRef-app', 'triage', '1.2', '2031-12-31', 'seen', 'Q. Head',
                 'passes (5 of 5)') and len(row['date']) == 10,
                'triage goes before the map; the retest is at the end of the chain', row)
    shown = json.loads(bench.run('assess', 'show', bench.path('pump.yaml'), '--json').out)
    bench.check([(c['verdict'], c['measured']) for c in shown['criteria'] if c['id'] == 'AC-20'] ==
                [('pass', 0)], 'AC-20 says so, too', shown['criteria'])
    result = bench.run('trace', bench.path('pump.yaml'), '--csv')
    table = list(csv.DictReader(io.StringIO(result.out, newline='')))
    bench.check(result.code == 0 and
                [(r['Requirement'], r['Finding'], r['Cases sent'], r['Retest']) for r in table] ==
                [(r['requirement'], r['finding'], str(r['sent']), r.get('retest', ''))
                 for r in matrix] and table[0]['Threat, title'] == "'=1+1 wrong writes",
                'CSV and JSON agree, and no cell is a formula', result)
    again = bench.run('trace', bench.path('pump.yaml'), '--csv')
    bench.check(again.out == result.out, 'the same bytes each time')


def test_wrong(bench, defective):
    text = HEAD + closed_files(bench) + runs((defective, 'test'))
    few = bench.path('few.csv')
    with open(few, 'a', encoding='utf-8') as file:
        file.write('R-9,requirement,none,T-9,,\n')
    for change, says in (
            (text, 'few.csv:4: expected a requirement to answer'),
            (text.replace('few.csv', 'gone.csv'), "pump.yaml:4:1: key 'requirements'"),
            (text.replace('few.csv', 'sbom.spdx'), 'sbom.spdx:1: expected columns'),
            (HEAD + FILES + MAP.replace('board-support', 'boards'), 'pump.yaml:8:'),
            (HEAD + 'symbols: [few.csv]\n', "pump.yaml:3:"),
            (HEAD + 'trace: []\n', "'trace'")):
        code, _, _, result = trace(bench, change)
        bench.check(code == 2 and says in result.err, f'refused: {says}', result)
    code, _, _, result = trace(bench, HEAD)
    bench.check(code == 3 and 'nothing to trace' in result.err, 'nothing to trace', result)


def main():
    bench = Bench()
    defective, fixed = bench.path('defective'), bench.path('fixed')
    for name in os.listdir(PUMP):
        shutil.copy(os.path.join(PUMP, name), bench.path(name))
    result = bench.run('run', bench.shipped('pump-defective'), *ONLY, '--out', defective, '--quiet')
    sound = bench.shipped('pump-fixed')
    bench.run('run', sound, *ONLY, '--out', fixed, '--quiet')
    found = dict(rows(defective, "SELECT p.message, f.id FROM finding f JOIN finding_path p ON "
                                 "p.finding = f.id"))
    if not bench.check(result.code == 1 and {'write_label', 'mask_rate'} <= set(found) and
                       not rows(fixed, 'SELECT id FROM finding'), 'both runs are made', result):
        bench.done()
    label, mask = found['write_label'], found['mask_rate']
    result = bench.run('replay', os.path.join(defective, 'findings', label), '--campaign', sound,
                       '--record', fixed)
    bench.check(result.code == 0, 'the fixed build passes the retest', result)
    test_patterns(bench, defective)
    test_open(bench, defective, label, mask)
    test_files(bench, defective, label)
    test_closed(bench, defective, fixed, label, mask)
    test_wrong(bench, defective)
    bench.done()


main()
