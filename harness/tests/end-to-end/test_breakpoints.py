#!/usr/bin/env -S python3 -B
"""The guided engine with no more than hardware has: six breakpoints at QEMU's GDB server guide it
through the gate's firmware (targets/firmware/gate), and show what the plugin shows."""
import re
import sqlite3

from common import Bench, one
from test_guided import campaign, run

CASES = 2000
FIGURES = re.compile(r'6 breakpoints: (\d+) of (\d+) blocks .* (\d+) hits, (\d+) stops of [0-9.]+ '
                     r'ms, (\d+) breakpoints moved in [0-9.]+ ms each')


def blocks(folder):
    with sqlite3.connect(f'file:{folder}/campaign.db?mode=ro', uri=True) as store:
        return {address for address, in store.execute('SELECT address FROM block')}


def test_with_breakpoints(bench):
    folder = bench.path('few')
    run(bench, campaign(bench, '{breakpoints: 6}'), folder, CASES)
    device = one(folder, "SELECT value FROM run WHERE key = 'device'")
    figures = FIGURES.search(device)
    if bench.check(figures, 'the run says what breakpoints did', device):
        covered, known, hits, stops, moves = map(int, figures.groups())
        bench.note(figures.group(0))
        bench.check(50 < covered < known < moves and hits <= stops, 'and the figures fit each other')
    bench.check(one(folder, 'SELECT count(*) FROM corpus') > 5, 'what they show makes a corpus')
    return blocks(folder)


def test_against_the_plugin(bench, few):
    """Either may pass the gate, and then shows what handles a fault, too."""
    folder = bench.path('all')
    run(bench, campaign(bench, 'true'), folder, CASES)
    seen = blocks(folder)
    bench.check(len(few & seen) > 0.9 * min(len(few), len(seen)) > 50,
                f'{len(few)} blocks by breakpoints, {len(seen)} by the plugin, {len(few & seen)} both')


def main():
    bench = Bench()
    test_against_the_plugin(bench, test_with_breakpoints(bench))
    bench.done()


if __name__ == '__main__':
    main()
