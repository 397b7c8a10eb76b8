#!/usr/bin/env -S python3 -B
"""Modbus TCP against the emulated pump's fixed Ethernet build, over QEMU's user network: it keeps
every rule over a range of cases."""
import os

from common import Bench, check_soundness, one, rows

CASES = 2500  # of fewer AC-04 has not seen enough


def test_fixed(bench):
    folder = bench.path('fixed')
    result = bench.run('run', bench.shipped('pump-net-fixed'), '--cases', f'1-{CASES}', '--out', folder)
    bench.check(result.code == 0, f'cases 1-{CASES} on the fixed build pass', result)
    sent = one(folder, "SELECT count(*) FROM cases WHERE verdict NOT IN ('skipped', 'excluded')")
    bench.check(sent > CASES * 0.9, f'{sent} cases were sent')
    check_soundness(bench, folder, CASES, captured=False)
    found = rows(folder, 'SELECT kind, title, detail FROM finding')
    bench.check(not found, 'and nothing is found', found)


def main():
    bench = Bench()
    if not os.path.exists(os.path.join(bench.firmware, 'pump-net-fixed-an385.elf')):
        bench.note('skipped: this build has no firmware with a network (another preset has it, or '
                   'scripts/sources has not run)')
        bench.done()
    test_fixed(bench)
    bench.done()


main()
