#!/usr/bin/env -S python3 -B
"""The guided engine with no more than hardware has: with six breakpoints at QEMU's GDB server the
gate of several comparisons (targets/firmware/gate) is passed, and in as many executions it is not
without any coverage."""
import os
import re
import signal
import sqlite3

from common import Bench, one, wait_for
from test_guided import campaign, crashes, run

MOST = 40000
FIGURES = re.compile(r'6 breakpoints: (\d+) of (\d+) blocks .* (\d+) hits, (\d+) stops of [0-9.]+ '
                     r'ms, (\d+) breakpoints moved in [0-9.]+ ms each')


def has_passed(process, folder):
    try:
        return process.poll() is not None or crashes(folder)
    except sqlite3.OperationalError:    # there is no store yet
        return False


def test_with_breakpoints(bench):
    """Stopped when it has passed the gate. Returns the executions."""
    path, folder = campaign(bench, '{breakpoints: 6}'), bench.path('few')
    process = bench.begin('run', path, '--cases', f'1-{MOST}', '--out', folder, '--quiet')
    wait_for(lambda: has_passed(process, folder), 400)
    if process.poll() is None:
        os.kill(process.pid, signal.SIGINT)
    result = bench.end(process)
    found = crashes(folder)
    bench.check(len(found) == 1 and 'BusFault' in found[0][1] and result.code == 1,
                f'with six breakpoints the gate is passed: {found}', result)
    device = one(folder, "SELECT value FROM run WHERE key = 'device'")
    figures = FIGURES.search(device)
    if bench.check(figures, 'the run says what breakpoints did', device):
        covered, blocks, hits, stops, moves = map(int, figures.groups())
        bench.note(figures.group(0))
        bench.check(hits <= stops and covered < blocks < moves, 'and the figures fit each other')
    shown = one(folder, 'SELECT count(*) FROM block')
    bench.check(50 < shown < 150, f'{shown} blocks are stored')
    return one(folder, 'SELECT max(number) FROM cases')


def test_without(bench, cases):
    folder = bench.path('without')
    run(bench, campaign(bench, 'constant'), folder, cases)
    bench.check(not crashes(folder) and one(folder, 'SELECT count(*) FROM cases') == cases,
                f'without coverage it is not, in {cases} executions', crashes(folder))


def main():
    bench = Bench()
    test_without(bench, test_with_breakpoints(bench))
    bench.done()


if __name__ == '__main__':
    main()
