#!/usr/bin/env -S python3 -B
"""What protects a device: authorisation, the exclude gate, the rate limit, stopping, power-off."""
import json
import os
import pty
import signal
import subprocess
import sys

from common import Bench, HERE, MODBUS, one, rows, summary, wait_for

CAMPAIGN = f"""\
campaign: safety
target:
  model: {MODBUS}/modbus_tcp.ksy
  session: {MODBUS}/registers.yaml
device: {{kind: external%s}}
link: {{kind: tcp, address: '%s'}}
timing: {{answer: 200ms%s}}
epoch: 1000
disk-reserve-mib: 1
"""

NO_WRITES = """\
exclude:
- id: single-write
  when: request.pdu.function == 6
  rationale: a single write starts the motor
"""


class Server:
    """The good server of hostile_device.py, and what came to it."""

    def __init__(self, bench, name):
        self.log = bench.path(name + '.log')
        with open(self.log, 'w', encoding='utf-8'):
            pass
        self.process = bench.start(
            [sys.executable, os.path.join(HERE, 'hostile_device.py'), '--port', '0', '--log',
             self.log], stdout=subprocess.PIPE)
        self.address = '127.0.0.1:' + self.process.stdout.readline().split()[-1]

    def frames(self):
        with open(self.log, encoding='utf-8') as file:
            return [bytes.fromhex(line) for line in file if line.endswith('\n')]

    def forget(self):
        os.truncate(self.log, 0)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def is_function(frame, function):
    return len(frame) > 7 and frame[7] == function


# --- authorisation -------------------------------------------------------------------------------

def test_authorisation(bench):
    out = bench.path('never')
    for what, link in (('an address elsewhere', "192.0.2.1:502"),
                       ('an IPv6 address elsewhere', "[2001:db8::1]:502"),
                       ('a name', "device.example:502")):
        campaign = bench.write('elsewhere.yaml', CAMPAIGN % ('', link, ''))
        for command in (['run', campaign, '--out', out], ['check', campaign]):
            result = bench.run(*command, patience=30)
            bench.check(result.code == 2 and 'authorisation' in result.err and
                        len(result.err.splitlines()) == 1 and not os.path.exists(out),
                        f'{what} without authorisation: {command[0]} refuses', result)
    local = bench.write('tty.yaml', CAMPAIGN.replace('modbus_tcp.ksy', 'modbus_rtu.ksy').replace(
        'registers.yaml', 'pump.yaml').replace('kind: tcp', 'kind: serial') %
                        ('', '/dev/ttyS97', ''))
    result = bench.run('run', local, '--out', out, patience=30)
    bench.check(result.code == 2 and 'authorisation' in result.err and not os.path.exists(out),
                'a real serial port without authorisation: run refuses', result)
    for what, text in (('without a scope', 'authorisation: {by: somebody}'),
                       ('without a name', 'authorisation: {scope: everything}')):
        campaign = bench.write('half.yaml', CAMPAIGN % ('', '192.0.2.1:502', '') + text + '\n')
        result = bench.run('run', campaign, '--out', out, patience=30)
        bench.check(result.code == 2 and not os.path.exists(out), f'authorisation {what}', result)


# --- the exclude gate ----------------------------------------------------------------------------

def write_reproducer(bench, campaign):
    """A finding's file whose one message is a single write."""
    plan = json.loads(bench.run('plan', campaign, '--json').out)
    with open(campaign, encoding='utf-8') as file:
        text = file.read()
    finding = {'percuss_reproducer': 2, 'id': 'F-001', 'oracle': 'answers', 'kind': 'hang',
               'cause': 'none', 'title': 'a single write', 'sample_invariants': False,
               'campaign': campaign, 'campaign_text': text, 'plan_hash': plan['plan_hash'], 'seed': 1, 'first_case': 1,
               'case_name': 'modbus_tcp/ready/write_register',
               'wire': [], 'fault': None,
               'steps': [{'message': 'write_register', 'fuzzed': True, 'case': 1,
                          'bytes': '000100000006010601680007', 'decoded': ''}]}
    return bench.write('write.json', json.dumps(finding))


