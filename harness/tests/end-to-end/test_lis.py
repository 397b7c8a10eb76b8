#!/usr/bin/env -S python3 -B
"""ASTM E1381 against the emulated analyser: its fixed image gives no finding, its defective one
faults at a record type without handler (A09)."""
import os

from common import PROJECT, Bench, one, rows, verdict_of

ACCEPT = 1      # as the store has outcomes
LIS = os.path.join(PROJECT, 'targets', 'lis')


def campaign(bench, name):
    """The shipped campaign with whole paths."""
    with open(os.path.join(LIS, 'campaigns', name + '.yaml'), encoding='utf-8') as file:
        text = file.read()
    bench.check(': ../' in text, f'{name}.yaml names its model and session')
    return bench.write(name + '.yaml', text.replace(': ../', f': {LIS}/'))


def run(bench, path, name, last, *options):
    folder = bench.path(name)
    result = bench.run('run', path, '--cases', f'1-{last}', '--out', folder, *options)
    bench.check(result.code in (0, 1), f'cases 1-{last} on {name} run', result)
    return folder


def test_fixed(bench):
    path = campaign(bench, 'analyser-fixed')
    result = bench.run('check', path)
    bench.check(result.code == 0, 'the fixed analyser answers its probe', result)
    folder = run(bench, path, 'analyser-fixed', 100)
    bench.check(one(folder, 'SELECT count(*) FROM cases') == 100, 'each case has its row')
    checks, right = rows(folder, 'SELECT count(*), sum(ok) FROM valid_check')[0]
    bench.check(checks > 2 and right == checks, f'{right} of {checks} valid exchanges were right')
    accepted = one(folder, f'SELECT count(*) FROM cases WHERE outcome = {ACCEPT}')
    bench.check(accepted > 50, f'{accepted} fuzzed messages were accepted: frames get through')
    found = rows(folder, 'SELECT kind, title, detail FROM finding')
    bench.check(not found, 'no finding', found)
    bench.check(verdict_of(folder, 'PC-01') == 'pass', 'PC-01 passes')


def test_defective(bench):
    folder = run(bench, campaign(bench, 'analyser-defective'), 'analyser-defective', 600,
                 '--only', '*/letter')
    found = rows(folder, 'SELECT kind, title FROM finding')
    bench.check(any(kind == 'crash' and 'UsageFault' in title and 'message_text' in title
                    for kind, title in found),
                'the call of a missing handler is found', found)


def main():
    bench = Bench()
    if not os.path.exists(os.path.join(bench.firmware, 'analyser-fixed-an385.elf')):
        bench.note('built without firmware: nothing to test')
        bench.done()
    test_fixed(bench)
    test_defective(bench)
    bench.done()


main()
