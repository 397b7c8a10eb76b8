#!/usr/bin/env -S python3 -B
"""What happens when the bench itself fails: the emulator stopped or killed, a port that vanishes, a
full disk, a power switch that hangs, a debug probe that disconnects. Each run ends in bounded time,
with its reason in words, and the power as the campaign wants it."""
import os
import pty
import re
import select
import signal
import socket
import subprocess
import threading
import tty
from concurrent.futures import ThreadPoolExecutor

from common import Bench, MODBUS, announced, descendants, one, rows, wait_for

SERIAL = f"""\
campaign: environment
target:
  model: {MODBUS}/modbus_rtu.ksy
  session: {MODBUS}/pump.yaml
device:
  kind: external
  settle: 10ms
  time-limit: 1s
  power: {{%s, pause: 10ms}}
link: {{kind: %s, address: '%s'}}
timing: {{answer: 300ms}}
authorisation: {{by: the test, scope: a port of its own}}
disk-reserve-mib: 1
"""


def sent(folder):
    """Are there cases on the wire? The store is committed now and then only."""
    return len(announced(folder)) > 20


def begin(bench, name, campaign, *arguments):
    out = bench.path(name)
    return out, bench.begin('run', campaign, '--out', out, '--quiet', *arguments)


def emulator_of(process):
    """The process id of the QEMU that percuss runs."""
    for pid, _ in descendants(process.pid):
        try:
            with open(f'/proc/{pid}/comm', encoding='utf-8') as file:
                if file.read().startswith('qemu-system'):
                    return pid
        except OSError:
            pass
    return None


def words(result):
    return [line for line in result.err.splitlines() if line]


def test_emulator(bench):
    """A QEMU that is stopped hangs, one that is killed is gone: both are seen, and a restart helps."""
    campaign = bench.shipped('pump-fixed')
    runs = []
    for number in (signal.SIGSTOP, signal.SIGKILL):
        out, process = begin(bench, number.name, campaign, '--time', '12s')
        runs.append((number, out, process))
    for number, out, process in runs:
        wait_for(lambda: sent(out))
        os.kill(wait_for(lambda: emulator_of(process)), number)
    for number, out, process in runs:
        result = bench.end(process, 120)
        reason = one(out, 'SELECT reason FROM sitting')
        seen = rows(out, 'SELECT oracle FROM suspicion UNION SELECT oracle FROM finding')
        wanted = {('exit',)} if number == signal.SIGKILL else {('alive',), ('answers',)}
        bench.check(result.code in (0, 1, 3) and reason == 'time' and wanted & set(seen),
                    f'{number.name} of QEMU: noticed ({seen}), restarted, and on', f'{reason}\n{result}')


# --- a serial port -------------------------------------------------------------------------------

class Board:
    """The emulated pump on a pty, as a board on a USB converter: the test holds the wire."""

    def __init__(self, bench, name):
        self.path = bench.path(name + '.sock')
        self.emulator = bench.start(
            ['qemu-system-arm', '-machine', 'mps2-an385', '-display', 'none', '-nodefaults', '-nic',
             'none', '-accel', 'tcg,tb-size=32', '-chardev',
             f'socket,id=u0,path={self.path},server=on,wait=off', '-serial', 'chardev:u0', '-kernel',
             os.path.join(bench.firmware, 'pump-fixed-an385.elf')], stderr=subprocess.DEVNULL)
        self.socket = socket.socket(socket.AF_UNIX)
        wait_for(lambda: self.socket.connect_ex(self.path) == 0)
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.port = os.ttyname(self.slave)
        self.unplugged = False
        self.thread = threading.Thread(target=self.carry, daemon=True)
        self.thread.start()

    def carry(self):
        while not self.unplugged:
            ready, _, _ = select.select([self.socket, self.master], [], [], 0.05)
            if self.socket in ready:
                os.write(self.master, self.socket.recv(4096))
            if self.master in ready:
                self.socket.sendall(os.read(self.master, 4096))

    def unplug(self):
        """The converter is pulled out."""
        self.unplugged = True
        self.thread.join()
        os.close(self.slave)
        os.close(self.master)

    def stop(self):
        if not self.unplugged:
            self.unplug()
        self.socket.close()
        self.emulator.terminate()
        self.emulator.wait()


