#!/usr/bin/env -S python3 -B
"""tshark, which percuss does not know, decodes the Modbus in both captures of a run."""
import collections
import glob
import os
import re
import shutil
import subprocess

from common import Bench, may_capture, one, rows, summary, verdict_of

MODBUS_ON_USER0 = 'uat:user_dlts:"User 0 (DLT=147)","mbrtu","0","","0",""'
CASES = 400


def tshark(bench, file, how, *fields, select=''):
    """Lists of field values, a packet each."""
    command = ['tshark', '-n', '-r', file, *how, '-T', 'fields', '-E', 'separator=/t']
    for field in ('frame.number', *fields):
        command += ['-e', field]
    if select:
        command += ['-Y', select]
    # No profile of whoever runs this may change the decoding.
    result = subprocess.run(command, capture_output=True, text=True, check=False,
                            env=dict(bench.environment, HOME=bench.path('no-home')))
    if result.returncode != 0:
        bench.check(False, f'tshark reads {os.path.basename(file)}', result.stderr)
        return []
    return [line.split('\t')[1:] for line in result.stdout.splitlines() if line]


def commented_cases(packets):
    """Case numbers of packets whose comment is that of a case, not of a replay or a check."""
    numbers = set()
    for comment, *_ in packets:
        for part in comment.split(','):
            found = re.match(r'case (\d+) modbus_(tcp|rtu)/', part)
            if found:
                numbers.add(int(found.group(1)))
    return numbers


def sent_cases(folder):
    return {number for number, in rows(
        folder, "SELECT number FROM cases WHERE verdict NOT IN ('skipped', 'excluded')")}


def check_comments(bench, folder, packets, what):
    """Every case that was sent has packets with its name."""
    missing = sorted(sent_cases(folder) - commented_cases(packets))
    bench.check(not missing and packets, f'{what}: each case that was sent is a packet\'s comment',
                f'{len(packets)} packets; without: {missing[:20]}')


def functions(packets):
    return collections.Counter(code for _, codes in packets for code in codes.split(',') if code)


def test_tcp(bench, live):
    folder = bench.path('tcp')
    campaign = bench.shipped('libmodbus-original')
    result = bench.run('run', campaign, '--cases', f'1-{CASES}', '--out', folder, '--quiet')
    bench.check(result.code in (0, 1), 'a short run over TCP', result)
    how = ['-d', 'tcp.port==1-65535,mbtcp']
    log = os.path.join(folder, 'capture.pcapng')
    packets = tshark(bench, log, how, 'frame.comment', 'modbus.func_code', select='mbtcp')
    codes = functions(packets)
    bench.check(len(packets) > CASES and len(codes) > 8,
                f'send log: {len(packets)} packets are Modbus, {len(codes)} function codes', codes)
    check_comments(bench, folder,
                   tshark(bench, log, how, 'frame.comment', select='tcp'), 'send log')
    bad = tshark(bench, log,
                 [*how, '-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE'],
                 '_ws.col.Info',
                 select='tcp.checksum.status == 0 || ip.checksum.status == 0 || !tcp || '
                        '(_ws.malformed && !mbtcp && !frame.comment matches "case") || '
                        'tcp.analysis.lost_segment || '
                        'tcp.analysis.retransmission || tcp.analysis.out_of_order')
    bench.check(not bad, 'send log: TCP has right checksums, nothing malformed, nothing lost',
                bad[:9])
    independent = sorted(glob.glob(os.path.join(folder, 'independent-*.pcap')))
    if not live:
        note = one(folder, "SELECT note FROM capture WHERE kind = 'independent'")
        bench.check(not independent and note and verdict_of(folder, 'AC-21') == 'inconclusive',
                    f'no right to capture: the run says so ({note})')
        return
    packets = [packet for file in independent
               for packet in tshark(bench, file, how, 'frame.comment', 'modbus.func_code',
                                    select='mbtcp')]
    codes = functions(packets)
    bench.check(len(packets) > CASES and len(codes) > 8, f'independent capture: {len(packets)} '
                f'packets are Modbus, {len(codes)} function codes', codes)
    dropped = one(folder, 'SELECT sum(dropped) FROM capture')
    unequal = rows(folder, 'SELECT * FROM capture_check WHERE NOT sent_equal OR NOT received_equal')
    bench.check(dropped == 0 and not unequal and verdict_of(folder, 'AC-21') == 'pass',
                'AC-21: both captures have the same bytes', unequal or summary(folder)['criteria'])


def test_without_live(bench):
    folder = bench.path('alone')
    campaign = bench.shipped('libmodbus-patched', append='capture: {live: false}\n')
    result = bench.run('run', campaign, '--cases', '1-100', '--out', folder, '--quiet')
    note = one(folder, "SELECT note FROM capture WHERE kind = 'independent'")
    bench.check(result.code in (0, 1) and verdict_of(folder, 'AC-21') == 'inconclusive' and
                not glob.glob(os.path.join(folder, 'independent-*')) and note,
                f'without an independent capture AC-21 is inconclusive ({note})', result)


def test_serial(bench):
    if not os.path.exists(os.path.join(bench.firmware, 'pump-fixed-an385.elf')):
        return bench.note('no firmware is built: the pump is left out')
    folder = bench.path('pump')
    result = bench.run('run', bench.shipped('pump-fixed'), '--cases', f'1-{CASES}', '--out', folder,
                       '--quiet')
    bench.check(result.code in (0, 1), 'a short run on the pump', result)
    how = ['-o', MODBUS_ON_USER0]
    log = os.path.join(folder, 'capture.pcapng')
    packets = tshark(bench, log, how, 'frame.comment', 'modbus.func_code', select='mbrtu')
    codes = functions(packets)
    bench.check(len(packets) > CASES and len(codes) > 8,
                f'serial send log: {len(packets)} packets are Modbus, {len(codes)} function codes',
                codes)
    check_comments(bench, folder, tshark(bench, log, how, 'frame.comment'), 'serial send log')
    broken = tshark(bench, log, how, 'frame.comment',
                    select='_ws.malformed && !frame.comment matches "case|proof"')
    bench.check(not broken, 'serial send log: the valid traffic is not malformed', broken[:9])


def main():
    bench = Bench()
    if not shutil.which('tshark'):
        bench.check(False, 'tshark is installed')
        bench.done()
    test_tcp(bench, may_capture())
    test_without_live(bench)
    test_serial(bench)
    bench.done()


main()
