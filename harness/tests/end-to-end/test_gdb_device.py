#!/usr/bin/env -S python3 -B
"""A fault in the pump is explained in words: by a debug probe, and from the console alone."""
import os
import re

from common import Bench, one, rows

WORDS = re.compile(r'UsageFault, invalid state \(no Thumb code\), at bad pc called from '
                   r'(\w+) \(\w+\.c:\d+\), in thread mode$')


def main():
    bench = Bench()
    running = []
    for name in ('pump-defective-gdb', 'pump-defective'):
        out = bench.path(name)
        running.append((name, out, bench.begin('run', bench.shipped(name), '--out', out, '--only',
                                               'echo*', '--time', '4s', '--quiet')))
    causes = []
    for name, out, process in running:
        result = bench.end(process)
        found = rows(out, "SELECT id, title, cause FROM finding WHERE oracle = 'fault'")
        bench.check(result.code == 1 and found and all(WORDS.match(row[1]) for row in found),
                    f'{name}: {found[0][1] if found else "nothing"}', f'{found}\n{result}')
        causes.append({row[2] for row in found})
    bench.check(causes[0] & causes[1], 'both call the defect the same', causes)

    folder = running[0][1]
    finding = rows(folder, "SELECT id FROM finding WHERE oracle = 'fault'")[0][0]
    text = ''
    for base, _, files in os.walk(os.path.join(folder, 'findings', finding)):
        for file in files:
            with open(os.path.join(base, file), encoding='utf-8', errors='replace') as opened:
                text += opened.read()
    bench.check(re.search(r'CFSR 0x00020000: INVSTATE', text) and
                re.search(r'#\d+ 0x[0-9a-f]{8} main \(main\.c:\d+\)', text) and
                re.search(r'stack: \d+ of \d+ bytes used at most', text),
                "the finding has the registers' words, who called whom, and how deep the stack was",
                text[-3000:])
    bench.check(one(folder, "SELECT proof FROM oracle WHERE name = 'fault'") == 'proven',
                'the fault oracle is proven: the device was made to fail')
    device = one(folder, "SELECT value FROM run WHERE key = 'device'")
    bench.check(re.search(r'bytes of memory equal to the image, sha256 [0-9a-f]{64}$', device),
                'what was in its memory is the image, which tells the item (AC-02)', device)
    bench.done()


main()
