#!/usr/bin/python3
"""Lines and buses that only another kernel has: a proof made by hand, no part of scripts/test.

    guest.py PERCUSS BUILD-FOLDER [FOLDER]

Boots Debian's amd64 kernel in QEMU (no KVM needed) with percuss, its unit test of the CAN link and
guest-lines of this build in memory, and runs them there: on virtual CAN, on an emulated 16550 and
emulated FTDI adapters behind the kernel's own drivers, on the two ends of a USB gadget line, and
against the pump's firmware behind a 16550 and behind an adapter that is unplugged in mid-run. FOLDER keeps what is fetched (kernel, busybox: 70 MB
by apt-get download; default: a new one). Needs qemu-system-x86 beside scripts/packages.txt.
"""
import glob
import gzip
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))))
MODULES = ['can-raw', 'vcan', 'xhci-pci', 'ftdi_sio', 'dummy_hcd', 'cdc-acm', 'usb_f_acm',
           'g_serial']
SERIAL = 'A50285BI'
BOOT_S = 240

INIT = '''#!/bin/busybox sh
/bin/busybox --install -s /bin
mkdir -p /proc /sys /dev /tmp
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts
mount -t devpts pts /dev/pts
echo 1 >/proc/sys/kernel/printk
for module in $(cat /modules); do insmod /lib/modules/$module.ko || echo "GUEST no $module"; done
for turn in 1 2 3 4 5 6 7 8 9 10; do
    [ -e /dev/ttyUSB0 ] && [ -e /dev/ttyGS0 ] && [ -e /dev/ttyACM0 ] && break; sleep 1
done
cd PROJECT
sh /commands
echo "GUEST end"
poweroff -f
'''


# --- what is fetched -------------------------------------------------------------------------

def fetch(folder):
    """The kernel's and busybox's packages, unpacked; returns the root they make."""
    root = os.path.join(folder, 'root')
    if os.path.isdir(root):
        return root
    shown = subprocess.run(['apt-cache', 'depends', 'linux-image-amd64'], check=True,
                           capture_output=True, text=True).stdout
    kernel = re.search(r'Depends: (linux-image-\S+)', shown)[1]
    subprocess.run(['apt-get', 'download', kernel, 'busybox-static'], cwd=folder, check=True)
    for package in glob.glob(os.path.join(folder, '*.deb')):
        subprocess.run(['dpkg-deb', '-x', package, root + '.new'], check=True)
    os.rename(root + '.new', root)
    return root


def module_order(root):
    """The modules that MODULES need, each behind what it needs itself: their own words."""
    files = {}
    for path in glob.glob(os.path.join(root, 'lib/modules/*/kernel/**/*.ko'), recursive=True):
        files[os.path.basename(path)[:-3].replace('-', '_')] = path
    order = []

    def add(name):
        name = name.replace('-', '_')
        if name in order or name not in files:   # what is built in has no file
            return
        with open(files[name], 'rb') as file:
            needs = re.search(rb'\0depends=([^\0]*)\0', file.read())
        for need in needs[1].decode().split(',') if needs and needs[1] else []:
            add(need)
        order.append(name)

    for name in MODULES:
        add(name)
    return [(name, files[name]) for name in order]


# --- what boots ------------------------------------------------------------------------------

def libraries(program):
    shown = subprocess.run(['ldd', program], check=True, capture_output=True, text=True).stdout
    return re.findall(r'(/\S+) \(0x', shown)


class Archive:
    """A cpio archive in the form that the kernel unpacks (newc)."""

    def __init__(self):
        self.out, self.inode, self.folders = bytearray(), 0, set()

    def add(self, path, mode, data=b''):
        parent = os.path.dirname(path)
        if parent.strip('/') and parent not in self.folders:
            self.folders.add(parent)
            self.add(parent, stat.S_IFDIR | 0o755)
        self.inode += 1
        name = path.lstrip('/').encode() + b'\0'
        fields = [self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0]
        self.out += b'070701' + b''.join(b'%08x' % field for field in fields) + name
        self.pad()
        self.out += data
        self.pad()

    def pad(self):
        self.out += b'\0' * (-len(self.out) % 4)

    def copy(self, source, path=None):
        with open(source, 'rb') as file:
            self.add(path or os.path.abspath(source), stat.S_IFREG | 0o755, file.read())

    def write(self, path):
        self.inode = 0
        self.add('TRAILER!!!', 0)
        with gzip.open(path, 'wb', 1) as file:
            file.write(self.out)


