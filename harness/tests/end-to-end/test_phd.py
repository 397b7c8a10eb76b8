#!/usr/bin/env -S python3 -B
"""IEEE 11073-20601 against the emulated sensor: the fixed build answers as its manual says and
cases find nothing there; the same cases find planted defects in the defective build."""
import json
import os

from common import PROJECT, Bench, one, rows, verdict_of

PHD = os.path.join(PROJECT, 'targets', 'phd')
CAMPAIGNS = os.path.join(PHD, 'campaigns')
CASES = 40
FEW = 45

# In the order of the session, each message where the ones before it have led.
ANSWERS = {
    'reset': 'reject', 'press': 'accept', 'associate': 'accept',
    'accept_configuration': 'silence', 'read_system_id': 'accept', 'get': 'accept',
    'get_all': 'accept', 'get_many': 'reject', 'set_time': 'accept', 'set': 'reject',
    'refuse_foreign': 'reject', 'get_outside': 'reject', 'released': 'silence',
    'abort': 'silence',
}
# The first of targets/firmware/sensor/DEFECTS.md to show: its id, kind, and part of the title.
PLANTED = (('S07', ('crash', 'reset'), ''),
           ('S03', ('accepted-malformed',), 'attribute_ids'))


def test_answers(bench, path):
    result = bench.run('check', path, '--json')
    facts = json.loads(result.out) if result.code == 0 else {'messages': []}
    outcomes = {entry['message']: entry['outcome'] for entry in facts['messages']}
    wrong = {message: outcomes.get(message) for message, outcome in ANSWERS.items()
             if outcomes.get(message) != outcome}
    bench.check(result.code == 0 and not wrong, 'the sensor answers as it should',
                wrong or result)


def run(bench, name, last):
    folder = bench.path(name)
    result = bench.run('run', os.path.join(CAMPAIGNS, name + '.yaml'), '--cases', f'1-{last}',
                       '--out', folder)
    bench.check(result.code in (0, 1), f'cases 1-{last} of {name} run', result)
    sent = one(folder, "SELECT count(*) FROM cases WHERE verdict <> 'skipped'")
    bench.check(sent == last, f'{sent} cases were sent')
    checks, right = rows(folder, 'SELECT count(*), sum(ok) FROM valid_check')[0]
    bench.check(checks > last // 50 and right == checks,
                f'{right} of {checks} valid exchanges were right')
    return rows(folder, 'SELECT kind, title, detail, clause FROM finding'), folder


def readings(bench, folder, *arguments):
    """How often an observation of the record is a number, and how often bytes."""
    result = bench.run('decode', os.path.join(folder, 'capture.pcapng'), '--model',
                       os.path.join(PHD, 'ieee11073.ksy'), '--json', *arguments)
    types = [field['type'] for line in result.out.splitlines()
             for field in json.loads(line)['fields'] if field['path'].endswith('.values')]
    return types.count('numeric_values'), types.count('opaque')


def main():
    bench = Bench()
    test_answers(bench, os.path.join(CAMPAIGNS, 'sensor-fixed.yaml'))
    found, folder = run(bench, 'sensor-fixed', CASES)
    bench.check(not found, 'the fixed build shows nothing', found)
    for criterion in ('AC-08', 'AC-16', 'PC-01'):
        bench.check(verdict_of(folder, criterion) == 'pass', f'{criterion} passes')
    numbers, unread = readings(bench, folder, '--session', os.path.join(PHD, 'session.yaml'))
    bench.check(numbers > 0 and unread == 0 and readings(bench, folder) == (0, numbers),
                f'{numbers} observations read as the reported configuration says', unread)
    found, _ = run(bench, 'sensor-defective', FEW)
    for defect, kinds, text in PLANTED:
        bench.check(any(kind in kinds and text in title for kind, title, _, _ in found),
                    f'{defect} of the defective build is found', found)
    bench.done()


main()
