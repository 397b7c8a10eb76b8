#!/usr/bin/env -S python3 -B
"""Modbus TCP against the emulated pump's fixed Ethernet build, over QEMU's user network: it keeps
every rule over a range of cases, on the other board too. The campaigns of the ways to it, and of the other
board, are the same but for the device."""
import os
import re

from common import PROJECT, Bench, check_soundness, one, rows

CASES = 2500  # of fewer AC-04 has not seen enough
FEW = 200
CRITERIA = 'criteria: [AC-07, AC-08, AC-09, AC-11]\n'
CAMPAIGNS = os.path.join(PROJECT, 'targets', 'modbus', 'campaigns')
MAY_DIFFER = {'campaign', 'title', 'device'}


def test_fixed(bench):
    folder = bench.path('fixed')
    result = bench.run('run', bench.shipped('pump-net-fixed'), '--cases', f'1-{CASES}', '--out', folder)
    bench.check(result.code == 0, f'cases 1-{CASES} on the fixed build pass', result)
    sent = one(folder, "SELECT count(*) FROM cases WHERE verdict NOT IN ('skipped', 'excluded')")
    bench.check(sent > CASES * 0.9, f'{sent} cases were sent')
    check_soundness(bench, folder, CASES, captured=False)
    found = rows(folder, 'SELECT kind, title, detail FROM finding')
    bench.check(not found, 'and nothing is found', found)


def test_other_board(bench):
    folder = bench.path('lm3s6965')
    campaign = bench.shipped('pump-net-lm3s6965-fixed', (), CRITERIA)
    result = bench.run('run', campaign, '--cases', f'1-{FEW}', '--out', folder)
    sent = one(folder, "SELECT count(*) FROM cases WHERE verdict NOT IN ('skipped', 'excluded')")
    bench.check(result.code == 0 and sent > FEW * 0.9 and not rows(folder, 'SELECT * FROM finding'),
                f'the other board: {sent} of cases 1-{FEW} were sent, nothing is found', result)


def blocks(name):
    """The campaign's top-level keys, each with its lines; without comments."""
    with open(os.path.join(CAMPAIGNS, name + '.yaml'), encoding='utf-8') as file:
        text = re.sub(r'(?m)^#.*\n', '', file.read())
    return dict(re.findall(r'(?m)^([a-z-]+):(.*\n(?:[ -].*\n)*)', text))


def differences(some, other):
    return {key for key in some.keys() | other.keys() if some.get(key) != other.get(key)}


def test_campaigns_are_alike(bench):
    """What a way changes is the device; of the ways to one board only what the network is."""
    plain = {variant: blocks(f'pump-net-{variant}') for variant in ('fixed', 'defective')}
    for way, variant, told in (('dgram', 'defective', 'kind: dgram'), ('tap', 'defective', 'kind: tap'),
                               ('stream', 'defective', 'kind: stream'),
                               ('lm3s6965', 'fixed', ''), ('lm3s6965', 'defective', '')):
        name = f'pump-net-{way}-{variant}'
        one_way, other = blocks(name), plain[variant]
        differ = differences(one_way, other)
        bench.check('device' in differ and differ <= MAY_DIFFER,
                    f'{name} is pump-net-{variant} but for the device', differ)
        if told:
            wanted = other['device'].replace('kind: user', told)
            bench.check(one_way['device'] == wanted and 'title' not in differ,
                        f'{name}: of the device only the network', one_way['device'])
    differ = differences(plain['fixed'], plain['defective'])
    bench.check('device' in differ and differ <= MAY_DIFFER | {'budget'},
                'the fixed build is asked what the defective one is', differ)


def main():
    bench = Bench()
    test_campaigns_are_alike(bench)
    if not os.path.exists(os.path.join(bench.firmware, 'pump-net-fixed-an385.elf')):
        bench.note('skipped: this build has no firmware with a network (another preset has it, or '
                   'scripts/sources has not run)')
        bench.done()
    test_fixed(bench)
    test_other_board(bench)
    bench.done()


main()