def make_initrd(path, root, programs, folders, texts):
    archive = Archive()
    order = module_order(root)
    archive.copy(os.path.join(root, 'bin/busybox'), '/bin/busybox')
    for name, file in order:
        archive.copy(file, f'/lib/modules/{name}.ko')
    archive.add('/modules', stat.S_IFREG | 0o644, ' '.join(name for name, _ in order).encode())
    for library in sorted({library for program in programs for library in libraries(program)}):
        archive.copy(os.path.realpath(library), library)
    for program in programs:
        archive.copy(program)
    for folder in folders:
        for here, _, files in os.walk(folder):
            for name in files:
                archive.copy(os.path.join(here, name))
    for name, text in texts.items():
        archive.add(name, stat.S_IFREG | 0o755, text)
    archive.add('/init', stat.S_IFREG | 0o755, INIT.replace('PROJECT', PROJECT).encode())
    archive.write(path)


# --- running it ------------------------------------------------------------------------------

# The pump's campaign, but for `device` and `link`.
BENCH = '''device:
  kind: external
link:
  kind: serial
  address: UNKNOWN
authorisation: {by: guest.py, scope: the firmware that guest.py started}
disk-reserve-mib: 1
timing:
  answer: 500ms
'''

COMMANDS = '''
expect() {      # TEXT in FILE: what it shows
    if grep -q -e "$1" "$2"; then echo "ok      $3"; else echo "FAILED  $3"; cat "$2"; fi
}
echo "GUEST linux $(uname -r)"
BUILD/harness/tests/test_link_can
UART=/dev/ttyS1
PUMP=/dev/$(basename /sys/bus/pci/devices/*/tty/*)
ip link add vcan0 type vcan && ip link set vcan0 up
PERCUSS list links --probe | grep here
BUILD/harness/tests/guest-node vcan0 1 &
NODE=$!
PERCUSS check PROJECT/targets/canopen/campaigns/node.yaml >/tmp/node || cat /tmp/node
expect '^[0-9]* accepted, [0-9]* refused' /tmp/node 'the CANopen campaign finds its node on vcan0'
tail -2 /tmp/node
PERCUSS run PROJECT/targets/canopen/campaigns/node.yaml --cases 1-400 --quiet --out /tmp/canopen \\
    >/tmp/report
grep -E '^  (link|cases|rate|suspicions) |by no-frame|^F-' /tmp/report
expect 'cases  .* sent, 0 skipped' /tmp/report 'it runs'
expect 'by no-frame: bytes that are no frame' /tmp/report 'what no controller can send is a gap'
kill $NODE
rm -rf /tmp/canopen
BUILD/harness/tests/guest-lines $UART SERIAL /dev/ttyGS0 /dev/ttyACM0
echo "GUEST the pump is behind $PUMP"
sed "s|UNKNOWN|$PUMP|" /serial.yaml >/tmp/serial.yaml
PERCUSS check /tmp/serial.yaml --store /tmp/check.json >/tmp/check || cat /tmp/check
sed -n '/line errors/,$p' /tmp/check
expect '^break  *untold .*(5 of 5' /tmp/check 'a break in front of a message: its answer tells nothing'
expect '^baud  *ignored .*(5 of 5' /tmp/check 'an emulated UART that hands on no speed is found out'
expect '^parity  *not-carried' /tmp/check 'a line without parity carries no wrong one'
PERCUSS replay /finding --on /tmp/serial.yaml >/tmp/grade
expect '^grade both: there (emulator) .* here (hardware) 5 of 5' /tmp/grade \
    "a finding of percuss's own emulator is one of the device on this port, too"
(while sleep 2; do echo "GUEST break pump"; done) &
BREAKS=$!
PERCUSS run /tmp/serial.yaml --cases 1-60 --quiet --out /tmp/run >/tmp/report
kill $BREAKS
grep -E '^  (link|cases|rate) ' /tmp/report
expect 'cases  .* sent, 0 skipped' /tmp/report "the pump's campaign over this kernel's serial port"
sed "s|UNKNOWN|usb:0403:6001:PUMP|" /serial.yaml >/tmp/usb.yaml
(sleep 20; echo "GUEST unplug pump") &
PERCUSS run /tmp/usb.yaml --quiet --out /tmp/usb >/tmp/report.usb 2>/tmp/words
echo "exit $?" >>/tmp/words
cat /tmp/words
grep -E '^  (link|cases|rate) ' /tmp/report.usb
expect 'exit 3' /tmp/words 'an adapter unplugged in mid-run: inconclusive'
expect '/dev/ttyUSB\|usb:0403:6001:PUMP' /tmp/words 'and the words say which'
expect 'cases  *[1-9][0-9]* sent' /tmp/report.usb 'what was sent before stays on record'
expect '"line_breaks": "[1-9]' /tmp/run/summary.json 'breaks that arrived meanwhile are facts of the run'
'''