def power(bench, name, **instead):
    """Commands that leave a mark; `instead`: others for some of them."""
    mark = bench.path(name + '.mark')
    commands = {which: f"[sh, -c, 'echo {which} >>{mark}']" for which in ('power-on', 'power-off')}
    commands.update({which.replace('_', '-'): text for which, text in instead.items()})
    return mark, ', '.join(f'{which[6:]}: {text}' for which, text in commands.items())


def marks(path):
    try:
        with open(path, encoding='utf-8') as file:
            return file.read().split()
    except OSError:
        return []


def test_unplugged(bench):
    board = Board(bench, 'unplugged')
    mark, commands = power(bench, 'unplugged')
    campaign = bench.write('unplugged.yaml', SERIAL % (commands, 'serial', board.port))
    out, process = begin(bench, 'unplugged', campaign, '--time', '60s')
    wait_for(lambda: sent(out))
    board.unplug()
    result = bench.end(process, 90)
    cases = one(out, "SELECT count(*) FROM cases WHERE verdict = 'pass'")
    bench.check(result.code == 3 and len(words(result)) == 1 and os.path.basename(board.port) in
                result.err and one(out, 'SELECT reason FROM sitting') == 'device-lost',
                f'a port that vanishes after {cases} cases: inconclusive, and it is named', result)
    bench.check(cases > 0 and marks(mark)[-1:] == ['power-off'], 'and the device is switched off',
                marks(mark))
    board.stop()


def test_power_hangs(bench):
    hangs = "[sh, -c, 'sleep 1000']"
    board = Board(bench, 'power')
    mark, commands = power(bench, 'on', power_on=hangs)
    out, on = begin(bench, 'on', bench.write('on.yaml', SERIAL % (commands, 'unix', board.path)),
                    '--cases', '1-20')
    result = bench.end(on, 60)
    bench.check(result.code == 3 and len(words(result)) == 1 and 'power-on' in result.err and
                'did not end in time' in result.err,
                'a power switch that hangs when it switches on: inconclusive, and it says so', result)
    bench.check(marks(mark)[-1:] == ['power-off'], 'and the device is switched off', marks(mark))
    _, commands = power(bench, 'off', power_off=hangs)
    board.unplug()
    board.socket.close()
    out, off = begin(bench, 'off', bench.write('off.yaml', SERIAL % (commands, 'unix', board.path)),
                     '--cases', '1-20')
    result = bench.end(off, 60)
    bench.check(result.code == 3 and 'power-off' in result.err and 'did not end in time' in
                result.err and 'may still be on' in result.err,
                'and when it switches off: percuss says that the device may still be on', result)
    board.stop()


# --- a full disk ---------------------------------------------------------------------------------

def test_disk(bench):
    """On a disk of its own, which is filled in mid-run; then there is room again."""
    script = r"""
        mount -t tmpfs -o size=24m none "$1" || exit 77
        "$2" run "$3" --out "$1/run" --quiet --time 60s &
        run=$!
        for i in $(seq 600); do [ -s "$1/run/campaign.db-wal" ] && break; sleep 0.05; done
        sleep 2
        cat /dev/zero >"$1/filler" 2>/dev/null
        wait $run
        echo "ended $?"
        rm -f "$1/filler"
        "$2" run "$3" --out "$1/run" --quiet --cases 1-60 --resume
        echo "resumed $?"
        exec cp -r "$1/run" "$4" """
    disk, copy = bench.path('disk'), bench.path('disk-run')
    os.mkdir(disk)
    own = ['unshare', '--map-root-user', '--mount']
    if subprocess.run([*own, 'true'], check=False, capture_output=True).returncode:
        bench.note('a full disk: this user may not mount one of its own')
        return
    campaign = bench.shipped('pump-fixed', append='disk-reserve-mib: 2\n')
    result = subprocess.run([*own, 'sh', '-c', script, 'sh', disk, bench.percuss, campaign, copy],
                            check=False, capture_output=True, text=True, timeout=200,
                            env=bench.environment)
    lines = [line for line in result.stderr.splitlines() if line]
    facts = result.stdout + result.stderr
    bench.check(re.search('^ended [34]$', result.stdout, re.MULTILINE) and len(lines) == 1 and
                'disk' in lines[0] and 'resume' in lines[0],
                'a disk that fills up: the run ends, and says what to do', facts)
    missing = rows(copy, "SELECT count(DISTINCT number) FROM cases WHERE verdict <> 'interrupted'")
    bench.check(re.search('^resumed [01]$', result.stdout, re.MULTILINE) and missing >= [(60,)],
                f'and goes on when there is room: {missing[0][0]} cases', facts)


