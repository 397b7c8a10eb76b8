#!/usr/bin/env -S python3 -B
"""Modbus ASCII against the emulated pump's ASCII builds: the fixed one keeps every rule over a range
of cases, the defective one shows that its LRC is not always looked at."""
import os

from common import Bench, check_soundness, one, rows

CASES = 2500


def test_fixed(bench):
    folder = bench.path('fixed')
    result = bench.run('run', bench.shipped('pump-ascii-fixed'), '--cases', f'1-{CASES}', '--out',
                       folder)
    bench.check(result.code == 0, f'cases 1-{CASES} on the fixed build pass', result)
    sent = one(folder, "SELECT count(*) FROM cases WHERE verdict <> 'skipped'")
    bench.check(sent == CASES, f'{sent} cases were sent')
    check_soundness(bench, folder, CASES, captured=False)
    found = rows(folder, 'SELECT kind, title, detail FROM finding')
    bench.check(not found, 'and nothing is found', found)


def test_defective(bench):
    folder = bench.path('defective')
    result = bench.run('run', bench.shipped('pump-ascii-defective'), '--cases', '1-1000', '--anomalies',
                       'checksum', '--out', folder)
    bench.check(result.code == 1, 'wrong checksums on the defective build fail', result)
    found = rows(folder, "SELECT title, clause FROM finding WHERE grade = 'confirmed'")
    bench.check(any('frame.lrc' in title and '2.5.2' in clause for title, clause in found),
                'a wrong LRC that is served is among what is confirmed', found)


def main():
    bench = Bench()
    if not os.path.exists(os.path.join(bench.firmware, 'pump-ascii-fixed-an385.elf')):
        bench.note('skipped: this build has no firmware (another preset has it)')
        bench.done()
    test_fixed(bench)
    test_defective(bench)
    bench.done()


main()