def find(percuss, scratch):
    """A finding of the pump in percuss's own emulator: its files."""
    out = os.path.join(scratch, 'found')
    subprocess.run([percuss, 'run', f'{PROJECT}/targets/modbus/campaigns/pump-defective.yaml',
                    '--cases', '77', '--out', out, '--quiet'], stdout=subprocess.DEVNULL,
                   check=False)
    texts = {}
    for name in ('finding.json', 'reproducer.percuss'):
        with open(os.path.join(out, 'findings', 'F-001', name), 'rb') as file:
            texts['/finding/' + name] = file.read()
    return texts


def bench_campaign():
    with open(f'{PROJECT}/targets/modbus/campaigns/pump-defective.yaml', encoding='utf-8') as file:
        text = file.read()
    text = re.sub(r'(?ms)^device:.*?(?=^epoch:)', BENCH, text)
    return text.replace('../', f'{PROJECT}/targets/modbus/').encode()


def start_pump(build, scratch, name):
    """The firmware with planted defects; its serial port is a socket."""
    path = os.path.join(scratch, name + '.socket')
    pump = subprocess.Popen(
        ['qemu-system-arm', '-machine', 'mps2-an385', '-display', 'none', '-nodefaults', '-nic',
         'none', '-kernel', f'{build}/firmware/pump-defective-an385.elf',
         '-chardev', f'socket,id=port,path={path},server=on,wait=off', '-serial', 'chardev:port'],
        stdin=subprocess.DEVNULL)
    while not os.path.exists(path) and pump.poll() is None:
        time.sleep(0.05)
    return pump, path


class Guest:
    """QEMU with what the commands want, and its monitor."""

    def __init__(self, folder, root, initrd, pumps):
        self.folder = folder
        kernel, = glob.glob(os.path.join(root, 'boot/vmlinuz-*'))
        sockets = {name: os.path.join(folder, name + '.socket') for name in ('uart', 'ftdi', 'qmp')}
        self.console = os.path.join(folder, 'console')
        self.trace = os.path.join(folder, 'trace')
        command = ['qemu-system-x86_64', '-trace', 'enable=serial_write', '-D', self.trace, '-accel', 'tcg', '-m', '1024',
                   '-nodefaults', '-no-reboot', '-display', 'none', '-kernel', kernel,
                   '-initrd', initrd, '-append', 'console=ttyS0 panic=-1 quiet',
                   '-chardev', f'file,id=console,path={self.console}', '-serial',
                   'chardev:console']
        for name in ('uart', 'ftdi'):
            command += ['-chardev', f'socket,id={name},path={sockets[name]},server=on,wait=off']
        command += ['-serial', 'chardev:uart', '-chardev', f'socket,id=pump,path={pumps[0]}',
                    '-chardev', f'socket,id=pump2,path={pumps[1]}',
                    '-device', 'pci-serial,chardev=pump', '-device', 'qemu-xhci', '-device',
                    f'usb-serial,chardev=ftdi,id=adapter,serial={SERIAL},always-plugged=on',
                    '-device', 'usb-serial,chardev=pump2,id=second,serial=PUMP,always-plugged=on',
                    '-qmp', f'unix:{sockets["qmp"]},server=on,wait=off']
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        self.peers = [self.join(sockets[name]) for name in ('uart', 'ftdi')]
        self.monitor = self.join(sockets['qmp']).makefile('rw')
        self.monitor.readline()
        self.ask('qmp_capabilities')

    def join(self, path):
        end = time.monotonic() + 20
        while True:
            peer = socket.socket(socket.AF_UNIX)
            try:
                peer.connect(path)
                return peer
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise
                time.sleep(0.05)

    def ask(self, command, **arguments):
        self.monitor.write(json.dumps({'execute': command, 'arguments': arguments}) + '\n')
        self.monitor.flush()
        while True:
            answer = json.loads(self.monitor.readline())
            if 'return' in answer or 'error' in answer:
                return answer

    def lines(self):
        """What the guest prints, until it ends."""
        end, at = time.monotonic() + BOOT_S, 0
        while time.monotonic() < end:
            over = self.process.poll() is not None
            text = ''
            if os.path.exists(self.console):
                with open(self.console, encoding='utf-8', errors='replace') as file:
                    text = file.read()
            while '\n' in text[at:]:
                line, at = text[at:text.index('\n', at)], text.index('\n', at) + 1
                yield line.strip('\r')
            if over:
                return
            time.sleep(0.05)
        raise TimeoutError(f'the guest did not end within {BOOT_S} s')

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