# --- a debug probe -------------------------------------------------------------------------------

class Probe:
    """QEMU's GDB server behind a wire that can be cut, as one of a debug probe is."""

    def __init__(self, bench):
        folder = bench.path('probe')
        os.mkdir(folder)
        self.uart, gdb = os.path.join(folder, 'uart0'), os.path.join(folder, 'gdb')
        self.emulator = bench.start(
            ['qemu-system-arm', '-machine', 'mps2-an385', '-display', 'none', '-nodefaults', '-nic',
             'none', '-accel', 'tcg,tb-size=32', '-chardev',
             f'socket,id=u0,path={self.uart},server=on,wait=off', '-serial', 'chardev:u0',
             '-gdb', f'unix:{gdb},server=on,wait=off', '-kernel',
             os.path.join(bench.firmware, 'pump-defective-an385.elf')], stderr=subprocess.DEVNULL)
        wait_for(lambda: os.path.exists(gdb))
        self.gdb = gdb
        self.listener = socket.socket()
        self.listener.bind(('127.0.0.1', 0))
        self.listener.listen()
        self.address = f'127.0.0.1:{self.listener.getsockname()[1]}'
        self.connections, self.seen = [], 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.seen += 1
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.gdb)
            self.connections += [client, server]
            for ends in ((client, server), (server, client)):
                threading.Thread(target=self.copy, args=ends, daemon=True).start()

    @staticmethod
    def copy(source, target):
        try:
            while True:
                data = source.recv(4096)
                if not data:
                    break
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self, for_good):
        if for_good:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
        for end in self.connections:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.connections = []


def test_probe(bench):
    probe = Probe(bench)
    device = f'  kind: gdb\n  probe: qemu\n  server: {probe.address}\n' \
             '  image: ${build}/firmware/pump-defective-an385.elf\n'
    with open(os.path.join(MODBUS, 'campaigns', 'pump-fixed.yaml'), encoding='utf-8') as file:
        text = re.sub(r'^device:\n(?: .*\n)+', 'device:\n' + device, file.read(), flags=re.MULTILINE)
    text = text.replace('device:uart0', probe.uart).replace(': ../', f': {MODBUS}/')
    refused = bench.run('run', bench.write('probe-refused.yaml', text), '--out', bench.path('never'))
    bench.check(refused.code == 2 and 'authorisation' in refused.err,
                'what a debug probe drives needs an authorisation', refused)
    campaign = bench.write('probe.yaml', text + 'authorisation: {by: the test, scope: its pump}\n')

    out, process = begin(bench, 'probe', campaign, '--time', '60s')
    wait_for(lambda: sent(out))
    probe.cut(False)
    wait_for(lambda: probe.seen > 1)
    bench.check(probe.seen > 1, 'a probe that disconnects is connected again')
    wait_for(lambda: process.poll() is not None, 2)
    probe.cut(True)
    result = bench.end(process, 90)
    epochs = rows(out, "SELECT reason FROM recovery WHERE reason = 'blind'")
    bench.check(result.code == 3 and len(words(result)) == 1 and 'GDB server' in result.err and
                one(out, 'SELECT reason FROM sitting') == 'device-lost',
                f'one that is gone for good: inconclusive, and it is named ({len(epochs)})', result)
    probe.emulator.terminate()
    probe.emulator.wait()


def main():
    """All at once: they wait more than they work."""
    bench = Bench()
    tests = (test_emulator, test_unplugged, test_power_hangs, test_disk, test_probe)
    with ThreadPoolExecutor(len(tests)) as pool:
        for future in [pool.submit(test, bench) for test in tests]:
            future.result()
    bench.done()


main()
