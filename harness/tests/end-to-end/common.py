"""What the end-to-end tests share: their arguments, a fresh folder, checks, processes.

A test is called as `SCRIPT PERCUSS BUILD-FOLDER` from the project's root. It prints a line a
check and ends with 1 when one failed. Processes are ended by their id, folders removed
(PERCUSS_TEST_KEEP=1 in the environment keeps them, to look at).
"""
import atexit
import concurrent.futures
import itertools
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
MODBUS = os.path.join(PROJECT, 'targets', 'modbus')
PATIENCE = 240          # seconds before a command counts as hanging


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __str__(self):
        return f'exit {self.code}\n--- out\n{self.out[-2000:]}\n--- err\n{self.err[-2000:]}'


class Bench:
    def __init__(self, extra=None):
        arguments = sys.argv[1:]
        if len(arguments) < 2:
            sys.exit(f'usage: {sys.argv[0]} PERCUSS BUILD-FOLDER')
        self.percuss = os.path.abspath(arguments[0])
        self.build = os.path.abspath(arguments[1])
        self.arguments = arguments[2:]
        self.devices = os.path.join(self.build, '..', 'devices')
        self.firmware = os.path.join(self.build, 'firmware')
        self.folder = tempfile.mkdtemp(prefix='percuss-test-')
        self.failed = self.passed = 0
        self.numbers, self.lock = itertools.count(), threading.Lock()
        self.processes = []
        # A finding of the sanitizers is no exit code of percuss. A percuss that is killed
        # cannot remove its scratch folder: that lies in ours.
        self.environment = dict(os.environ, TMPDIR=self.folder,
                                UBSAN_OPTIONS='print_stacktrace=1:exitcode=88',
                                ASAN_OPTIONS='exitcode=88:detect_leaks=1', LC_ALL='C.UTF-8')
        atexit.register(self.clean)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(1))

    def clean(self):
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        if os.environ.get('PERCUSS_TEST_KEEP'):
            print(f'kept: {self.folder}')
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    # --- checks ------------------------------------------------------------------------------

    def check(self, condition, text, detail=''):
        with self.lock:
            print(('ok      ' if condition else 'FAILED  ') + text, flush=True)
            if condition:
                self.passed += 1
            else:
                self.failed += 1
                for line in str(detail).splitlines():
                    print('        | ' + line, flush=True)
        return bool(condition)

    def together(self, width, tasks):
        """Calls them, so many at once: for runs that wait more than they work."""
        with concurrent.futures.ThreadPoolExecutor(width) as pool:
            try:
                for future in [pool.submit(task) for task in tasks]:
                    future.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self.clean()    # what the others wait for
                raise

    def note(self, text):
        print('        ' + text, flush=True)

    def done(self):
        print(f'{self.passed} checks passed, {self.failed} failed', flush=True)
        sys.exit(1 if self.failed else 0)

    # --- files -------------------------------------------------------------------------------

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, text):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        return path

    def shipped(self, name, replace=(), append='', target=MODBUS):
        """A copy of a campaign of a target, with whole paths and parts replaced."""
        with open(os.path.join(target, 'campaigns', name + '.yaml'), encoding='utf-8') as file:
            text = re.sub(r'^( +(?:model|session): )\.\./', rf'\1{target}/', file.read(),
                          flags=re.MULTILINE)
        for old, new in replace:
            if old not in text:
                raise ValueError(f'{name}: no {old!r}')
            text = text.replace(old, new)
        return self.write(f'{name}-{next(self.numbers)}.yaml', text + append)

    # --- processes ---------------------------------------------------------------------------

    def start(self, command, **how):
        process = subprocess.Popen(command, env=self.environment, cwd=PROJECT, text=True,
                                   stdin=subprocess.DEVNULL, **how)
        self.processes.append(process)
        return process

    def begin(self, *arguments):
        """Starts percuss; its words go to files, so that no pipe can fill."""
        number = next(self.numbers)
        out = open(self.path(f'out-{number}'), 'w+', encoding='utf-8')
        err = open(self.path(f'err-{number}'), 'w+', encoding='utf-8')
        process = self.start([self.percuss, *arguments], stdout=out, stderr=err)
        process.words = out, err
        return process

    def end(self, process, patience=PATIENCE):
        """Waits for percuss; one that hangs is killed and gives exit code None."""
        try:
            code = process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            code = None
        texts = []
        for file in process.words:
            file.seek(0)
            texts.append(file.read())
            file.close()
        return Result(code, *texts)

    def run(self, *arguments, patience=PATIENCE):
        return self.end(self.begin(*arguments), patience)