LCR_EVEN, LCR_ODD = 0x1b, 0x0b      # of a 16550 with eight data bits
WRONG = [(byte, LCR_ODD if byte == 0xa3 else LCR_EVEN) for byte in range(0xa1, 0xa8)]


def parity_written(path):
    """The bytes of lines.c's one_byte_is_wrong, each with the parity that the UART was set to: what QEMU
    hands on of a line are its bytes alone. The trace does not tell the UARTs apart: no other has parity,
    and none before is sent such bytes."""
    line, found = None, []
    with open(path, encoding='utf-8') as file:
        for place, value in re.findall(r'serial_write write addr (0x\w+) val (0x\w+)', file.read()):
            place, value = int(place, 16), int(value, 16)
            if place == 3 and value in (LCR_EVEN, LCR_ODD):
                line = value
            elif place == 0 and 0xa1 <= value <= 0xa7 and line:
                found.append((value, line))
    return found[:len(WRONG)]


def serve(guest):
    """Does what the guest asks for; how many of its checks passed and failed."""
    wishes = {'break uart': lambda: guest.ask('chardev-send-break', id='uart'),
              'break pump': lambda: guest.ask('chardev-send-break', id='pump'),
              'unplug': lambda: guest.ask('device_del', id='adapter'),
              'unplug pump': lambda: guest.ask('device_del', id='second')}
    passed = failed = 0
    ended = False
    for line in guest.lines():
        print(line, flush=True)
        wish = line.removeprefix('GUEST ')
        if line.startswith('GUEST ') and wish in wishes:
            time.sleep(0.3)     # it listens a moment after it asked
            answer = wishes[wish]()
            if 'error' in answer:
                print(f'        {answer}')
        ended = ended or line == 'GUEST end'
        passed += line.startswith('ok  ') or '       OK ]' in line
        failed += line.startswith('FAILED') or '[  FAILED  ]' in line
    return passed, failed + (not ended)


def main():
    if len(sys.argv) not in (3, 4) or sys.argv[1].startswith('-'):
        print(__doc__.strip())
        sys.exit(0 if sys.argv[1:] == ['--help'] else 2)
    percuss, build = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    scratch = tempfile.mkdtemp(prefix='percuss-guest-')
    guest, pumps = None, []
    try:
        root = fetch(os.path.abspath(sys.argv[3]) if len(sys.argv) == 4 else scratch)
        initrd = os.path.join(scratch, 'initrd')
        commands = COMMANDS
        for old, new in (('BUILD', build), ('PERCUSS', percuss), ('SERIAL', SERIAL),
                         ('PROJECT', PROJECT)):
            commands = commands.replace(old, new)
        texts = find(percuss, scratch)
        texts.update({'/commands': commands.encode(), '/serial.yaml': bench_campaign()})
        make_initrd(initrd, root, [percuss, f'{build}/harness/tests/test_link_can',
                                   f'{build}/harness/tests/guest-lines',
                                   f'{build}/harness/tests/guest-node'],
                    [f'{PROJECT}/{name}' for name in ('targets/modbus', 'targets/canopen',
                                                      'harness/criteria')], texts)
        pumps = [start_pump(build, scratch, name) for name in ('first', 'second')]
        guest = Guest(scratch, root, initrd, [path for _, path in pumps])
        passed, failed = serve(guest)
        written = parity_written(guest.trace)
        print('ok     ' if written == WRONG else 'FAILED ',
              'the emulated UART had the other parity for the third byte, and for no other:',
              ' '.join(f'{byte:02x}/{line:02x}' for byte, line in written))
        passed, failed = passed + (written == WRONG), failed + (written != WRONG)
    finally:
        if guest:
            guest.stop()
        for pump, _ in pumps:
            pump.kill()
            pump.wait()
        shutil.rmtree(scratch, ignore_errors=True)
    print(f'{passed} checks passed, {failed} failed')
    sys.exit(1 if failed else 0)


main()
