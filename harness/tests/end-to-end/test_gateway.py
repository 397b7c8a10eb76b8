#!/usr/bin/env -S python3 -B
"""The embedded Linux gateway. Its image is fetched and assembled where that has not been done. Over
its service line a format string is found in the defective build and explained; over its network
the fixed build keeps every rule.

test_gateway.py PERCUSS BUILD-FOLDER all: the other line of each build, too, and
targets/firmware/gateway/test_gateway.py, which proves every planted defect (minutes)."""
import json
import os
import re
import subprocess
import sys

from common import MODBUS, PROJECT, Bench, check_soundness, one, rows, verdict_of

GATEWAY = os.path.join(PROJECT, 'targets', 'firmware', 'gateway')
NETWORK = os.path.join(MODBUS, 'campaigns')
CASES = 200
# Every oracle at work is proven first, and what proves the others costs further starts of Linux.
SOFT = 'alive, answers, conformance, invariant, state, fault'
# Campaign, its folder, the case that shows the defect (as its name goes on), what is found.
DEFECTIVE = [
    ('service-defective', GATEWAY, 1698, 'ready/log/body.text[bytes-content:format string]',
     'FAULT SIGSEGV in log_text'),
    ('gateway-defective', NETWORK, 56, 'ready/echo/pdu.body.sub[power-of-two:0x2]',
     'FAULT SIGSEGV at bad pc called from diagnostics_serve'),
]
FIXED = [('gateway-fixed', NETWORK), ('service-fixed', GATEWAY)]


def build(bench):
    done = subprocess.run([os.path.join(GATEWAY, 'build.sh'), bench.firmware], cwd=PROJECT, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return bench.check(done.returncode == 0, 'the image is there', done.stdout)


def begin(bench, name, folder, oracles, cases):
    """A copy of the campaign with whole paths and fewer oracles, begun."""
    with open(os.path.join(folder, name + '.yaml'), encoding='utf-8') as file:
        text = re.sub(r'^(  (?:model|session): )', rf'\1{folder}/', file.read(), flags=re.MULTILINE)
    campaign = bench.write(name + '.yaml', f'{text}oracles: [{oracles}]\n')
    return bench.begin('run', campaign, '--cases', cases, '--out', bench.path(name))


def check_defective(bench, run, name, case, end, title):
    result, folder = bench.end(run), bench.path(name)
    found = rows(folder, 'SELECT grade, title, first_case, case_name FROM finding')
    bench.check(result.code == 1 and len(found) == 1 and found[0][:3] == ('confirmed', title, case) and
                found[0][3].endswith(end), f'{name}: case {case} alone is "{title}", confirmed',
                f'{found}\n{result}')
    resets = json.loads(one(folder, "SELECT value FROM run WHERE key = 'resets'"))
    bench.check({'replay', 'fault'} <= {row['why'] for row in resets if row['step'] == 'restore'} and
                not any(row['step'] == 'warm' or row['why'] == 'proof' for row in resets),
                'its snapshot brought it back, and nothing was provoked for oracles that are off', resets)


def check_fixed(bench, run, name):
    result, folder = bench.end(run), bench.path(name)
    found = rows(folder, 'SELECT kind, title, detail FROM finding')
    sent = one(folder, "SELECT count(*) FROM cases WHERE verdict NOT IN ('skipped', 'excluded')")
    bench.check(not found and sent > 0.8 * CASES,
                f'{name}: {sent} of cases 1-{CASES} were sent, and nothing is found', f'{found}\n{result}')
    for criterion in ('AC-09', 'AC-10', 'AC-13', 'PC-01'):
        bench.check(verdict_of(folder, criterion) == 'pass', f'{criterion} passes')
    check_soundness(bench, folder, CASES, captured=False)


def main():
    bench = Bench()
    everything = 'all' in bench.arguments
    if not build(bench):
        bench.done()
    for defective, fixed in list(zip(DEFECTIVE, FIXED))[:None if everything else 1]:
        name, folder, case, end, title = defective
        runs = (begin(bench, name, folder, 'fault, conformance', str(case)),
                begin(bench, *fixed, SOFT, f'1-{CASES}'))
        check_defective(bench, runs[0], name, case, end, title)
        check_fixed(bench, runs[1], fixed[0])
    if everything:
        proof = bench.start([sys.executable, '-B', os.path.join(GATEWAY, 'test_gateway.py'), bench.firmware])
        bench.check(proof.wait() == 0, 'every planted defect shows, and is refused by the fixed build')
    bench.done()


main()
