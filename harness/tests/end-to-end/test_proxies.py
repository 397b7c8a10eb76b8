#!/usr/bin/env -S python3 -B
"""afl-fuzz and libFuzzer, the real ones, on devices: a process behind TCP with a planted defect,
and emulated firmware behind its serial port. What they find is a finding that repeats; a device
without a defect has none; and nothing is left behind, however they end.
"""
import glob
import os
import re
import signal
import subprocess
import sys

from common import Bench, HERE, MODBUS, PROJECT, descendants, wait_for


class Fuzzers:
    def __init__(self, bench):
        self.bench = bench
        self.proxy = os.path.join(bench.build, 'percuss-afl')
        self.libfuzzer = os.path.join(bench.build, 'percuss-libfuzzer')
        # afl-fuzz wants these of the sanitizers that percuss may be built with.
        bench.environment.update(PERCUSS_BUILD=bench.build, AFL_NO_UI='1', AFL_SKIP_CPUFREQ='1', AFL_NO_AFFINITY='1',
                                 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES='1', AFL_NO_COLOR='1',
                                 ASAN_OPTIONS='abort_on_error=1:symbolize=0:detect_leaks=0')

    def campaign(self, defect):
        return self.bench.shipped('variants', [('--defect, none', f'--defect, {defect}'),
                                               # each replay of a deaf one waits often
                                               ('answer: 400ms', 'answer: 50ms' if defect ==
                                                'alive' else 'answer: 200ms')])

    def call(self, *command, data=b''):
        done = subprocess.run(command, env=self.bench.environment, cwd=self.bench.folder,
                              input=data, capture_output=True, timeout=120, check=False)
        return done.returncode, (done.stdout + done.stderr).decode(errors='replace')

    def by_hand(self, *arguments, data=b''):
        return self.call(self.proxy, *arguments, data=data)

    def script(self, *arguments):
        """scripts/fuzz-device with the programs under test."""
        return self.call(os.path.join(PROJECT, 'scripts', 'fuzz-device'), *arguments)

    def seeds(self, campaign, name):
        folder = self.bench.path(name)
        self.by_hand(campaign, '--seeds', folder)
        return folder

    def one_seed(self, name, hexadecimal):
        folder = self.bench.path(name)
        os.mkdir(folder)
        with open(os.path.join(folder, 'seed'), 'wb') as file:
            file.write(bytes.fromhex(hexadecimal))
        return folder

    def afl_command(self, name, seeds, limit, campaign, *options):
        return ['afl-fuzz', '-s', '1', *limit, '-i', seeds, '-o', self.bench.path(name), '--',
                self.proxy, campaign, *options]

    def afl(self, name, seeds, limit, campaign, *options):
        """(figures, folder) of a run of afl-fuzz."""
        code, words = self.call(*self.afl_command(name, seeds, limit, campaign, *options))
        folder = self.bench.path(name, 'default')
        try:
            with open(os.path.join(folder, 'fuzzer_stats'), encoding='utf-8') as file:
                figures = dict(re.findall(r'^(\w+) *: (.*)$', file.read(), re.MULTILINE))
        except OSError:
            figures = {}
        figures['words'] = f'exit {code}\n{words[-2000:]}'
        return figures, folder


def files(*parts):
    return [name for name in glob.glob(os.path.join(*parts)) if not name.endswith('README.txt')]


def traces(bench):
    """What a run may leave: shared memory, scratch folders, processes that name our folder."""
    memory = [line for line in open('/proc/sysvipc/shm', encoding='ascii').read().splitlines()[1:]
              if os.path.exists(f'/proc/{line.split()[4]}') is False]
    scratch = files(bench.folder, 'percuss-*')
    own = []
    for status in glob.glob('/proc/[0-9]*/cmdline'):
        try:
            with open(status, 'rb') as file:
                if bench.folder.encode() in file.read():
                    own.append(status)
        except OSError:
            pass
    return memory, scratch, own


