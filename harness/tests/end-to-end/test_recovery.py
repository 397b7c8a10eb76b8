#!/usr/bin/env -S python3 -B
"""A board on a bench that has to be brought back: QEMU as the hardware, its monitor as the reset
button, and its supply behind a PDU, which is Debian's SNMP agent. What the ladder does, what the
store and the report say of it, and how it ends when nothing helps."""
import atexit
import fcntl
import json
import os
import pty
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from common import Bench, MODBUS, announced, one, wait_for

OUTLET = '.1.3.6.1.4.1.8072.9999.9999.5.0'

CAMPAIGN = f"""\
campaign: recovery
target: {{model: {MODBUS}/modbus_rtu.ksy, session: {MODBUS}/pump.yaml}}
device:
  kind: external
  settle: 50ms
%s
link: {{kind: %s, address: '%s'}}
timing: {{answer: 300ms}}
authorisation: {{by: the test, scope: a board of its own}}
disk-reserve-mib: 1
"""

# What an outlet does: on is an emulator, off is its end. The agent has its answer at once.
OUTLET_SCRIPT = """\
#!/bin/sh
pid=$(cat '{folder}/pid' 2>/dev/null)
case $1$4 in
-s1) echo 1 >'{folder}/outlet'
    [ -n "$pid" ] && exit
    setsid qemu-system-arm -machine mps2-an385 -display none -nodefaults -nic none \\
        -accel tcg,tb-size=32 -kernel '{image}' \\
        -chardev 'socket,id=u0,path={folder}/uart,server=on,wait=off' -serial chardev:u0 \\
        -serial 'file:{folder}/console' \\
        -monitor 'unix:{folder}/monitor,server=on,wait=off' </dev/null >/dev/null 2>&1 &
    echo $! >'{folder}/pid' ;;
-s2) echo 2 >'{folder}/outlet'
    [ -n "$pid" ] && kill -9 "$pid" && rm -f '{folder}/pid' ;;
-g*) printf '%s\\ninteger\\n%s\\n' {oid} "$(cat '{folder}/outlet' 2>/dev/null || echo 2)" ;;
esac
"""

# Presses the button and waits for the monitor to say that it did.
BUTTON = """\
import socket, sys
monitor = socket.socket(socket.AF_UNIX)
monitor.settimeout(0.5)
monitor.connect(sys.argv[1])
try:
    monitor.sendall(b'system_reset\\n')
    seen = b''
    while seen.count(b'(qemu) ') < 2:
        seen += monitor.recv(4096)
except socket.timeout:
    sys.exit('the button does nothing')
"""


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Supply:
    """A PDU with one outlet, and the board in it."""

    def __init__(self, bench, name):
        self.folder = bench.path(name)
        os.mkdir(self.folder)
        self.board = f'127.0.0.1:{free_port()}'
        script = bench.write(f'{name}/outlet.sh', OUTLET_SCRIPT.format(
            folder=self.folder, oid=OUTLET,
            image=os.path.join(bench.firmware, 'pump-fixed-an385.elf')))
        configuration = bench.write(f'{name}/snmpd.conf', (
            f'agentaddress udp:{self.board}\nrwcommunity bench 127.0.0.1\n'
            f'pass {OUTLET} /bin/sh {script}\n'))
        self.button = bench.write(f'{name}/button.py', BUTTON)
        with open(os.path.join(self.folder, 'log'), 'w', encoding='utf-8') as log:
            self.agent = bench.start(
                ['env', f'SNMP_PERSISTENT_DIR={self.folder}', '/usr/sbin/snmpd', '-f', '-Lo', '-C',
                 '-c', configuration], stdout=log, stderr=log)
        atexit.register(self.stop)

    def device(self):
        return (f'  power: {{driver: snmp, host: "{self.board}", oid: {OUTLET}, community: bench, '
                f'pause: 10ms}}\n  reset: [{sys.executable}, {self.button}, {self.folder}/monitor]\n')

    def campaign(self, bench, name, more=''):
        return bench.write(name, CAMPAIGN % (self.device() + more, 'unix', f'{self.folder}/uart'))

    def pid(self):
        try:
            with open(os.path.join(self.folder, 'pid'), encoding='utf-8') as file:
                return int(file.read())
        except (OSError, ValueError):
            return None

    def hang(self):
        os.kill(wait_for(self.pid), signal.SIGSTOP)

    def stop(self):
        self.agent.kill()
        self.agent.wait()
        if self.pid():
            try:
                os.kill(self.pid(), signal.SIGKILL)
            except ProcessLookupError:
                pass
            os.remove(os.path.join(self.folder, 'pid'))


def resets(folder):
    """How often each step was taken for the device's sake, by whether it helped."""
    text = one(folder, "SELECT value FROM run WHERE key = 'resets'")
    return {(row['step'], row['back']): row for row in json.loads(text)
            if row['why'] not in ('epoch', 'proof')}


def sent(folder):
    return len(announced(folder)) > 20


def begin(bench, name, campaign, *arguments):
    out = bench.path(name + '-run')
    return out, bench.begin('run', campaign, '--out', out, '--quiet', *arguments)


