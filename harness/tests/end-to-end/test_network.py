#!/usr/bin/env -S python3 -B
"""The ways to a board's Ethernet beside QEMU's user network: on a tap in a namespace without a name,
over frames that percuss passes on (as datagrams, on a stream), and frame by frame; and the link ethernet
on a pair of interfaces, with the kernel's own IP stack for a device. All but the frames need root.

PERCUSS_TEST_CASES=N: so many cases a way, for a longer proof by hand."""
import os
import signal
import struct
import subprocess

from common import PROJECT, Bench, announced, descendants, may_capture, one, rows, wait_for

CASES = int(os.environ.get('PERCUSS_TEST_CASES', '200'))
ETHERNET = os.path.join(PROJECT, 'targets', 'ethernet')
CRITERIA = 'criteria: [AC-07, AC-08, AC-09, AC-10, AC-11, AC-12, AC-13, AC-21, PC-01]\n'
LINK_TYPE_ETHERNET = 1


def may_have_namespaces():
    return os.geteuid() == 0 and os.access('/dev/net/tun', os.R_OK | os.W_OK) and \
        subprocess.run(['unshare', '--net', 'true'], stderr=subprocess.DEVNULL, check=False).returncode == 0


def link_type(path):
    """Of a pcapng of percuss's or a pcap of libpcap's, both in this machine's order."""
    with open(path, 'rb') as file:
        data = file.read(4096)
    if data[:4] == b'\x0a\x0d\x0d\x0a':
        return struct.unpack_from('=H', data, struct.unpack_from('=I', data, 4)[0] + 8)[0]
    return struct.unpack_from('=I', data, 20)[0]


def on_way(bench, way):
    return bench.shipped('pump-net-fixed', [('kind: user', f'kind: {way}')], CRITERIA)


def check_clean(bench, folder, way, result):
    bench.check(result.code == 0, f'{way}: cases 1-{CASES} on the fixed build pass', result)
    found = rows(folder, 'SELECT kind, title, detail FROM finding')
    bench.check(not found, f'{way}: nothing is found', found)
    sent = one(folder, "SELECT count(*) FROM cases WHERE verdict NOT IN ('skipped', 'excluded')")
    bench.check(sent > CASES * 0.8, f'{way}: {sent} cases were sent')


def test_way(bench, way):
    folder = bench.path(way)
    result = bench.run('run', on_way(bench, way), '--cases', f'1-{CASES}', '--out', folder)
    check_clean(bench, folder, way, result)
    compared, equal = rows(folder, 'SELECT count(*), total(sent_equal AND received_equal) '
                           'FROM capture_check')[0]
    bench.check(compared > 0 and compared == equal,
                f'{way}: {compared} connections on the wire are as the send log says')
    bench.check(link_type(os.path.join(folder, 'independent-001.pcap')) == LINK_TYPE_ETHERNET,
                f'{way}: what was captured is Ethernet')


def namespaces():
    """The network namespaces that a process is in or holds."""
    found = set()
    for name in filter(str.isdigit, os.listdir('/proc')):
        places = [f'/proc/{name}/ns/net']
        try:
            places += [f'/proc/{name}/fd/{fd}' for fd in os.listdir(f'/proc/{name}/fd')]
        except OSError:
            pass
        for place in places:
            try:
                found.add(os.readlink(place))
            except OSError:
                pass
    return {one for one in found if one.startswith('net:')}


def held_by(pid):
    """The namespaces that a process holds besides this one, to which it goes back from a visit."""
    found = set()
    for fd in os.listdir(f'/proc/{pid}/fd'):
        try:
            found.add(os.readlink(f'/proc/{pid}/fd/{fd}'))
        except OSError:
            pass
    return {one for one in found if one.startswith('net:')} - {os.readlink('/proc/self/ns/net')}


def test_killed(bench, way):
    """Neither the namespace nor the tap in it has a name: nothing can be left behind."""
    folder = bench.path(f'killed-{way}')
    percuss = bench.begin('run', on_way(bench, way), '--out', folder)
    wait_for(lambda: announced(folder))
    own, below = held_by(percuss.pid), descendants(percuss.pid)
    bench.check(len(own) == 1 and below, f'{way}: percuss holds a namespace and runs an emulator',
                (own, below))
    percuss.send_signal(signal.SIGKILL)
    bench.end(percuss)
    gone = wait_for(lambda: not own & namespaces() and
                    not any(os.path.exists(f'/proc/{pid}/exe') for pid, _ in below))
    bench.check(gone, f'{way}: both are gone when percuss was killed')