def check_nothing_left(bench, before, text):
    def clean():
        memory, scratch, own = traces(bench)
        left = [line for line in memory if line not in before]
        return not left and not [name for name in scratch if os.path.isdir(name) and
                                 not name.endswith('.yaml')] and not own

    bench.check(wait_for(clean, 30), f'{text}: no process, memory or folder is left',
                traces(bench))


# --- afl-fuzz ------------------------------------------------------------------------------------

def test_afl_sound(fuzzers):
    bench, campaign = fuzzers.bench, fuzzers.campaign('none')
    before = traces(bench)[0]
    figures, folder = fuzzers.afl('sound', fuzzers.seeds(campaign, 'seeds'), ['-E', '4000'],
                                  campaign)
    bench.check(int(figures.get('execs_done', 0)) >= 4000 and
                int(figures.get('edges_found', 0)) > 20,
                'afl-fuzz runs 4000 inputs on a process behind TCP, guided by its replies',
                figures)
    bench.check(not files(folder, 'crashes', '*') and not files(folder, 'hangs', '*') and
                not files(folder, 'findings', '*'), 'without a defect it finds nothing', figures)
    check_nothing_left(bench, before, 'afl-fuzz that ends by itself')


def check_finding(fuzzers, folder, campaign, what):
    """A finding of afl-fuzz: its folder repeats, and so does the input that afl-fuzz kept."""
    bench = fuzzers.bench
    crashes = files(folder, 'crashes', '*')
    if not bench.check(crashes and files(folder, 'findings', 'F-001', 'reproducer.percuss'),
                       f'afl-fuzz keeps a crash, and there is a finding: {what}',
                       os.listdir(folder)):
        return
    result = bench.run('replay', os.path.join(folder, 'findings', 'F-001'), '--times', '1')
    bench.check(result.code == 1, f'percuss replay shows it again ({what})', result)
    code, words = fuzzers.by_hand(campaign, '--out', bench.path('hand-' + what), crashes[0])
    bench.check(code == 1 and 'F-001 ' in words, f'percuss-afl FILE says what it is ({what})',
                words)


def test_afl_finds(fuzzers):
    bench = fuzzers.bench
    # One byte from what each defect needs.
    for defect, seed in (('exit', '000100000006ff06fffe0007'),
                         ('conformance', '000100000006ff0300000001')):
        campaign = fuzzers.campaign(defect)
        bench.environment['AFL_BENCH_UNTIL_CRASH'] = '1'
        figures, folder = fuzzers.afl(defect, fuzzers.one_seed(defect + '-seed', seed),
                                      ['-E', '30000'], campaign)
        del bench.environment['AFL_BENCH_UNTIL_CRASH']
        bench.note(f"{defect}: {figures.get('execs_done')} inputs")
        check_finding(fuzzers, folder, campaign, defect)


def test_afl_hang(fuzzers):
    """One seed is enough: what hangs needs only the quantity 0."""
    bench, campaign = fuzzers.bench, fuzzers.campaign('alive')
    folder = fuzzers.one_seed('hanging', '000100000006ff0300000000')
    code, words = fuzzers.by_hand(campaign, '--out', bench.path('hang'),
                                  os.path.join(folder, 'seed'))
    bench.check(code == 1 and 'alive' in words, 'a device that is deaf is a finding', words)
    # afl-showmap tells a hang from a crash by what the fork server lets it do.
    code, words = fuzzers.call('afl-showmap', '-t', '400', '-o', bench.path('map'), '-i', folder,
                               '--', fuzzers.proxy, campaign, '--out', bench.path('hang'))
    bench.check('timed out' in words.lower() or 'timeout' in words.lower() or code == 1,
                'AFL++ takes it for a hang', f'exit {code}\n{words}')


