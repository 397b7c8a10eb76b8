#!/usr/bin/python3
"""Two runs held against each other: a defect that is there, fixed, back; another one; other cases,
other plans, other interfaces; runs that show nothing.
"""
import json
import os
import shutil
import sqlite3

from common import Bench, one, rows

ONLY = ['--cases', '1-2000', '--only', 'write_register/pdu.body.address']
DEFECTS = {'exit-build': 'exit', 'sound-build': 'none', 'state-build': 'state'}


def campaign(bench, build, replace=()):
    """A build is a program of its own: its bytes differ."""
    program = bench.path(build)
    if not os.path.exists(program):
        shutil.copy(os.path.join(bench.build, 'devices', 'modbus-variants'), program)
        with open(program, 'ab') as file:
            file.write(build.encode())
    return bench.shipped('variants', [('${build}/devices/modbus-variants', program),
                                      ('--defect, none', f'--defect, {DEFECTS[build]}'), *replace])


def run(bench, name, path, *options):
    folder = bench.path(name)
    bench.run('run', path, *(options or ONLY), '--out', folder, '--quiet')
    return folder


def compare(bench, old, new):
    result = bench.run('compare', old, new, '--json')
    facts = json.loads(result.out) if result.out.startswith('{') else {'findings': []}
    return result, facts, [row['status'] for row in facts['findings']]


def test_statuses(bench, old, fixed):
    result, facts, statuses = compare(bench, old, fixed)
    bench.check(result.code == 0 and statuses == ['fixed'] and
                'all that showed it' in facts['findings'][0]['why'],
                'the same cases pass on another build: fixed', result)
    bench.check(facts['old']['cases'] == one(old, "SELECT count(*) FROM cases WHERE verdict IN "
                                             "('pass', 'suspect', 'finding')") and
                {row['id']: (row['before'], row['after']) for row in facts['criteria']}['AC-09']
                == ('fail', 'pass'), 'figures and verdicts stand side by side', facts)
    text = bench.run('compare', old, fixed)
    bench.check(text.code == 0 and 'fixed' in text.out and 'AC-09 fail -> pass' in text.out and
                'Verdict: nothing new' in text.out, 'as text', text)
    result, facts, statuses = compare(bench, fixed, old)
    bench.check(result.code == 1 and statuses == ['new'], 'the other way round it is new', result)
    result, facts, statuses = compare(bench, old, old)
    bench.check(result.code == 0 and statuses == ['still open'], 'with itself it is open', result)


def test_unseen(bench, old):
    """What was not seen again is not called fixed."""
    hit = one(old, 'SELECT first_case FROM finding')
    sound = campaign(bench, 'sound-build')
    for name, options, says in (
            ('few', ['--cases', f'1-{hit - 1}', *ONLY[2:]], 'was not sent'),
            ('seed', [*ONLY, '--seed', '7'], 'the cases are others')):
        folder = run(bench, name, sound, *options)
        result, facts, statuses = compare(bench, old, folder)
        bench.check(result.code == 0 and statuses == ['not seen again'] and
                    says in facts['findings'][0]['why'], f'{name}: not seen again', result)
    same = run(bench, 'same', campaign(bench, 'exit-build', [('--defect, exit', '--defect, none')]))
    result, facts, statuses = compare(bench, old, same)
    bench.check(result.code == 0 and statuses == ['not seen again'] and
                'another build' in facts['findings'][0]['why'], 'the same build is not fixed',
                result)


def test_new(bench, old, fixed):
    other = run(bench, 'other', campaign(bench, 'state-build'))
    result, facts, statuses = compare(bench, old, other)
    bench.check(result.code == 1 and statuses == ['new', 'fixed'],
                'one went, another came', result)
    bench.run('triage', old, one(old, 'SELECT id FROM finding'), '--disposition', 'fixed', '--by',
              'A. Tester', '--why', 'release 2')
    result, facts, statuses = compare(bench, old, run(bench, 'back', campaign(bench, 'exit-build')))
    bench.check(result.code == 1 and statuses == ['returned'], 'said to be fixed, it is back', result)
    result, facts, statuses = compare(bench, old, fixed)
    bench.check(result.code == 0 and statuses == ['fixed'], 'said to be fixed, it is gone', result)


def test_none(bench, old):
    sound = campaign(bench, 'sound-build', [('interface: Modbus TCP port', 'interface: USB')])
    usb = run(bench, 'usb', sound, '--cases', '1-20')
    for new, says in ((usb, 'other interfaces'), (bench.path('apart'), 'no case in common')):
        if not os.path.exists(new):
            run(bench, 'apart', campaign(bench, 'sound-build'), '--cases', '100000-100020')
        result, facts, _ = compare(bench, old, new)
        bench.check(result.code == 3 and not facts['comparable'] and says in facts['why_not'],
                    f'{says}: cannot be compared', result)
    lost = bench.path('lost')
    shutil.copytree(usb, lost)
    result, facts, _ = compare(bench, usb, lost)
    bench.check(result.code == 0, 'a run that ended says that nothing is new', result)
    with sqlite3.connect(os.path.join(lost, 'campaign.db')) as database:
        database.execute("UPDATE sitting SET reason = 'device-lost'")
    database.close()
    result, facts, _ = compare(bench, usb, lost)
    bench.check(result.code == 3 and 'broke off' in ' '.join(facts['notes']),
                'one that broke off does not', result)
    for wrong in (bench.folder, bench.path('nowhere')):
        result = bench.run('compare', old, wrong)
        bench.check(result.code == 2 and 'holds no run' in result.err, 'no run: refused', result)


def main():
    bench = Bench()
    old = run(bench, 'old', campaign(bench, 'exit-build'))
    fixed = run(bench, 'fixed', campaign(bench, 'sound-build'))
    before = [open(os.path.join(folder, 'campaign.db'), 'rb').read() for folder in (old, fixed)]
    bench.check(len(rows(old, 'SELECT * FROM finding')) == 1 and
                not rows(fixed, 'SELECT * FROM finding'), 'one run has a finding, one has none')
    test_statuses(bench, old, fixed)
    bench.check(before == [open(os.path.join(folder, 'campaign.db'), 'rb').read()
                           for folder in (old, fixed)], 'the stores are only read')
    test_unseen(bench, old)
    test_new(bench, old, fixed)
    test_none(bench, old)
    bench.done()


main()