def test_exclude(bench):
    server = Server(bench, 'exclude')
    free = bench.write('free.yaml', CAMPAIGN % ('', server.address, ''))
    guarded = bench.write('guarded.yaml', CAMPAIGN % ('', server.address, '') + NO_WRITES)
    run = ['--cases', '1-500', '--quiet']

    result = bench.run('run', free, '--out', bench.path('free'), *run)
    written = sum(is_function(frame, 6) for frame in server.frames())
    bench.check(result.code in (0, 1) and written > 0,
                f'without a rule the device gets single writes ({written})', result)

    server.forget()
    result = bench.run('run', guarded, '--out', bench.path('guarded'), *run)
    frames = server.frames()
    bench.check(result.code in (0, 1) and len(frames) > 400 and
                not any(is_function(frame, 6) for frame in frames),
                f'with the rule none of {len(frames)} frames is one',
                [frame.hex() for frame in frames if is_function(frame, 6)] or result)
    kept = one(bench.path('guarded'), "SELECT cases FROM excluded WHERE rule = 'single-write'")
    cases = [number for number, in rows(
        bench.path('guarded'), "SELECT number FROM cases WHERE verdict = 'excluded'")]
    missing = one(bench.path('guarded'), "SELECT total(cases) FROM excluded WHERE rule LIKE "
                  "'not-carried-%'")
    bench.check(kept > 0 and kept + missing >= len(cases) > missing and summary(bench.path('guarded'))['excluded'] == len(cases),
                f'{len(cases)} cases are counted as excluded')
    same = rows(bench.path('guarded'), 'SELECT max(number), count(DISTINCT number) FROM cases')
    bench.check(same == [(500, 500)], 'excluded cases leave gaps and renumber nothing', same)

    server.forget()
    for number in cases[:3]:
        result = bench.run('replay', bench.path('guarded'), '--case', str(number), '--times', '2')
        bench.check(result.code in (0, 1, 3), f'replay of excluded case {number}', result)
    frames = server.frames()
    bench.check(frames and not any(is_function(frame, 6) for frame in frames),
                'replay by number passes the gate', frames)

    server.forget()
    reproducer = write_reproducer(bench, free)
    result = bench.run('replay', reproducer, '--times', '2')
    open_frames = [frame for frame in server.frames() if is_function(frame, 6)]
    bench.check(result.code in (0, 1) and open_frames,
                'a finding of a single write reaches the device where no rule is', result)
    server.forget()
    result = bench.run('replay', reproducer, '--times', '2', '--campaign', guarded)
    frames = server.frames()
    bench.check(result.code in (0, 1, 3) and frames and
                not any(is_function(frame, 6) for frame in frames),
                'replay of a finding passes the gate', result)
    server.stop()


def test_exclude_unparsed(bench):
    server = Server(bench, 'unparsed')
    campaign = bench.write('unparsed.yaml',
                           CAMPAIGN % ('', server.address, '') + 'exclude-unparsed: true\n')
    result = bench.run('run', campaign, '--out', bench.path('unparsed'), '--cases', '1-500',
                       '--quiet')
    frames = server.frames()
    broken = [frame.hex() for frame in frames
              if len(frame) < 8 or frame[2:4] != b'\0\0' or
              int.from_bytes(frame[4:6], 'big') != len(frame) - 6]
    bench.check(result.code in (0, 1) and len(frames) > 200 and not broken,
                f'exclude-unparsed: none of {len(frames)} frames breaks the grammar',
                '\n'.join(broken) or result)
    kept = one(bench.path('unparsed'), "SELECT cases FROM excluded WHERE rule = 'unparsed'")
    bench.check(kept > 0, f'{kept} that do are counted')
    server.stop()


def test_excluded_probe(bench):
    """A rule that forbids what the session itself needs is told, not worked around."""
    server = Server(bench, 'probe')
    campaign = bench.write('probe.yaml', CAMPAIGN % ('', server.address, '') +
                           NO_WRITES.replace('== 6', '== 3'))
    result = bench.run('run', campaign, '--out', bench.path('probe'), '--cases', '1-50', '--quiet')
    bench.check(result.code == 3 and 'exclude' in result.err and
                not any(is_function(frame, 3) for frame in server.frames()),
                'a rule against the probe itself: inconclusive, and it says why', result)
    server.stop()


# --- pace, stopping, power -----------------------------------------------------------------------