def test_afl_killed(fuzzers):
    bench, campaign = fuzzers.bench, fuzzers.campaign('none')
    before = traces(bench)[0]
    for number in (signal.SIGINT, signal.SIGKILL):
        process = bench.start(fuzzers.afl_command(f'killed-{number}', bench.path('seeds'),
                                                  ['-V', '60'], campaign),
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        stats = bench.path(f'killed-{number}', 'default', 'plot_data')
        wait_for(lambda: os.path.exists(stats) and len(descendants(process.pid)) >= 3)
        below = descendants(process.pid)
        process.send_signal(number)
        process.wait(30)
        bench.check(len(below) >= 3, f'{signal.Signals(number).name}: a device was there', below)
        check_nothing_left(bench, before, f'afl-fuzz that got {signal.Signals(number).name}')


# --- the gate ------------------------------------------------------------------------------------

GATED = f"""\
campaign: gated
target:
  model: {MODBUS}/modbus_tcp.ksy
  session: {MODBUS}/registers.yaml
device: {{kind: external}}
link: {{kind: tcp, address: '%s'}}
timing: {{answer: 200ms}}
exclude:
- id: single-write
  when: request.pdu.function == 6
  rationale: a single write starts the motor
"""


def test_gate(fuzzers):
    bench = fuzzers.bench
    log = bench.path('gate.log')
    with open(log, 'w', encoding='utf-8'):
        pass
    server = bench.start([sys.executable, os.path.join(HERE, 'hostile_device.py'), '--port', '0',
                          '--log', log], stdout=subprocess.PIPE)
    address = '127.0.0.1:' + server.stdout.readline().split()[-1]
    campaign = bench.write('gated.yaml', GATED % address)
    fuzzers.afl('gated', bench.path('seeds'), ['-E', '1500'], campaign)
    code, words = fuzzers.by_hand(campaign, data=bytes.fromhex('000100000006ff0600010001'))
    bench.check(code == 0 and 'keeps it off the wire' in words, 'what is excluded is not sent',
                words)
    server.terminate()
    server.wait()
    server.stdout.close()
    with open(log, encoding='utf-8') as file:
        frames = [bytes.fromhex(line) for line in file if line.endswith('\n')]
    writes = [frame for frame in frames if len(frame) > 7 and frame[7] == 6]
    bench.check(len(frames) > 1500 and not writes,
                f'of {len(frames)} frames that afl-fuzz caused none is an excluded one', writes[:3])
    code, words = fuzzers.by_hand(bench.write('far.yaml', GATED % '192.0.2.1:502'))
    bench.check(code == 2 and 'authorisation' in words,
                'a device that is not on this machine needs its authorisation', words)


# --- libFuzzer -----------------------------------------------------------------------------------

def test_libfuzzer(fuzzers):
    bench = fuzzers.bench
    if not os.path.exists(fuzzers.libfuzzer):
        bench.note('no clang, so no percuss-libfuzzer')
        return
    before = traces(bench)[0]
    sound = fuzzers.campaign('none')
    code, words = fuzzers.call(fuzzers.libfuzzer, f'--campaign={sound}', '-runs=4000', '-seed=1',
                               bench.path('seeds'))
    new = len(re.findall(r'^#\d+\s+NEW', words, re.MULTILINE))
    bench.check(code == 0 and new > 3 and 'Done 4000 runs' in words,
                f'libFuzzer runs 4000 inputs, {new} of which showed something new', words[-2000:])
    campaign = fuzzers.campaign('conformance')
    code, words = fuzzers.call(fuzzers.libfuzzer, f'--campaign={campaign}', '-runs=4000',
                               '-seed=1', bench.path('seeds'))
    crashes = files(bench.folder, 'crash-*')
    bench.check(code == 77 and len(crashes) == 1 and 'F-001 conformance: ' in words,
                'libFuzzer keeps the input of a finding, whose title is printed', words[-2000:])
    if crashes:
        os.rename(crashes[0], bench.path('seeds', 'crash'))
    code, words = fuzzers.call(fuzzers.libfuzzer, f'--campaign={campaign}', '-runs=1000',
                               '-seed=1', bench.path('seeds'))
    bench.check(code == 0, 'what is known lets it go on', words[-2000:])
    code, words = fuzzers.script('libfuzzer', campaign, '--inputs', '2000', '--seed', '1', '--out',
                                 bench.path('script'))
    bench.check(code == 1 and files(bench.folder, 'script', 'findings', 'F-001'),
                'scripts/fuzz-device says that there are findings', words[-2000:])
    test_jobs(fuzzers, campaign)
    check_nothing_left(bench, before, 'libFuzzer')


# --- several at once -----------------------------------------------------------------------------

def contents(*names):
    texts = []
    for name in names:
        with open(name, encoding='utf-8', errors='replace') as file:
            texts.append(file.read())
    return texts


def test_jobs(fuzzers, campaign):
    """Two of each, which share what they keep and what they report."""
    bench = fuzzers.bench
    for engine, done in (('libfuzzer', 'Done 2000 runs'), ('afl', "We're done here")):
        out = bench.path('jobs-' + engine)
        code, words = fuzzers.script(engine, campaign, '--inputs', '2000', '--seed', '1', '--jobs',
                                     '2', '--out', out)
        logs = contents(os.path.join(out, 'job-1.log'), os.path.join(out, 'job-2.log'))
        bench.check(code == 1 and all(done in log for log in logs),
                    f'two jobs of {engine} run their inputs', words[-2000:] + logs[0][-2000:])
        causes = [re.search('"cause": (.*)', text).group(1)
                  for text in contents(*files(out, 'findings', 'F-*', 'finding.json'))]
        bench.check(causes and len(set(causes)) == len(causes),
                    f'they report the {len(causes)} findings once', causes)
    bench.check(files(bench.path('jobs-libfuzzer', 'corpus', '*')), 'libFuzzer\'s have one corpus')
    synced = glob.glob(bench.path('jobs-afl', 'afl', '*', '.synced', '*'))
    bench.check({os.path.basename(name) for name in synced} & {'main', 'secondary-2'},
                'AFL++\'s take up what the other found', synced)


# --- firmware ------------------------------------------------------------------------------------

def edges(stats):
    try:
        with open(stats, encoding='utf-8') as file:
            return int(re.search(r'^edges_found *: (\d+)', file.read(), re.MULTILINE).group(1))
    except OSError:
        return 0


def test_firmware(fuzzers):
    """The same seed of afl-fuzz, the same number of inputs: with the map it keeps more, and with
    our mutator, whose messages have right checksums, more still."""
    bench = fuzzers.bench
    campaign = bench.shipped('pump-fixed', [('clock: realtime', 'clock: realtime\n'
                                             '  coverage: true')])
    seeds = fuzzers.seeds(campaign, 'pump-seeds')
    for name in os.listdir(seeds):
        if name not in ('echo', 'read_settings', 'trend'):
            os.remove(os.path.join(seeds, name))
    before = traces(bench)[0]
    found = {}
    for name, options in (('map', []), ('held', ['--hold-map', seeds])):
        figures, folder = fuzzers.afl('pump-' + name, seeds, ['-E', '250'], campaign, *options)
        found[name] = int(figures.get('edges_found', 0))
        bench.check(not files(folder, 'findings', '*'), f'{name}: the fixed pump has no finding',
                    figures)
    bench.check(found['map'] > 100 and found['held'] == 4,
                f"{found['map']} places of the map are the firmware's, {found['held']} of one "
                'that is held', found)
    code, words = fuzzers.script('afl', campaign, '--seeds', seeds, '--inputs', '250', '--seed',
                                 '1', '--out', bench.path('pump-mutator'))
    found['mutator'] = edges(bench.path('pump-mutator', 'afl', 'default', 'fuzzer_stats'))
    bench.check(code == 0 and found['mutator'] > found['map'],
                f"with our mutator {found['mutator']}", words[-2000:])
    check_nothing_left(bench, before, 'afl-fuzz on emulated firmware')


def main():
    fuzzers = Fuzzers(Bench())
    test_afl_sound(fuzzers)
    test_afl_finds(fuzzers)
    test_afl_hang(fuzzers)
    test_afl_killed(fuzzers)
    test_gate(fuzzers)
    test_libfuzzer(fuzzers)
    if os.path.exists(os.path.join(fuzzers.bench.firmware, 'pump-fixed-an385.elf')):
        test_firmware(fuzzers)
    fuzzers.bench.done()


if __name__ == '__main__':
    main()
