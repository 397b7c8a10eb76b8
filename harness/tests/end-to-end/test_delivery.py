#!/usr/bin/env -S python3 -B
"""Messages that are not sent whole and at once: a sound device has no finding of it; defects that
nothing else shows are found, replayed and reproduced; what the link cannot carry is a gap."""
import glob
import json
import os
import re
import shutil
import subprocess

from common import HERE, Bench, one, rows, summary, wait_for

SOURCE = os.path.join(HERE, 'delivery')
LINE = {'break', 'parity', 'baud', 'framing'}
# What kills the device, the anomalies that do that, and the way in the reproducer.
DEFECTS = {
    'coalesced': ('coalesce', 'joined'),
    'half-closed': ('half-close', 'half-closed'),
    'slow': ('delay', 'cut'),
}


def campaign(bench, defect):
    """The folder's files, copied, with another device."""
    folder = bench.path('defect-' + defect)
    if not os.path.exists(folder):
        shutil.copytree(SOURCE, folder)
    path = os.path.join(folder, 'campaign.yaml')
    with open(path, encoding='utf-8') as file:
        text = file.read()
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text.replace('--defect, none', f'--defect, {defect}'))
    return path


def listed(bench, path, *arguments):
    result = bench.run('cases', path, '--json', '--number', '1-', *arguments)
    return [json.loads(line) for line in result.out.splitlines() if line.startswith('{')]


def test_plan(bench, path):
    """What the link cannot carry stands in the plan, and the plan does not hang on it."""
    plan = json.loads(bench.run('plan', path, '--json').out)
    bench.check(set(plan['not_carried']) == LINE, 'plan: what this link does not carry',
                plan['not_carried'])
    with open(path, encoding='utf-8') as file:
        text = file.read()
    udp = os.path.join(os.path.dirname(path), 'udp.yaml')
    with open(udp, 'w', encoding='utf-8') as file:
        file.write(text.replace('kind: tcp', 'kind: udp').replace('maximum-rate: 200', 'gap: 0ms'))
    other = json.loads(bench.run('plan', udp, '--json').out)
    bench.check(other['plan_hash'] == plan['plan_hash'] and set(other['not_carried']) ==
                LINE | {'stream', 'connections', 'half-close', 'maximum-rate'},
                'another link: the same plan, other gaps', other)
    shown = bench.run('plan', udp)
    bench.check(f'half-close {other["not_carried"]["half-close"]}' in shown.out, 'plan: in words',
                shown)
    cases = listed(bench, path, '--anomalies', 'fragment', '--only', 'echo')
    cuts = {case['messages'][-1]['delivery']['unit'] for case in cases
            if 'stacked' not in case['name']}
    bench.check(cuts == {1, 2, 3, 4, 5, 6}, f'cases: cut at every place: {cuts}')
    bench.check(all(case['messages'][-1]['expected'] != 'unknown' for case in cases),
                'cases: a short pause changes nothing about what is right')


def test_sound(bench, path):
    anomalies = 'bytewise,fragment,delay,coalesce,half-close,abandon,reconnect,flood,' \
        + ','.join(sorted(LINE))
    total = json.loads(bench.run('plan', path, '--json').out)['cases']
    folder = bench.path('sound')
    result = bench.run('run', path, '--anomalies', anomalies, '--cases', f'1-{total}', '--out',
                       folder, '--quiet')
    facts = summary(folder)
    bench.check(not facts['findings'] and one(folder, 'SELECT count(*) FROM suspicion') == 0,
                f'a sound device: {facts["cases"]} cases, nothing seen', result)
    planned = json.loads(bench.run('plan', path, '--json').out)['not_carried']
    kept = dict(rows(folder, "SELECT rule, cases FROM excluded WHERE rule LIKE 'not-carried-%'"))
    bench.check(kept == {f'not-carried-{name}': count for name, count in planned.items()},
                f'gaps are counted by what is missing: {kept}', planned)
    bench.check(facts['excluded'] == sum(kept.values()) and
                one(folder, "SELECT count(*) FROM cases WHERE verdict = 'excluded' AND "
                    'sent_bytes > 0') == 0, 'and nothing of them was sent')
    said = one(folder, "SELECT explanation FROM criterion WHERE id = 'AC-04'")
    bench.check(all(f'{name} {planned[name]} ({name})' in said for name in LINE) and
                one(folder, "SELECT value FROM run WHERE key = 'not_carried'") in said,
                'AC-04 names the anomalies that are not carried', said)
    with open(os.path.join(folder, 'report.html'), encoding='utf-8') as file:
        page = file.read()
    bench.check('not carried by this link: parity' in page, 'the report says so')
    again = bench.path('again')
    bench.run('run', path, '--anomalies', anomalies, '--cases', f'1-{total}', '--out', again,
              '--quiet')
    digests = [rows(name, 'SELECT number, hex(digest) FROM cases ORDER BY number')
               for name in (folder, again)]
    bench.check(digests[0] == digests[1], 'the same cases again have the same digests')


