#!/usr/bin/python3
"""The bench: what this machine has of wires, a finding of one board on another, and what a check
proves of a device and keeps."""
import json
import os
import socket

from common import MODBUS, Bench


def test_probe(bench):
    """Wires of this machine: whatever it has, each has an address, or the kind says why none."""
    result = bench.run('list', 'links', '--probe', '--json')
    kinds = {row['name']: row for row in json.loads(result.out)}
    for name in ('serial', 'can'):
        row = kinds[name]
        bench.check(result.code == 0 and (bool(row['here']) != bool(row.get('none_here'))) and
                    all(wire['address'] for wire in row['here']),
                    f'{name}: {len(row["here"])} here{": " if "none_here" in row else ""}'
                    f'{row.get("none_here", "")}', row)
    try:
        socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW).close()
        has_can = True
    except OSError:
        has_can = False
    bench.check(has_can or 'untested here' in kinds['can'].get('none_here', ''),
                f'a kernel {"with" if has_can else "without"} CAN is said to be one', kinds['can'])
    words = bench.run('list', 'links', '--probe').out
    bench.check(all(wire['address'] in words for row in kinds.values()
                    for wire in row.get('here', [])), 'the same in words', words)


def graded(bench, finding, on, grade, *options):
    result = bench.run('replay', finding, '--on', on, '--json', *options)
    facts = json.loads(result.out) if result.code in (0, 1) else {}
    bench.check(facts.get('grade') == grade and facts['there']['failures'] >= 5 and
                facts['there']['bench'] == facts['here']['bench'] == 'emulator',
                f'on {os.path.basename(on)}: {grade}', result)
    return facts


def test_cross(bench):
    """A finding of the pump on one board, on the other board and on the fixed build."""
    first = bench.shipped('pump-defective')
    board = bench.shipped('pump-defective', [('mps2-an385', 'lm3s6965evb'),
                                             ('defective-an385', 'defective-lm3s6965')])
    fixed = bench.shipped('pump-fixed')
    folder = bench.path('first')
    result = bench.run('run', first, '--cases', '77', '--out', folder, '--quiet')
    finding = os.path.join(folder, 'findings', 'F-001')
    if not bench.check(os.path.isdir(finding), 'a finding on mps2-an385', result):
        return
    graded(bench, finding, board, 'both')
    graded(bench, finding, fixed, 'first-only')
    graded(bench, finding, fixed, 'undecided', '--times', '1')
    with open(os.path.join(finding, 'cross-replay.json'), encoding='utf-8') as file:
        kept = json.load(file)
    bench.check([(row['campaign'], row['grade'], row['here']['replays']) for row in kept] ==
                [('pump-defective', 'both', 5), ('pump-fixed', 'first-only', 5),
                 ('pump-fixed', 'undecided', 1)] and 'lm3s6965evb' in kept[0]['device'],
                'the grades are kept in order, with the devices', kept)
    test_cross_wrong(bench, folder, finding, fixed)


def test_cross_wrong(bench, folder, finding, fixed):
    with open(fixed, encoding='utf-8') as file:
        other = bench.write('other.yaml', file.read() + 'seed: 5\n')
    bench.check(bench.run('replay', finding, '--on', other, '--times', '1').code == 0,
                "the finding's seed counts, whatever the campaign says")
    pump, near = os.path.join(MODBUS, 'pump.yaml'), os.path.relpath(MODBUS, bench.folder)
    with open(fixed, encoding='utf-8') as file, open(pump, encoding='utf-8') as session:
        changed = session.read().replace('extends: ', f'extends: {near}/') + '#\n'
        text = file.read().replace(pump, bench.write('pump.yaml', changed))
    for arguments, says in (
            ([folder, '--case', '77', '--on', fixed], '--case'),
            ([finding, '--on', fixed, '--wire'], '--wire'),
            ([finding, '--on', fixed, '--campaign', fixed], '--campaign'),
            ([finding, '--on', bench.write('changed.yaml', text)], 'gives plan')):
        result = bench.run('replay', *arguments)
        bench.check(result.code == 2 and says in result.err and
                    len(result.err.splitlines()) == 1, f'{says}: refused', result)
    path = os.path.join(finding, 'cross-replay.json')
    with open(path, 'w', encoding='utf-8') as file:
        file.write('{}')
    result = bench.run('replay', finding, '--on', fixed, '--times', '1')
    with open(path, encoding='utf-8') as file:
        bench.check(result.code == 4 and 'earlier grades' in result.err and file.read() == '{}',
                    'a file that is none of its own is not overwritten', result)


def main():
    bench = Bench()
    test_probe(bench)
    test_cross(bench)
    bench.done()


main()
