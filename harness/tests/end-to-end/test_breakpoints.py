#!/usr/bin/env -S python3 -B
"""The guided engine with no more than hardware has: six breakpoints at QEMU's GDB server guide it
through the gate's firmware (targets/firmware/gate), where it does not get in as many executions
without a map; and they show what the plugin shows."""
import re
import sqlite3

from common import Bench, one
from test_guided import campaign, crashes, pass_gate, run

FIGURES = re.compile(r'6 breakpoints: (\d+) of (\d+) blocks .* (\d+) hits, (\d+) stops of [0-9.]+ '
                     r'ms, (\d+) breakpoints moved in [0-9.]+ ms each')


def blocks(folder):
    with sqlite3.connect(f'file:{folder}/campaign.db?mode=ro', uri=True) as store:
        return {address for address, in store.execute('SELECT address FROM block')}


def test_with_breakpoints(bench, folder):
    """Returns the executions."""
    cases = pass_gate(bench, campaign(bench, '{breakpoints: 6}'), folder)
    found = crashes(folder)
    bench.check(len(found) == 1 and 'BusFault' in found[0][1],
                f'with six breakpoints the gate is passed: execution {found[0][2] if found else "none"}',
                found)
    device = one(folder, "SELECT value FROM run WHERE key = 'device'")
    figures = FIGURES.search(device)
    if bench.check(figures, 'the run says what breakpoints did', device):
        covered, known, hits, stops, moves = map(int, figures.groups())
        bench.note(figures.group(0))
        bench.check(50 < covered < known < moves and hits <= stops, 'and the figures fit each other')
    bench.check(one(folder, 'SELECT count(*) FROM corpus') > 5, 'what they show makes a corpus')
    return cases


def test_without(bench, few, cases):
    """Blocks are counted all the same, by the plugin."""
    folder = bench.path('none')
    run(bench, campaign(bench, 'constant'), folder, cases)
    bench.check(not crashes(folder), f'without a map it is not, in {cases} executions',
                crashes(folder))
    seen = blocks(folder)
    bench.check(len(few & seen) > 0.9 * min(len(few), len(seen)) > 50,
                f'{len(few)} blocks by breakpoints, {len(seen)} by the plugin, {len(few & seen)} both')


def main():
    bench = Bench()
    folder = bench.path('few')
    cases = test_with_breakpoints(bench, folder)
    test_without(bench, blocks(folder), cases)
    bench.done()


if __name__ == '__main__':
    main()