def test_without_rights(bench):
    command = ['setpriv', '--bounding-set=-sys_admin,-net_admin', '--inh-caps=-all', bench.percuss, 'run',
               on_way(bench, 'tap'), '--out', bench.path('without')]
    result = subprocess.run(command, env=bench.environment, cwd=PROJECT, capture_output=True, text=True,
                            timeout=60, check=False)
    bench.check(result.returncode == 3 and 'cap_sys_admin' in result.stderr + result.stdout and
                'kind: user' in result.stderr + result.stdout,
                'without the right to make a namespace the run says which right that is', result)


def test_frames(bench):
    folder = bench.path('frames')
    campaign = bench.shipped('pump-frames-fixed', (), CRITERIA, target=ETHERNET)
    result = bench.run('run', campaign, '--cases', f'1-{CASES}', '--out', folder)
    check_clean(bench, folder, 'frames', result)
    log = os.path.join(folder, 'capture.pcapng')
    bench.check(link_type(log) == LINK_TYPE_ETHERNET, 'frames: the send log is Ethernet')
    replies = subprocess.run(
        ['tshark', '-r', log, '-Y', 'eth.src == 02:49:50:35:30:01', '-o', 'ip.check_checksum:TRUE',
         '-o', 'tcp.check_checksum:TRUE', '-T', 'fields', '-e', 'ip.checksum.status', '-e',
         'tcp.checksum.status', '-e', 'icmp.checksum.status'],
        capture_output=True, text=True, check=False).stdout.split('\n')
    wrong = [line for line in replies if '0' in line.split('\t')]
    bench.check(len(replies) > CASES and not wrong,
                f'frames: tshark finds no wrong checksum in {len(replies)} frames of the device', wrong[:3])


PAIR = '''
set -eu
unshare --net sleep 60 &
device=$!
trap 'kill $device' EXIT
ip link add wire0 type veth peer name wire1
until [ "$(readlink /proc/$device/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
ip link set wire1 netns $device
inside() { nsenter --net=/proc/$device/ns/net "$@"; }
inside ip link set wire1 address 02:49:50:35:30:01 up
inside ip address add 10.0.2.15/24 dev wire1
ip link set wire0 up
"$@"
'''


def test_pair_of_interfaces(bench):
    campaign = bench.shipped('pump-frames-fixed', target=ETHERNET)
    with open(campaign, encoding='utf-8') as file:
        text = file.read()
    begin, end = text.index('device:\n'), text.index('link:\n')
    text = text[:begin] + 'device: {kind: external}\nauthorisation: {by: the test, scope: two namespaces}\n' + \
        text[end:].replace('device:wire', 'wire0')
    campaign = bench.write('pair.yaml', text)
    result = subprocess.run(['unshare', '--net', 'bash', '-c', PAIR, 'pair', bench.percuss, 'check', campaign],
                            env=bench.environment, cwd=PROJECT, capture_output=True, text=True, timeout=60,
                            check=False)
    bench.check(result.returncode == 0 and '6 accepted, 0 refused, 0 without an answer' in result.stdout,
                "the kernel's own stack answers every message over a pair of interfaces", result)


def main():
    bench = Bench()
    if not os.path.exists(os.path.join(bench.firmware, 'pump-net-fixed-an385.elf')):
        bench.note('skipped: this build has no firmware with a network (another preset has it, or '
                   'scripts/sources has not run)')
        bench.done()
    test_frames(bench)
    if may_have_namespaces() and may_capture():
        for way in ('tap', 'dgram', 'stream'):
            test_way(bench, way)
        for way in ('tap', 'dgram'):
            test_killed(bench, way)
        test_without_rights(bench)
        test_pair_of_interfaces(bench)
    else:
        bench.note('left out: taps and interfaces, which only root may have')
    bench.done()


main()
