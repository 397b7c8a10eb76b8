#!/usr/bin/python3
"""A week of nights, by scripts/nightly: night 1 finds, 2 is quiet, 3 has a build without the defect,
4 a build with another one, 5 the first defect again, 6 no device, 7 no disk. Then retention: what is
known is the same with fewer nights, and what somebody cites stays.

With `years` as a third argument 200 nights are made of one and folded: by hand.
"""
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys

from common import Bench, PROJECT, one

TESTS = os.path.join(PROJECT, 'harness', 'tests')
sys.path[:0] = [TESTS, os.path.join(TESTS, 'formats')]
import npm  # noqa: E402
import strict  # noqa: E402

NIGHTLY = os.path.join(PROJECT, 'scripts', 'nightly')
NEW, QUIET, LITTLE = 1, 0, 3
CRITERIA = 'criteria: [AC-07, AC-08, AC-09, AC-10, AC-11, AC-12, AC-13, AC-16]\n'


class Week:
    """One campaign file, device.yaml, whose build changes from night to night."""

    def __init__(self, bench):
        self.bench = bench
        self.nights = bench.path('nights')
        self.campaign = bench.path('device.yaml')

    def build(self, name):
        """A Modbus server of other bytes, with a defect or without."""
        program = self.bench.path(name)
        if not os.path.exists(program):
            shutil.copy(os.path.join(self.bench.build, 'devices', 'modbus-variants'), program)
            with open(program, 'ab') as file:
                file.write(name.encode())
        text = self.bench.shipped(
            'variants', [('${build}/devices/modbus-variants', program),
                         ('--defect, none', f"--defect, {name.split('-')[0]}")],
            CRITERIA + "budget: {cases: '1-1200', only: 'write_register/pdu.body.address,"
                       "read_some/pdu.body.quantity'}\ndisk-reserve-mib: 2\n")
        os.replace(text, self.campaign)

    def night(self, *options, nights=None, prefix=()):
        """Exit code, words and night.json of one night."""
        before = set(self.folders(nights))
        result = subprocess.run(
            [*prefix, NIGHTLY, '--percuss', self.bench.percuss, '--time', '20s', '--nights',
             nights or self.nights, *options, self.campaign], check=False, capture_output=True,
            text=True, timeout=120, env=self.bench.environment)
        made = sorted(set(self.folders(nights)) - before)
        facts = {}
        if made and os.path.exists(os.path.join(made[-1], 'night.json')):
            with open(os.path.join(made[-1], 'night.json'), encoding='utf-8') as file:
                facts = json.load(file)
        return result, facts, made[-1] if made else None

    def folders(self, nights=None):
        top = os.path.join(nights or self.nights, 'device')
        return sorted(os.path.join(top, name) for name in os.listdir(top)) \
            if os.path.isdir(top) else []

    def known(self, nights=None):
        result = self.bench.run('nights', os.path.join(nights or self.nights, 'device'), '--json')
        return json.loads(result.out)


def statuses(facts):
    return [(row['status'], (row['new'] or row['old'])['title']) for row in facts['findings']]


def words(result):
    return f'exit {result.returncode}\n{result.stdout[-1500:]}\n{result.stderr[-1500:]}'


def check_night(bench, result, facts, code, wanted, text):
    """`wanted`: status and a word of the title of every finding."""
    seen = statuses(facts) if facts else []
    bench.check(result.returncode == code and facts.get('exit') == code and
                [status for status, _ in seen] == [status for status, _ in wanted] and
                all(word in title for (_, title), (_, word) in zip(seen, wanted)),
                text, words(result))


def check_reports(bench, folder, new):
    """What CI reads fails where something is new, and nowhere else."""
    with open(os.path.join(folder, 'night.junit.xml'), encoding='utf-8') as file:
        text = file.read()
    suite = re.search(r'<testsuites .*tests="(\d+)" failures="(\d+)" errors="(\d+)"', text)
    with open(os.path.join(folder, 'night.sarif'), encoding='utf-8') as file:
        results = json.load(file)['runs'][0]['results']
    states = [row['baselineState'] for row in results if 'finding' in row.get('properties', {})]
    bench.check(bool(int(suite[2])) == new and suite[3] == '0' and ('new' in states) == new and
                all('baselineState' in row for row in results) and not list(strict.junit(text)),
                f"JUnit and SARIF {'say' if new else 'do not say'} that something is new",
                f'{suite[0]}\n{states}\n{list(strict.junit(text))}')


def check_schema(bench, folders):
    packages = npm.install(os.path.join(TESTS, 'formats', 'package.json'),
                           os.path.join(PROJECT, 'build', 'formats'))
    done = subprocess.run(['node', os.path.join(TESTS, 'formats', 'validate.js'),
                           *(f"sarif={os.path.join(folder, 'night.sarif')}" for folder in folders)],
                          capture_output=True, text=True, check=False,
                          env=bench.environment | {'NODE_PATH': str(packages)})
    bench.check(done.returncode == 0, 'SARIF 2.1.0, by its schema', done.stdout + done.stderr)