# --- looking at things ---------------------------------------------------------------------------

def rows(folder, query, *values):
    """Rows of a run's store. Not immutable: a killed run has a write-ahead log to be read."""
    database = sqlite3.connect(os.path.join(folder, 'campaign.db'), timeout=30)
    try:
        return database.execute(query, values).fetchall()
    finally:
        database.close()


def one(folder, query, *values):
    return rows(folder, query, *values)[0][0]


def summary(folder):
    with open(os.path.join(folder, 'summary.json'), encoding='utf-8') as file:
        return json.load(file)


def check_same_bytes(bench, one_run, other):
    """Each case was sent with the same bytes, but where the device did another thing: one that
    answers and closes the connection may be seen to do either first."""
    query = ("SELECT number, outcome, digest, max(attempt) FROM cases WHERE verdict <> 'interrupted' "
             'GROUP BY number')
    pairs = list(zip(rows(one_run, query), rows(other, query)))
    alike = [(a, b) for a, b in pairs if a[:2] == b[:2]]
    wrong = [a[0] for a, b in alike if a[2] != b[2]]
    bench.check(not wrong and len(alike) > 0.9 * len(pairs),
                f'the same bytes were sent in the {len(alike)} of {len(pairs)} cases in which the '
                'device did the same', wrong)


def may_capture():
    """Whether this user may open what libpcap opens."""
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
        return True
    except OSError:
        return False


def verdict_of(folder, criterion):
    for entry in summary(folder)['criteria']:
        if entry['id'] == criterion:
            return entry['verdict']
    return None


def announced(folder):
    """(number, attempt, epoch) of what the journal holds: see record/journal.c."""
    try:
        with open(os.path.join(folder, 'journal'), 'rb') as file:
            data = file.read()
    except OSError:
        return []
    if len(data) < 64 or data[:8] == bytes(8):
        return []
    count = struct.unpack_from('=Q', data, 24)[0]
    return [struct.unpack_from('=QI4xQ', data, 64 + 24 * i) for i in range(count)]


def wait_for(condition, patience=60):
    """The first true value of condition(), or what it gave last."""
    limit = time.monotonic() + patience
    while True:
        value = condition()
        if value or time.monotonic() > limit:
            return value
        time.sleep(0.02)


def process_key(pid):
    """(pid, start time), or None when there is no such living process."""
    try:
        with open(f'/proc/{pid}/stat', encoding='utf-8', errors='replace') as file:
            fields = file.read().rsplit(')', 1)[1].split()
    except OSError:
        return None
    return None if fields[0] in 'ZX' else (pid, fields[19])


def descendants(pid):
    """Keys of all living processes below pid."""
    parents = {}
    for name in os.listdir('/proc'):
        if name.isdigit():
            try:
                with open(f'/proc/{name}/stat', encoding='utf-8', errors='replace') as file:
                    parents[int(name)] = int(file.read().rsplit(')', 1)[1].split()[1])
            except OSError:
                pass
    below, found = {pid}, []
    while True:
        more = [child for child, parent in parents.items()
                if parent in below and child not in below]
        if not more:
            return [key for key in map(process_key, found) if key]
        below.update(more)
        found.extend(more)


def patient(bench, path):
    """A copy of a campaign with more patience: an answer that is looked at once may be late on a
    busy host; what a run suspects is confirmed."""
    with open(path, encoding='utf-8') as file:
        text = re.sub(r'\banswer: \w+', 'answer: 2s', file.read())
    return bench.write('patient-' + os.path.basename(path), text)


def check_soundness(bench, folder, cases, captured=True):
    """What holds of any run on a peer that is well: it answered what is right, between the cases
    too, what was found repeats, and the captures agree (`captured`: the link can be)."""
    checks, right = rows(folder, 'SELECT count(*), sum(ok) FROM valid_check')[0]
    bench.check(checks > cases // 50 and right == checks,
                f'{right} of {checks} valid exchanges were right')
    for criterion in ('AC-08', 'AC-16', 'AC-21') if captured else ('AC-08', 'AC-16'):
        bench.check(verdict_of(folder, criterion) == 'pass', f'{criterion} passes')