def test_ladder(bench):
    """A board that hangs so that its button does nothing is switched off and on. It says on its
    console that it has started."""
    supply = Supply(bench, 'ladder')
    campaign = supply.campaign(bench, 'ladder.yaml', (
        f"  console: [tail, -n, '+1', -F, {supply.folder}/console]\n"
        "  ready: {banner: '^pump ', within: 20s}\n"))
    checked = bench.run('check', campaign)
    bench.check(checked.code == 0 and 'resets   warm, power\n' in checked.out and
                'power by snmp (when percuss ends: off)' in checked.out,
                'check: the board is there, and its steps are shown', checked)
    bench.check(supply.pid() is None, 'and switched off again')
    out, process = begin(bench, 'ladder', campaign, '--time', '60s')
    wait_for(lambda: sent(out))
    first = supply.pid()
    supply.hang()
    wait_for(lambda: supply.pid() not in (None, first))
    process.send_signal(signal.SIGINT)
    result = bench.end(process, 60)
    seen = resets(out)
    jammed = seen.get(('warm', False), {})
    bench.check(result.code in (0, 1, 3) and one(out, 'SELECT reason FROM sitting') == 'stopped' and
                'button does nothing' in jammed.get('words', '') and ('power', True) in seen,
                'a board that hangs: the button does not help, power does, and on', f'{seen}\n{result}')
    bench.check(jammed.get('first_case', 0) > 0 and jammed.get('slowest_us', 0) >= 500000,
                'each step has its reason, case and duration', seen)
    bench.check(supply.pid() is None, 'at the end the board is off, says the board')
    with open(os.path.join(out, 'report.html'), encoding='utf-8') as file:
        report = file.read()
    bench.check('>Resets</h' in report and 'the button does nothing' in report,
                'the report lists the resets and why')
    supply.stop()


def test_silent_pdu(bench):
    """A PDU that no longer answers, when it is needed."""
    supply = Supply(bench, 'silent')
    out, process = begin(bench, 'silent', supply.campaign(bench, 'silent.yaml', '  ready: {within: 20s}\n'),
                         '--time', '60s')
    wait_for(lambda: sent(out))
    supply.agent.send_signal(signal.SIGSTOP)
    supply.hang()
    result = bench.end(process, 90)
    lines = [line for line in result.err.splitlines() if line]
    bench.check(result.code == 3 and len(lines) == 1 and 'no reset brought it back' in lines[0] and
                'power-off' in lines[0] and 'may still be on' in lines[0] and
                one(out, 'SELECT reason FROM sitting') == 'device-lost',
                'a PDU that does not answer: inconclusive, and the board may still be on', result)
    seen = resets(out)
    bench.check(('power', False) in seen and 'snmpset' in seen['power', False]['words'],
                'and the store says which step failed, and how', seen)
    cases = one(out, "SELECT count(*) FROM cases WHERE verdict = 'pass'")
    bench.check(cases > 0, f'{cases} cases are kept')
    supply.stop()


def boots_forever(bench, name, ready, *why):
    """Power is there, and it never gets ready: a board without its firmware's line."""
    supply = Supply(bench, name)
    campaign = bench.write(f'{name}.yaml', CAMPAIGN % (
        supply.device() + '  ready: ' + ready, 'unix', f'{supply.folder}/nothing'))
    result = bench.run('run', campaign, '--out', bench.path(name + '-run'), '--quiet')
    bench.check(result.code == 3 and all(word in result.err for word in why) and
                supply.pid() is None,
                f'a device that boots forever ({name}): inconclusive, and it is off', result)
    supply.stop()


def test_never_ready(bench):
    boots_forever(bench, 'loading', '{command: [sh, -c, "echo loading; exit 1"], within: 1s}',
                  'not ready in time', 'loading')


def test_never_answers(bench):
    boots_forever(bench, 'mute', '{within: 1s}', 'does not answer')


def refuse(bench, name, address, why):
    """A run on this port ends with the reason, and what has power is switched off."""
    mark = bench.path(name + '-off')
    power = f"  power: {{on: ['true'], off: [touch, {mark}], pause: 1ms}}"
    campaign = bench.write(f'{name}.yaml', CAMPAIGN % (power, 'serial', address))
    # Root may open everything, unless it gives that up.
    modest = ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] if os.geteuid() == 0 else []
    result = subprocess.run([*modest, bench.percuss, 'run', campaign, '--out',
                             bench.path(name + '-run'), '--quiet'], check=False, text=True,
                            capture_output=True, timeout=60, env=bench.environment)
    bench.check(result.returncode == 3 and why in result.stderr and address in result.stderr and
                len(result.stderr.splitlines()) == 1 and os.path.exists(mark),
                f'a serial port, {name}: inconclusive, the reason, and the device is off',
                f'exit {result.returncode}\n{result.stderr}')


def test_busy_port(bench):
    master, slave = pty.openpty()
    fcntl.flock(slave, fcntl.LOCK_EX)
    refuse(bench, 'busy', os.ttyname(slave), 'another program holds its lock')
    os.close(slave)
    os.close(master)


def test_forbidden_port(bench):
    master, slave = pty.openpty()
    os.chmod(os.ttyname(slave), 0)
    refuse(bench, 'forbidden', os.ttyname(slave), 'Permission denied')
    os.close(slave)
    os.close(master)


def test_no_port(bench):
    refuse(bench, 'absent', '/dev/ttyUSB99', 'No such file')


def test_file_for_a_port(bench):
    refuse(bench, 'none', bench.write('a-file', ''), 'not a serial port')


def main():
    """All at once: they wait more than they work."""
    bench = Bench()
    tests = (test_ladder, test_silent_pdu, test_never_ready, test_never_answers, test_busy_port,
             test_forbidden_port, test_no_port, test_file_for_a_port)
    with ThreadPoolExecutor(len(tests)) as pool:
        for future in [pool.submit(test, bench) for test in tests]:
            future.result()
    bench.done()


main()
