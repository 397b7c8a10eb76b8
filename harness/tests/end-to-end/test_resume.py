#!/usr/bin/env -S python3 -B
"""SIGKILL at random moments, then --resume: nothing is lost, and the results are the same.

test_resume.py PERCUSS BUILD-FOLDER [--kills N] [--cases N] [--seed N]

By default 3 kills a device; the full form is `--kills 20 --cases 2000`.
"""
import argparse
import os
import random
import signal
import time

from common import Bench, announced, descendants, one, process_key, rows, verdict_of, wait_for

# Rows whose case was carried out: a verdict of the device, not of the process that was killed.
LATEST = """
SELECT number, verdict FROM cases AS c
 WHERE attempt = (SELECT max(attempt) FROM cases WHERE number = c.number) ORDER BY number
"""


def options(bench):
    parser = argparse.ArgumentParser()
    parser.add_argument('--kills', type=int, default=3)
    parser.add_argument('--cases', type=int, default=600)
    parser.add_argument('--seed', type=int, default=1)
    return parser.parse_args(bench.arguments)


def causes(folder):
    return sorted(f'{oracle}: {cause}'
                  for oracle, cause in rows(folder, 'SELECT oracle, cause FROM finding'))


def kill_once(bench, process, where):
    """Kills percuss alone, by its id, and sees that its emulator goes with it."""
    children = descendants(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    left = wait_for(lambda: not [key for key in children if process_key(key[0]) == key], 10)
    if not children or not left:
        bench.check(False, f'{where}: the emulator ends with percuss',
                    f'{children}, left: {[k for k in children if process_key(k[0]) == k]}')


def check_store(bench, folder, where):
    """What a killed process left is whole, if not complete."""
    broken = one(folder, 'PRAGMA integrity_check')
    if broken != 'ok':
        bench.check(False, f'{where}: the store is whole', broken)
    return announced(folder)


def check_announced(bench, name, journals):
    """Each case that was announced before a kill is in the store, with its attempt and epoch."""
    stored = set(rows(bench.path(name), 'SELECT number, attempt, epoch FROM cases'))
    entries = [entry for journal in journals for entry in journal]
    missing = [entry for entry in entries if entry not in stored]
    bench.check(not missing, f'{name}: the {len(entries)} cases that the journals of the killed '
                'processes announced are in the store', missing)


def wait_for_moment(process, folder, before, chance, span):
    """Every fourth moment falls anywhere from the start, the others among the cases.
    `before` is what an earlier process left in the journal."""
    ended = lambda: process.poll() is not None
    anywhere = chance.random() < 0.25
    wait_for(lambda: ended() or os.path.exists(os.path.join(folder, 'campaign.db')))
    if not anywhere:
        wait_for(lambda: ended() or announced(folder) not in ([], before))
    moment = time.monotonic() + chance.uniform(0.05 if anywhere else 0, span)
    wait_for(lambda: ended() or time.monotonic() > moment)


def run_killed(bench, name, campaign, wanted, seconds):
    """Runs to the end of the range with SIGKILLs between. Gives what the journals held."""
    folder = bench.path(name)
    chance = random.Random(f'{wanted.seed} {name}')
    kills = 0
    resume, journals = [], []
    while True:
        before = announced(folder)
        process = bench.begin('run', campaign, '--cases', f'1-{wanted.cases}', '--out', folder,
                              '--quiet', *resume)
        if kills < wanted.kills:
            wait_for_moment(process, folder, before, chance, 2 * seconds / (wanted.kills + 1))
        if kills >= wanted.kills or process.poll() is not None:
            return journals, bench.end(process)
        kills += 1
        kill_once(bench, process, f'{name}, kill {kills}')
        bench.end(process)
        journals.append(check_store(bench, folder, f'{name}, kill {kills}'))
        resume = ['--resume']


def check_nothing_missing(bench, name, wanted):
    folder = bench.path(name)
    numbers = {number for number, in rows(folder, 'SELECT DISTINCT number FROM cases')}
    missing = sorted(set(range(1, wanted.cases + 1)) - numbers)
    bench.check(not missing, f'{name}: every case from 1 to {wanted.cases} is in the store',
                missing)
    last = dict(rows(folder, LATEST))
    open_ends = [number for number, verdict in last.items() if verdict == 'interrupted']
    bench.check(not open_ends, f'{name}: no case is left as interrupted', open_ends)


def check_epochs(bench, name, kills):
    """An epoch that was open when percuss died is repeated and says so."""
    folder = bench.path(name)
    sittings = rows(folder, 'SELECT id, ended_ns, reason FROM sitting ORDER BY id')
    bench.check(len(sittings) == kills + 1 or kills == 0, f'{name}: {len(sittings)} sittings',
                sittings)
    repeats = one(folder, 'SELECT count(DISTINCT repeats) FROM epoch WHERE repeats IS NOT NULL')
    again = one(folder, 'SELECT count(*) FROM cases WHERE attempt > 1')
    interrupted = one(folder, "SELECT count(*) FROM cases WHERE verdict = 'interrupted'")
    # Kills before the first epoch leave nothing to be repeated.
    early = sum(1 for sitting, ended, _ in sittings if ended is None and one(
        folder, 'SELECT count(*) FROM epoch WHERE sitting = ?', sitting) == 0)
    bench.check(repeats or early == kills, f'{name}: {repeats} epochs are recorded as repeated, '
                f'{again} cases have a further attempt, {interrupted} were interrupted')
    bench.check(one(folder, 'SELECT count(*) FROM epoch WHERE closed = 0') == 0,
                f'{name}: no epoch stays open')
    # Each case of an epoch that was repeated has been sent again.
    lost = rows(folder, """
        SELECT c.number, c.attempt FROM cases AS c JOIN epoch AS e ON e.id = c.epoch
         WHERE e.id IN (SELECT repeats FROM epoch WHERE repeats IS NOT NULL)
           AND NOT EXISTS (SELECT 1 FROM cases WHERE number = c.number AND attempt > c.attempt)""")
    bench.check(not lost, f'{name}: each case of a repeated epoch was repeated', lost)


def compare(bench, device, campaign, wanted, same_verdicts):
    whole, killed = f'{device}-whole', f'{device}-killed'
    began = time.monotonic()
    reference = bench.run('run', campaign, '--cases', f'1-{wanted.cases}', '--out',
                          bench.path(whole), '--quiet')
    seconds = time.monotonic() - began
    bench.check(reference.code in (0, 1), f'{device}: an uninterrupted run', reference)
    journals, result = run_killed(bench, killed, campaign, wanted, seconds)
    kills = len(journals)
    bench.check(result.code == reference.code and kills > 0,
                f'{device}: {kills} kills, and the same exit code {reference.code}', result)
    check_nothing_missing(bench, killed, wanted)
    check_announced(bench, killed, journals)
    check_epochs(bench, killed, kills)
    one_way, other = causes(bench.path(whole)), causes(bench.path(killed))
    bench.check(one_way == other, f'{device}: the same {len(one_way)} findings',
                'only uninterrupted:\n  ' + '\n  '.join(set(one_way) - set(other)) +
                '\nonly killed:\n  ' + '\n  '.join(set(other) - set(one_way)))
    if same_verdicts:
        compare_cases(bench, device, bench.path(whole), bench.path(killed))


def compare_cases(bench, device, whole, killed):
    first, second = dict(rows(whole, LATEST)), dict(rows(killed, LATEST))
    differ = [(number, first.get(number), second.get(number))
              for number in sorted(first.keys() | second.keys())
              if first.get(number) != second.get(number)]
    bench.check(not differ, f'{device}: the same verdict for each of {len(first)} cases', differ)
    # What had to be sent again is in the digest twice; and where a gap in a frame lets the device
    # answer or not, as time has it, only silence is proven with a message more.
    digests = """SELECT number, outcome || ' ' || hex(digest) FROM cases WHERE digest IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM cases AS c WHERE c.number = cases.number AND c.resent > 0)
        ORDER BY number, attempt"""
    one_way, other = dict(rows(whole, digests)), dict(rows(killed, digests))
    again = [one(folder, 'SELECT count(*) FROM cases WHERE resent > 0') for folder in (whole, killed)]
    both = one_way.keys() & other.keys()
    otherwise = [number for number in both
                 if one_way[number].split()[0] != other[number].split()[0]]
    differ = [number for number in sorted(both)
              if one_way[number] != other[number] and number not in otherwise]
    bench.check(not differ and len(both) >= len(first) - sum(again) and
                len(otherwise) <= len(both) // 50,
                f'{device}: the very same bytes in {len(both)} cases; something was sent again in '
                f'{again[0]} and {again[1]}', differ)


def test_tcp(bench, wanted):
    """The captures of a run that was killed prove what they hold, and accuse nobody."""
    folder = bench.path('tcp')
    campaign = bench.shipped('libmodbus-patched', [('epoch: 20000', 'epoch: 150')])
    process = bench.begin('run', campaign, '--cases', f'1-{wanted.cases}', '--out', folder,
                          '--quiet')
    wait_for(lambda: process.poll() is not None or len(announced(folder)) > 100)
    kill_once(bench, process, 'tcp')
    bench.end(process)
    journal = check_store(bench, folder, 'tcp')
    result = bench.run('run', campaign, '--cases', f'1-{wanted.cases}', '--out', folder, '--quiet',
                       '--resume')
    bench.check(result.code in (0, 1), 'a TCP run that was killed goes on', result)
    check_nothing_missing(bench, 'tcp', wanted)
    check_announced(bench, 'tcp', [journal])
    check_epochs(bench, 'tcp', 1)
    bench.check(verdict_of(folder, 'AC-21') in ('pass', 'inconclusive'),
                f"tcp: AC-21 is {verdict_of(folder, 'AC-21')}",
                rows(folder, "SELECT explanation FROM criterion WHERE id = 'AC-21'"))


def main():
    bench = Bench()
    wanted = options(bench)
    fixed = bench.shipped('pump-fixed', [('epoch: 1000', 'epoch: 150')])
    defective = bench.shipped('pump-defective',
                              [('epoch: 1000', 'epoch: 150'), ('time: 100s', 'time: 1h')])
    bench.together(3, [lambda: test_tcp(bench, wanted),
                       lambda: compare(bench, 'pump-fixed', fixed, wanted, True),
                       lambda: compare(bench, 'pump-defective', defective, wanted, False)])
    bench.done()


main()
