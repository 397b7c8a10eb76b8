#!/usr/bin/env -S python3 -B
"""A board whose clock runs 16 times as fast as the host's answers every case as it does by the
host's clock, and nothing is found in it that is not there."""
from common import Bench, one, rows

# Pauses inside a message end it or not as the host has it, by either clock.
ANOMALIES = 'small-step,limit,boundary,power-of-two,choice,lie,pair,checksum,truncate,extend'
CASES = '1-900'


def main():
    bench = Bench()
    runs = {}
    for name, clock in (('fast', 'realtime*16'), ('plain', 'realtime')):
        campaign = bench.shipped('pump-fixed-fast', [('realtime*16', clock)])
        runs[name] = bench.path(name)
        result = bench.run('run', campaign, '--out', runs[name], '--cases', CASES, '--anomalies',
                           ANOMALIES, '--quiet')
        bench.check(one(runs[name], 'SELECT count(*) FROM finding') == 0,
                    f'{name}: no finding on the fixed pump', result)
        bench.check(f'clock {clock},' in one(runs[name], "SELECT value FROM run WHERE key = 'device'"),
                    f'{name}: the run says which clock its device had')
    outcomes = {name: rows(folder, "SELECT number, outcome FROM cases WHERE verdict IN ('pass', 'suspect') "
                           'ORDER BY number') for name, folder in runs.items()}
    bench.check(len(outcomes['fast']) > 300 and outcomes['fast'] == outcomes['plain'],
                f"the same outcome of {len(outcomes['fast'])} cases by either clock",
                [pair for pair in zip(outcomes['fast'], outcomes['plain']) if pair[0] != pair[1]])
    bench.done()


main()