def test_rate(bench):
    server = Server(bench, 'rate')
    campaign = bench.write('rate.yaml', CAMPAIGN % ('', server.address, ', rate-limit: 40'))
    out = bench.path('rate')
    result = bench.run('run', campaign, '--out', out, '--time', '3s', '--quiet')
    seconds = float(one(out, "SELECT value FROM run WHERE key = 'active_seconds'"))
    cases = one(out, "SELECT count(*) FROM cases WHERE verdict <> 'excluded'")
    bench.check(result.code in (0, 1) and 10 < cases <= 40 * seconds + 2,
                f'rate-limit 40: {cases} cases in {seconds} s', result)
    server.stop()


def switched(bench, server, name):
    """A campaign whose power commands leave a mark."""
    mark = bench.path(name + '.mark')
    commands = ''.join(f"{which}: [sh, -c, 'echo power-{which} >>{mark}'], "
                       for which in ('on', 'off'))
    return mark, bench.write(name + '.yaml', CAMPAIGN % (
        f', settle: 10ms, power: {{{commands}pause: 10ms}}', server.address, ''))


def last_mark(path):
    with open(path, encoding='utf-8') as file:
        return file.read().split()[-1]


def test_power_off(bench):
    server = Server(bench, 'power')
    mark, campaign = switched(bench, server, 'exit')
    result = bench.run('run', campaign, '--out', bench.path('exit'), '--cases', '1-100', '--quiet')
    bench.check(result.code in (0, 1) and last_mark(mark) == 'power-off',
                'the device is switched off at the end of a run', result)

    for number in (signal.SIGINT, signal.SIGTERM):
        name = number.name.lower()
        mark, campaign = switched(bench, server, name)
        out = bench.path(name)
        process = bench.begin('run', campaign, '--out', out, '--quiet')
        wait_for(lambda: sent(out) > 0)
        process.send_signal(number)
        result = bench.end(process)
        bench.check(result.code in (0, 1, 3) and last_mark(mark) == 'power-off' and
                    one(out, 'SELECT reason FROM sitting') == 'stopped',
                    f'{number.name}: a clean end, and the device is switched off', result)

    mark, campaign = switched(bench, server, 'check')
    result = bench.run('check', campaign)
    bench.check(result.code == 0 and last_mark(mark) == 'power-off',
                'and at the end of a check', result)

    mark, campaign = switched(bench, server, 'lost')
    out = bench.path('lost')
    process = bench.begin('run', campaign, '--out', out, '--quiet')
    wait_for(lambda: sent(out) > 0)
    server.stop()
    result = bench.end(process)
    bench.check(result.code == 3 and last_mark(mark) == 'power-off' and
                one(out, 'SELECT reason FROM sitting') == 'device-lost',
                'a device that is lost is switched off, too', result)
    result = bench.run('run', campaign, '--out', bench.path('absent'), '--quiet')
    bench.check(result.code == 3 and last_mark(mark) == 'power-off',
                'and one that never answered', result)


def sent(folder):
    """What is in the send log: the store is committed now and then only."""
    try:
        return os.path.getsize(os.path.join(folder, 'capture.pcapng')) > 4096
    except OSError:
        return 0


def test_stop_key(bench):
    """q on the terminal that percuss has."""
    server = Server(bench, 'key')
    campaign = bench.write('key.yaml', CAMPAIGN % ('', server.address, ''))
    out = bench.path('key')
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(bench.percuss, [bench.percuss, 'run', campaign, '--out', out], bench.environment)
    os.set_blocking(terminal, False)
    words, pressed, status = b'', False, None

    def step():
        nonlocal words, pressed, status
        try:
            words += os.read(terminal, 65536)
        except OSError:
            pass
        if not pressed and sent(out):
            os.write(terminal, b'q')
            pressed = True
        found, status = os.waitpid(pid, os.WNOHANG)
        return found

    ended = wait_for(step, 60)
    if not ended:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    os.close(terminal)
    bench.check(ended and os.waitstatus_to_exitcode(status) in (0, 1, 3) and
                one(out, 'SELECT reason FROM sitting') == 'stopped',
                'q on the terminal stops the run', words.decode(errors='replace')[-2000:])
    bench.check(b'\r' in words and b'findings' in words, 'and there was a live progress line')
    server.stop()


def main():
    bench = Bench()
    test_authorisation(bench)
    test_exclude(bench)
    test_exclude_unparsed(bench)
    test_excluded_probe(bench)
    test_rate(bench)
    test_power_off(bench)
    test_stop_key(bench)
    bench.done()


main()