def check_program(bench, finding, defect):
    """The C program does to a device what percuss did."""
    program = bench.path('program-' + defect)
    built = subprocess.run(['cc', '-std=c17', '-Wall', '-Wextra', '-Werror', '-o', program,
                            os.path.join(finding, 'reproducer.c')], capture_output=True, text=True,
                           check=False)
    bench.check(built.returncode == 0, f'{defect}: reproducer.c builds', built.stderr)
    for planted in (defect, 'none'):
        name = bench.path(f'device-{defect}-{planted}')
        with open(name, 'w', encoding='utf-8') as log:
            device = bench.start(['python3', os.path.join(SOURCE, 'device.py'), '0', '--defect',
                                  planted], stdout=log, stderr=subprocess.STDOUT)
        port = wait_for(lambda path=name: re.search(r'listening on (\d+)\n',
                                                    open(path, encoding='utf-8').read()))
        sent = subprocess.run([program, f'127.0.0.1:{port[1]}'], capture_output=True, text=True,
                              timeout=60, check=False)
        died = wait_for(lambda it=device: it.poll() is not None, 10 if planted == defect else 0.3)
        bench.check(bool(died) == (planted == defect), f'{defect}: reproducer.c '
                    f'{"kills" if planted == defect else "spares"} a device with {planted}',
                    sent.stdout + sent.stderr)


def test_defect(bench, sound, defect, anomaly, way):
    path = campaign(bench, defect)
    folder = bench.path('run-' + defect)
    result = bench.run('run', path, '--anomalies', anomaly, '--cases', '1-400', '--out', folder,
                       '--quiet')
    findings = glob.glob(os.path.join(folder, 'findings', '*'))
    if not bench.check(result.code == 1 and findings and all(
            oracle == 'exit' for oracle, in rows(folder, 'SELECT oracle FROM finding')),
                       f'{defect}: found by {anomaly}', result):
        return
    for finding in findings[:1]:
        with open(os.path.join(finding, 'reproducer.percuss'), encoding='utf-8') as file:
            steps = json.load(file)['steps']
        ways = [step.get('delivery', {}).get('way') for step in steps]
        bench.check(way in ways and len(steps) <= 2, f'{defect}: the reproducer has it: {ways}')
        with open(os.path.join(finding, 'messages.txt'), encoding='utf-8') as file:
            bench.check(', sent: ' in file.read(), f'{defect}: messages.txt says how it is sent')
        result = bench.run('replay', finding, '--times', '3')
        bench.check(result.code == 1 and '3 of 3' in result.out, f'{defect}: replays', result)
        result = bench.run('replay', finding, '--times', '3', '--campaign', sound)
        bench.check(result.code == 0 and '0 of 3' in result.out,
                    f'{defect}: not on the sound device', result)
        check_program(bench, finding, defect)
    number = one(folder, "SELECT min(number) FROM cases WHERE verdict = 'finding'")
    result = bench.run('replay', folder, '--case', str(number), '--times', '2')
    bench.check(result.code == 1 and '2 of 2' in result.out,
                f'{defect}: case {number} by its number', result)


def test_simplified(bench):
    """What the delivery is not the cause of is sent whole and at once in the reproducer."""
    path = campaign(bench, 'sum')
    folder = bench.path('run-sum')
    result = bench.run('run', path, '--anomalies', 'bytewise,late,delay', '--only', 'add',
                       '--cases', '1-400', '--out', folder, '--quiet')
    bench.check(result.code == 2 and "'late'" in result.err, 'an anomaly that is none is refused',
                result)
    result = bench.run('run', path, '--anomalies', 'bytewise,delay,half-close', '--only', 'add',
                       '--cases', '1-400', '--out', folder, '--quiet')
    steps = []
    for name in glob.glob(os.path.join(folder, 'findings', '*', 'reproducer.percuss')):
        with open(name, encoding='utf-8') as file:
            steps += json.load(file)['steps']
    bench.check(result.code == 1 and steps and not any('delivery' in step for step in steps),
                f'{len(steps)} steps without a delivery that was not the cause', result)


def test_not_carried(bench, sound):
    """A replay that sends nothing does not say that nothing was seen."""
    number = next(case['number'] for case in listed(bench, sound, '--anomalies', 'parity'))
    folder = bench.path('sound')
    result = bench.run('replay', folder, '--case', str(number), '--times', '1')
    bench.check(result.code == 3 and 'cannot carry it (parity)' in result.err,
                f'replay of case {number}, which was a gap: nothing was sent', result)


def test_wrong_reproducer(bench):
    folder = glob.glob(os.path.join(bench.path('run-coalesced'), 'findings', '*'))
    if not folder:
        return
    with open(os.path.join(folder[0], 'reproducer.percuss'), encoding='utf-8') as file:
        text = file.read()
    # Beside the original: a reproducer names its campaign as seen from its folder.
    path = bench.write(os.path.join(folder[0], 'wrong.json'),
                       text.replace('"joined"', '"jointed"'))
    result = bench.run('replay', path)
    bench.check(result.code == 2 and "'jointed'" in result.err and 'step' in result.err,
                'a delivery that is none is refused', result)


def main():
    bench = Bench()
    sound = campaign(bench, 'none')
    test_plan(bench, sound)
    test_sound(bench, sound)
    for defect, (anomaly, way) in DEFECTS.items():
        test_defect(bench, sound, defect, anomaly, way)
    test_simplified(bench)
    test_not_carried(bench, sound)
    test_wrong_reproducer(bench)
    bench.done()


main()
