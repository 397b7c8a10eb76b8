#!/usr/bin/env -S python3 -B
"""Devices that are absent, mute or mad are recorded and judged: percuss never fails or hangs."""
import fcntl
import os
import pty
import socket
import sys
import tty

from common import Bench, HERE, MODBUS, one, summary

CAMPAIGN = f"""\
campaign: hostile
target:
  model: {MODBUS}/modbus_tcp.ksy
  session: {MODBUS}/registers.yaml
%s
link:
  kind: tcp
  address: 127.0.0.1:%s
timing:
  answer: 60ms
epoch: 100
confirm:
  window: 16
disk-reserve-mib: 1
"""

SERIAL = f"""\
campaign: serial
target:
  model: {MODBUS}/modbus_rtu.ksy
  session: {MODBUS}/pump.yaml
device:
  kind: external
link:
  kind: serial
  address: %s
timing:
  answer: 60ms
authorisation: {{by: the test, scope: a port of its own}}
disk-reserve-mib: 1
"""

# Requests that are answered well before a device turns bad: enough for start and oracle proof.
AFTER = 60


def hostile(bench, name, mode, *arguments, port='${port}'):
    words = [sys.executable, os.path.join(HERE, 'hostile_device.py'), '--port', port,
             '--mode', mode, *arguments]
    device = ('device:\n  kind: process\n  command: [%s]\n  ready: "^listening on "'
              % ', '.join(f"'{word}'" for word in words))
    return bench.write(f'{name}.yaml', CAMPAIGN % (device, port))


def external(bench, name, port):
    return bench.write(f'{name}.yaml', CAMPAIGN % ('device:\n  kind: external', port))


def begin(bench, name, campaign, *arguments):
    return bench.begin('run', campaign, '--out', bench.path('runs', name), '--quiet', *arguments)


def expect_inconclusive(bench, name, what, process, words):
    """Exit 3, the reason on stderr, and a report that says so."""
    result = bench.end(process)
    folder = bench.path('runs', name)
    try:
        facts = summary(folder)
        told = (facts['verdict'] == 'inconclusive' and facts['exit'] == 3 and
                facts['cases'] == 0 and
                os.path.getsize(os.path.join(folder, 'report.html')) > 0 and
                os.path.getsize(os.path.join(folder, 'junit.xml')) > 0 and
                one(folder, 'SELECT reason FROM sitting') == 'device-lost')
    except (OSError, KeyError, ValueError) as error:
        facts, told = error, False
    lines = [line for line in result.err.splitlines() if line]
    bench.check(result.code == 3 and told and len(lines) == 1 and words in result.err,
                f'{what}: inconclusive', f'{result}\n{facts}')


def test_absent(bench):
    """All at once: each waits out its own deadline."""
    busy = socket.socket()
    busy.bind(('127.0.0.1', 0))
    busy.listen()
    closed = socket.socket()
    closed.bind(('127.0.0.1', 0))
    taken, silent = pty.openpty(), pty.openpty()
    for pair in (taken, silent):
        tty.setraw(pair[1])
    fcntl.flock(taken[1], fcntl.LOCK_EX)
    no_answer = 'the device does not answer'
    table = [(f'never-{mode}', f'a device that only ever does "{mode}"',
              hostile(bench, f'never-{mode}', mode), no_answer)
             for mode in ('silent', 'garbage', 'flood', 'late', 'close', 'half', 'wrong-id')]
    table += [
        ('dead', 'a device that is dead at start', hostile(bench, 'dead', 'dead'),
         'the battery is empty'),
        ('taken', 'a serial port that another has for itself',
         bench.write('taken.yaml', SERIAL % os.ttyname(taken[1])), 'busy'),
        ('busy', 'a port that is busy',
         hostile(bench, 'busy', 'good', port=str(busy.getsockname()[1])), 'in use'),
        ('stranger', 'a port where another program is mute',
         external(bench, 'stranger', busy.getsockname()[1]), no_answer),
        ('refused', 'a refused connection', external(bench, 'refused', closed.getsockname()[1]),
         'refused'),
        ('no-port', 'a serial port that is not there',
         bench.write('no-port.yaml', SERIAL % bench.path('ttyNone')), 'ttyNone'),
        ('mute-serial', 'a serial port where nothing answers',
         bench.write('mute-serial.yaml', SERIAL % os.ttyname(silent[1])), no_answer),
    ]
    running = [begin(bench, name, campaign, '--cases', '1-50')
               for name, _, campaign, _ in table]
    for (name, what, _, words), process in zip(table, running):
        expect_inconclusive(bench, name, what, process, words)
    for thing in (busy, closed):
        thing.close()
    for descriptor in (*taken, *silent):
        os.close(descriptor)


def test_never_ready(bench):
    device = "device:\n  kind: process\n  command: [sleep, '60']\n  ready: '^listening'\n" \
             "  start-timeout: 300ms"
    campaign = bench.write('mute.yaml', CAMPAIGN % (device, '${port}'))
    expect_inconclusive(bench, 'mute', 'a device that never says that it is ready',
                        begin(bench, 'mute', campaign, '--cases', '1-50'), 'ready')


def expect_judged(bench, name, what, process, codes, reasons):
    result = bench.end(process)
    folder = bench.path('runs', name)
    try:
        facts = summary(folder)
        sent = one(folder, "SELECT count(*) FROM cases WHERE verdict IN "
                           "('pass', 'suspect', 'finding')")
        reason = one(folder, 'SELECT reason FROM sitting')
        suspicions = one(folder, 'SELECT count(*) FROM suspicion')
        good = (sent > 0 and reason in reasons and
                os.path.getsize(os.path.join(folder, 'report.html')) > 0)
        text = f'{sent} cases, {len(facts["findings"])} findings, {suspicions} suspicions, {reason}'
    except (OSError, KeyError, ValueError) as error:
        good, text, suspicions = False, repr(error), 0
    bench.check(result.code in codes and good, f'{what}: exit {result.code}, {text}', result)
    if what != 'good, then "good"':
        bench.check(suspicions or reason == 'device-lost', f'{what}: it was noticed', result)
    return result


def test_turning(bench):
    """Good at first: every misbehaviour is judged, and the run ends by its budget."""
    for modes in (('garbage', 'flood', 'late'), ('close', 'half', 'wrong-id'),
                  ('exit', 'silent', 'many'), ('stop', 'die', 'good')):
        running = []
        for mode in modes:
            arguments = ['--after', str(AFTER)]
            if mode == 'die':
                arguments += ['--mark', bench.path('mark')]
            campaign = hostile(bench, mode, mode, *arguments)
            running.append(begin(bench, mode, campaign, '--cases', '1-250', '--time', '20s'))
        for mode, process in zip(modes, running):
            codes = (0, 1, 3) if mode == 'good' else (3,) if mode == 'die' else (1, 3)
            reasons = ('device-lost',) if mode == 'die' else ('cases', 'time', 'device-lost')
            expect_judged(bench, mode, f'good, then "{mode}"', process, codes, reasons)


def main():
    bench = Bench()
    test_never_ready(bench)
    test_absent(bench)
    test_turning(bench)
    bench.done()


main()
