#!/usr/bin/python3
"""A run done again on another build: its findings replayed, its cases sent again, all of it in one
run folder that goes on after a stop and that AC-19 reads.
"""
import json
import os
import re
import shutil
import signal

from common import MODBUS, Bench, one, rows, wait_for

ONLY = ['--cases', '1-2000', '--only', 'write_register/pdu.body.address']
CRITERIA = 'criteria: [AC-09, AC-13, AC-16, AC-19]\n'
SENT = "SELECT count(DISTINCT number) FROM cases WHERE verdict IN ('pass', 'suspect', 'finding')"


def campaign(bench, build, defect, replace=()):
    """A build is a program of its own: its bytes differ."""
    program = bench.path(build)
    shutil.copy(os.path.join(bench.build, 'devices', 'modbus-variants'), program)
    with open(program, 'ab') as file:
        file.write(build.encode())
    return bench.shipped('variants', [('${build}/devices/modbus-variants', program),
                                      ('--defect, none', f'--defect, {defect}'), *replace],
                         CRITERIA)


def retest(bench, old, on, name, *options):
    folder = bench.path(name)
    result = bench.run('retest', old, '--on', on, '--out', folder, '--quiet', '--json', *options)
    return folder, result, json.loads(result.out) if result.out.startswith('{') else {}


def test_fixed(bench, old, sound):
    folder, result, facts = retest(bench, old, sound, 'fixed')
    finding = one(old, 'SELECT id FROM finding')
    bench.check(result.code == 0 and [(row['id'], row['now']['replays'], row['now']['failures'],
                                       row['status']) for row in facts['findings']] ==
                [(finding, 5, 0, 'fixed')], 'on the sound build it is fixed', result)
    bench.check(rows(folder, 'SELECT finding, plan_hash, device, replays, failures FROM retest') ==
                [(finding, one(old, "SELECT value FROM run WHERE key = 'plan_hash'"),
                  one(folder, "SELECT value FROM run WHERE key = 'device'"), 5, 0)],
                'the replays are in the store of the regression')
    bench.check(one(folder, SENT) >= one(old, SENT) > 0 and
                one(folder, "SELECT value FROM run WHERE key = 'selection'") ==
                one(old, "SELECT value FROM run WHERE key = 'selection'") and
                rows(folder, 'SELECT DISTINCT number FROM cases ORDER BY number') ==
                rows(old, 'SELECT DISTINCT number FROM cases ORDER BY number'),
                'which sent the same cases')
    again = bench.run('retest', old, '--on', sound, '--out', folder, '--quiet', '--resume')
    bench.check(again.code == 0 and len(rows(folder, 'SELECT * FROM retest')) == 1 and
                'failed 5 of 5' in again.out and 'failed 0 of 5' in again.out,
                'what is done is not done again', again)
    return folder


def test_assessed(bench, old, folder):
    path = bench.path('pump.yaml')
    bench.run('triage', old, one(old, 'SELECT id FROM finding'), '--disposition', 'fixed', '--by',
              'A. Tester', '--why', 'release 2')
    bench.run('assess', 'add', path, old)
    bench.run('assess', 'add', path, folder, '--role', 'retest')
    shown = json.loads(bench.run('assess', 'show', path, '--json').out)
    verdict = {row['id']: row for row in shown['criteria']}['AC-19']
    bench.check(verdict['verdict'] == 'pass' and 'replayed 5 times with 0' in
                verdict['explanation'], 'AC-19 reads it', verdict)


def test_broken(bench, old, broken):
    _, result, facts = retest(bench, old, broken, 'broken')
    bench.check(result.code == 1 and facts['findings'][0]['now']['failures'] == 5 and
                facts['findings'][0]['status'] == 'still open', 'it is still there', result)
    other = campaign(bench, 'other-build', 'state')
    _, result, facts = retest(bench, old, other, 'other')
    news = [row for row in facts['comparison']['findings'] if row['status'] == 'new']
    bench.check(result.code == 1 and facts['findings'][0]['now']['failures'] == 0 and
                len(news) == 1, 'a finding of the other build is one of the new run', result)