def test_week(bench, week):
    crash, zero = ('killed by SIGABRT', 'success reply')
    week.build('exit-1')
    result, facts, first = week.night()
    check_night(bench, result, facts, NEW, [('new', crash)], 'night 1 finds')
    check_reports(bench, first, True)
    result, facts, second = week.night()
    check_night(bench, result, facts, QUIET, [('still open', crash)], 'night 2 is quiet')
    check_reports(bench, second, False)
    bench.check(one(second, "SELECT verdict FROM criterion WHERE id = 'AC-09'") == 'fail',
                'though its verdict is what it was')
    week.build('none-2')
    result, facts, third = week.night()
    check_night(bench, result, facts, QUIET, [('fixed', crash)],
                'night 3, a build without the defect: it is reported fixed')
    bench.check('first case' in facts['how'] and
                one(third, 'SELECT min(number) FROM cases') == one(first, 'SELECT min(number) '
                                                                   'FROM cases'),
                'another build begins with the first case', facts['how'])
    week.build('conformance-3')
    result, facts, _ = week.night()
    check_night(bench, result, facts, NEW, [('new', zero), ('fixed', crash)],
                'night 4, a build with another defect, wakes')
    week.build('exit-4')
    result, facts, fifth = week.night()
    check_night(bench, result, facts, NEW, [('returned', crash), ('fixed', zero)],
                'night 5: the first one is called returned')
    check_reports(bench, fifth, True)
    result, facts, _ = week.night()
    check_night(bench, result, facts, QUIET, [('still open', crash), ('fixed', zero)],
                'the night behind it is quiet again')
    check_schema(bench, (second, fifth))
    text = bench.run('nights', os.path.join(week.nights, 'device'), '--for', week.campaign)
    bench.check(text.code == 0 and re.search(f'open .*{crash}', text.out) and
                re.search(f'fixed .*{zero}', text.out) and 'AC-05 lacks' in text.out,
                'what they know, and lack, as text', text)


def test_dead(bench, week):
    before = week.known()['findings']
    with open(week.campaign, encoding='utf-8') as file:
        text = file.read()
    with open(week.campaign, 'w', encoding='utf-8') as file:
        file.write(re.sub(r'command: .*', "command: ['/bin/false']", text))
    result, facts, folder = week.night()
    bench.check(result.returncode == LITTLE and facts.get('exit') == LITTLE,
                'night 6, a dead device: too little', words(result))
    with open(os.path.join(folder, 'night.junit.xml'), encoding='utf-8') as file:
        bench.check('errors="0"' not in file.read(), 'JUnit is not green then')
    bench.check(week.known()['findings'] == before, 'and nothing is known that was not, or less')
    with open(week.campaign, 'w', encoding='utf-8') as file:
        file.write(text)


def test_disk(bench, week):
    """On a disk of its own, which the night fills."""
    own = ['unshare', '--map-root-user', '--mount']
    if subprocess.run([*own, 'true'], check=False, capture_output=True).returncode:
        bench.note('a full disk: this user may not mount one of its own')
        return
    script = r"""
        mount -t tmpfs -o size=32m none "$1" && cp -r "$2/device" "$1" || exit 77
        nights=$1; kept=$3; shift 3
        "$@" --nights "$nights" &
        for i in $(seq 200); do
            [ -s "$(echo "$nights"/device/*/campaign.db-wal)" ] && break
            sleep 0.05
        done
        sleep 0.5
        cat /dev/zero >"$nights/filler" 2>/dev/null
        wait $!
        echo "ended $?"
        rm "$nights/filler"
        cp -r "$nights/device" "$kept"
        """
    disk, kept = bench.path('disk'), bench.path('kept')
    os.mkdir(disk)
    os.mkdir(kept)
    before = week.known()
    with open(week.campaign, encoding='utf-8') as file:
        whole = re.sub('budget: .*', 'epoch: 50', file.read().replace('epoch: 2000\n', ''))
    campaign = bench.write('disk-night/device.yaml', whole)
    result = subprocess.run(
        [*own, 'sh', '-c', script, 'sh', disk, week.nights, os.path.join(kept, 'device'), NIGHTLY,
         '--percuss', bench.percuss, '--time', '20s', campaign],
        check=False, capture_output=True, text=True, timeout=120, env=bench.environment)
    facts = result.stdout + result.stderr
    ended = re.search(r'^ended (\d)$', result.stdout, re.MULTILINE)
    bench.check(ended and ended[1] in '34' and re.search('No space left|disk', result.stderr),
                'night 7, a full disk: it ends, and says why', facts)
    after = week.known(kept)
    names = [night['name'] for night in before['nights']]
    bench.check([night for night in after['nights'] if night['name'] in names] == before['nights'],
                'every night before it is as it was')
    night = [name for name in os.listdir(os.path.join(kept, 'device')) if name not in names]
    cases = one(os.path.join(kept, 'device', night[0]), 'SELECT count(*) FROM cases')
    bench.check(len(night) == 1 and cases > 0 and
                {row['cause'] for row in before['findings']} <=
                {row['cause'] for row in after['findings']},
                f'nothing that was known is lost, and {cases} cases of the night are kept', facts)


