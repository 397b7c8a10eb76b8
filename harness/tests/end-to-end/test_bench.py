#!/usr/bin/python3
"""The bench: what this machine has of wires, a finding of one board on another, and what a check
proves of a device and keeps."""
import hashlib
import json
import os
import socket

from common import MODBUS, Bench, one


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


def test_check(bench):
    """What a check proves of the pump, in a file and in a run's folder."""
    pump = bench.shipped('pump-fixed')
    kept = bench.path('check.json')
    result = bench.run('check', pump, '--store', kept)
    with open(kept, 'rb') as file:
        bytes_kept = file.read()
    facts = json.loads(bytes_kept)
    proofs = {row['oracle']: row['proof'] for row in facts['oracles']}
    bench.check(result.code == 0 and hashlib.sha256(bytes_kept).hexdigest() in result.out and
                proofs['exit'] == proofs['alive'] == proofs['latency'] == 'proven' and
                proofs['sanitizer'] == 'blind' and proofs['fault'] == 'not-provable',
                'which failures would be seen', result)
    bench.check({row['error']: row['verdict'] for row in facts['line_errors']} ==
                dict.fromkeys(('break', 'parity', 'framing', 'baud'), 'not-carried') and
                facts['link_carries'] == 'stream, gaps', 'which line errors arrive', facts)
    late, valid = facts['host_lateness'], facts['valid_exchanges']
    bench.check(late['count'] == 500 and valid['count'] == 40 and
                0 <= late['median_us'] <= late['p99_us'] <= late['most_us'] and
                0 < valid['median_us'] <= valid['p99_us'], 'how exact time is', facts)
    result = bench.run('check', pump, '--store', kept)
    with open(kept, 'rb') as file:
        bench.check(result.code == 2 and 'check.json' in result.err and
                    file.read() == bytes_kept, 'evidence is not overwritten', result)
    test_check_recorded(bench, pump)


def test_check_recorded(bench, pump):
    folder = bench.path('second')
    bench.run('run', pump, '--cases', '1-5', '--out', folder, '--quiet')
    result = bench.run('check', pump, '--record', folder, '--json')
    with open(os.path.join(folder, 'check.json'), 'rb') as file:
        text = file.read()
    bench.check(result.code == 0 and one(folder, "SELECT value FROM run WHERE key = "
                "'check_sha256'") == hashlib.sha256(text).hexdigest() and
                json.loads(text)['device'] == one(folder, "SELECT value FROM run WHERE key = "
                                                  "'device'"), 'in a run of this device', result)
    other = bench.shipped('pump-defective')
    for arguments, says in (([other, '--record', folder], 'another campaign file'),
                            ([pump, '--record', folder, '--store', 'x'], 'not both'),
                            ([pump, '--record', bench.folder], 'holds no run')):
        result = bench.run('check', *arguments)
        bench.check(result.code == 2 and says in result.err, f'{says}: refused', result)


def main():
    bench = Bench()
    test_probe(bench)
    test_cross(bench)
    test_check(bench)
    bench.done()


main()