def test_doubt(bench, old, sound):
    same = campaign(bench, 'broken-build', 'none')
    _, result, facts = retest(bench, old, same, 'same')
    bench.check(result.code == 3 and 'another build' in facts['note'] and
                facts['findings'][0]['status'] == 'not seen again',
                'on the same build nothing is shown', result)
    _, result, facts = retest(bench, old, sound, 'few', '--cases', '1-300')
    bench.check(result.code == 3 and 'fewer' in facts['note'], 'nor by fewer cases', result)
    _, result, facts = retest(bench, old, sound, 'once', '--times', '1')
    bench.check(result.code == 3 and '5 times' in facts['note'], 'nor by one replay', result)
    moved = bench.path('moved')
    shutil.copytree(old, moved)
    shutil.rmtree(os.path.join(moved, 'findings'))
    folder, result, facts = retest(bench, moved, sound, 'lacking')
    bench.check(result.code == 3 and 'reproducer.percuss' in facts['findings'][0]['why'] and
                not rows(folder, 'SELECT * FROM retest'),
                'a finding without its file is not replayed, and that is said', result)


def test_wrong(bench, old, sound):
    with open(sound, encoding='utf-8') as file:
        text = file.read()
    session = re.search(r'session: (\S+)', text).group(1)
    with open(os.path.join(bench.folder, session), encoding='utf-8') as file:
        near = os.path.relpath(MODBUS, bench.folder)
        changed = bench.write('session.yaml', file.read().replace('../', f'{near}/') + '#\n')
    other = bench.write('other.yaml', text.replace(session, changed))
    usb = bench.write('usb.yaml', text.replace('interface: Modbus TCP port', 'interface: USB'))
    for arguments, says in (([old], '--on CAMPAIGN'), ([old, '--on', other], 'has plan'),
                            ([old, '--on', usb], 'of the interface'),
                            ([bench.folder, '--on', sound], 'holds no run'),
                            ([old, '--on', sound, '--resume'], '--resume needs'),
                            ([old, '--on', sound, '--cases', 'x'], '--cases'),
                            ([old, '--on', sound, '--times', '0'], '--times'),
                            ([old, '--on', sound, '--out', old], 'holds a run already')):
        result = bench.run('retest', *arguments)
        bench.check(result.code == 2 and says in result.err, f'{says}: refused', result)


def test_stopped(bench, old):
    slow = campaign(bench, 'slow-build', 'none', [('timing:', 'timing:\n  rate-limit: 20')])
    folder = bench.path('slow')
    process = bench.begin('retest', old, '--on', slow, '--out', folder, '--quiet')
    wait_for(lambda: os.path.exists(os.path.join(folder, 'campaign.db')) and
             rows(folder, "SELECT 1 FROM sqlite_master WHERE name = 'epoch'") and
             rows(folder, 'SELECT 1 FROM epoch'))
    process.send_signal(signal.SIGTERM)
    result = bench.end(process)
    sent = one(folder, SENT)
    bench.check(result.code == 3 and 'not replayed' in result.out and sent < one(old, SENT) and
                not rows(folder, 'SELECT * FROM retest'), 'stopped: inconclusive', result)
    result = bench.run('retest', old, '--on', slow, '--out', folder, '--quiet', '--resume')
    bench.check(result.code == 0 and one(folder, SENT) >= one(old, SENT) and
                rows(folder, 'SELECT replays, failures FROM retest') == [(5, 0)],
                'resumed: what was left is done', result)


def main():
    bench = Bench()
    broken, sound = campaign(bench, 'broken-build', 'exit'), campaign(bench, 'sound-build', 'none')
    old = bench.path('old')
    result = bench.run('run', broken, *ONLY, '--out', old, '--quiet')
    bench.check(len(rows(old, 'SELECT * FROM finding')) == 1, 'a run with a finding', result)
    fixed = test_fixed(bench, old, sound)
    test_broken(bench, old, broken)
    test_doubt(bench, old, sound)
    test_assessed(bench, old, fixed)
    test_wrong(bench, old, sound)
    test_stopped(bench, old)
    bench.done()


main()
