#!/usr/bin/env -S python3 -B
"""A fault in the pump is explained in words in the finding, by what a debug probe sees (from the
console alone: unit/test_device_qemu.c)."""
import os
import re

from common import Bench, one, rows

WORDS = re.compile(r'UsageFault, invalid state \(no Thumb code\), at bad pc called from '
                   r'(\w+) \(\w+\.c:\d+\), in thread mode$')


def main():
    bench = Bench()
    folder = bench.path('run')
    result = bench.run('run', bench.shipped('pump-defective-gdb'), '--out', folder, '--only',
                       'echo*/*sub*', '--cases', '1-1000', '--quiet')
    found = rows(folder, "SELECT id, title FROM finding WHERE oracle = 'fault'")
    bench.check(result.code == 1 and len(found) == 1 and WORDS.match(found[0][1]),
                f'{found[0][1] if found else "nothing"}', f'{found}\n{result}')
    finding = found[0][0]
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