def test_retention(bench, week):
    device = os.path.join(week.nights, 'device')
    before = week.known()
    names = [night['name'] for night in before['nights']]
    refused = bench.run('nights', device, '--keep', '1', '--remove')
    bench.check(refused.code == 2 and 'assessments' in refused.err and len(week.folders()) ==
                len(names), 'nothing is removed by who does not say what is cited', refused)
    free = [row['name'] for row in json.loads(bench.run(
        'nights', device, '--keep', '1', '--assessments', 'none', '--json').out)['retention']
        if row['kept'] is None]
    bench.check(len(free) >= 2, f'{len(free)} of {len(names)} nights could go')
    bench.write('lab/assessment.yaml', 'assessment: a\nruns:\n'
                f'- {{folder: ../nights/device/{free[0]}}}\n')
    result, facts, tonight = week.night('--keep', '1', '--assessments', bench.path('lab'))
    left = [os.path.basename(folder) for folder in week.folders()]
    bench.check(free[0] in left and free[1] not in left and not any(
        name in left for name in free[1:]), 'what is cited stays, the others go', words(result))
    check_night(bench, result, facts, QUIET, [('still open', 'SIGABRT'), ('fixed', 'success')],
                'and the night knows all that it knew')
    shutil.rmtree(tonight)
    bench.check(week.known()['findings'] == before['findings'],
                'findings, since when, and where they stand are the same')
    broken = bench.write('lab/broken.yaml', 'a: [')
    refused = bench.run('nights', device, '--keep', '1', '--assessments', bench.path('lab'),
                        '--remove')
    bench.check(refused.code == 2 and os.path.basename(broken) in refused.err,
                'an assessment that cannot be read: nothing is removed', refused)


def test_wrong(bench, week):
    for arguments, says in ((['--time', '5x'], 'duration'), (['--keep', '3'], 'assessments'),
                            ([bench.path('device.yaml')], 'two campaigns')):
        result = subprocess.run([NIGHTLY, '--percuss', bench.percuss, *arguments, week.campaign],
                                check=False, capture_output=True, text=True)
        bench.check(result.returncode == 2 and says in result.stderr, f'refused: {says}',
                    words(result))
    other = bench.shipped('variants', [('interface: Modbus TCP port', 'interface: USB')])
    result = bench.run('run', other, '--baseline', os.path.join(week.nights, 'device'), '--out',
                       bench.path('usb'))
    bench.check(result.code == 2 and 'interface' in result.err, 'nights of another interface',
                result)


# --- by hand -------------------------------------------------------------------------------------

def measure(bench, *arguments):
    """Seconds of a processor, and what it held at most in MiB."""
    process = subprocess.Popen([bench.percuss, *arguments], stdout=subprocess.DEVNULL,
                               env=bench.environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    bench.check(process.returncode == 0, ' '.join(arguments[:1]))
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss >> 10


def test_years(bench, week):
    """200 nights: copies of one, each with its own start."""
    week.build('exit-1')
    _, _, first = week.night()
    top = os.path.dirname(first)
    for number in range(1, 200):
        folder = os.path.join(top, f'copy-{number:03}')
        shutil.copytree(first, folder)
        with sqlite3.connect(os.path.join(folder, 'campaign.db')) as database:
            database.execute("UPDATE run SET value = value + ? WHERE key = 'started_ns'",
                             (number * 86400 * 10**9,))
        database.close()
    for count in (20, 200):
        apart = week.folders()[count:]
        for folder in apart:
            os.rename(folder, bench.path(os.path.basename(folder)))
        seconds, mebibytes = measure(bench, 'nights', top, '--keep', '14', '--assessments', 'none')
        bench.note(f'{count} nights: {seconds:.2f} s, {mebibytes} MiB')
        for folder in apart:
            os.rename(bench.path(os.path.basename(folder)), folder)
    seconds, mebibytes = measure(bench, 'nights', top, '--keep', '14', '--assessments', 'none',
                                 '--remove')
    bench.check(len(week.folders()) <= 17, f'{len(week.folders())} are left after {seconds:.2f} s, '
                                           f'{mebibytes} MiB')


def main():
    bench = Bench()
    week = Week(bench)
    if bench.arguments == ['years']:
        test_years(bench, week)
        bench.done()
    test_week(bench, week)
    test_dead(bench, week)
    test_disk(bench, week)
    test_retention(bench, week)
    test_wrong(bench, week)
    bench.done()


main()
