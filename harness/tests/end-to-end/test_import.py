#!/usr/bin/env -S python3 -B
"""percuss import and percuss decode of captures: TCP in any order, fragments, UDP, serial lines."""
import collections
import glob
import json
import os
import random
import re
import struct

import packets
from common import Bench, MODBUS, PROJECT, one

TCP = os.path.join(MODBUS, 'modbus_tcp.ksy')
LIS = os.path.join(PROJECT, 'targets', 'lis', 'lis1a.ksy')
RTU = os.path.join(MODBUS, 'modbus_rtu.ksy')
SESSION = os.path.join(MODBUS, 'registers.yaml')
CLIENT, SERVER = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
CLIENT6, SERVER6 = bytes(15) + b'\1', bytes(15) + b'\2'
PORT = 1502
START = 1_700_000_000 * 10**9
MS = 10**6


def adu(number, pdu):
    return struct.pack('>HHHB', number, 0, len(pdu) + 1, 1) + bytes(pdu)


def read_registers(number, start, quantity):
    return adu(number, struct.pack('>BHH', 3, start, quantity))


def registers(number, *values):
    return adu(number, struct.pack(f'>BB{len(values)}H', 3, 2 * len(values), *values))


def crc(data):
    value = 0xffff
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xa001 if value & 1 else 0)
    return data + struct.pack('<H', value)


class Trace:
    """TCP between the two ends; positions are bytes of a direction, from 0."""

    def __init__(self, port=40000, isn=0xfffffff0):
        self.packets, self.port, self.isn = [], port, isn

    def add(self, data):
        self.packets.append((START + len(self.packets) * MS, data))

    def client(self, at, payload=b'', flags=packets.ACK):
        self.add(packets.ip4(6, packets.tcp(self.port, PORT, self.isn + 1 + at, payload, flags),
                             CLIENT, SERVER))

    def server(self, at, payload=b'', flags=packets.ACK):
        self.add(packets.ip4(6, packets.tcp(PORT, self.port, 5000 + 1 + at, payload, flags),
                             SERVER, CLIENT))

    def open(self):
        self.client(-1, flags=packets.SYN)
        self.server(-1, flags=packets.SYN | packets.ACK)


def save(bench, name, data):
    path = bench.path(name)
    with open(path, 'wb') as file:
        file.write(data)
    return path


def decode(bench, path, *arguments, model=TCP):
    result = bench.run('decode', '--model', model, path, '--json', *arguments)
    return result, [json.loads(line) for line in result.out.splitlines()]


def brief(messages):
    """(packet, reply, registers or start) of each message; problems as their text."""
    out = []
    for message in messages:
        values = {field['path']: field.get('value') for field in message['fields']}
        out.append(message['problem'] if 'problem' in message else
                   (message['packet'], message['reply'],
                    values.get('pdu.body.start', values.get('pdu.body.values[0]'))))
    return out


def test_tcp(bench):
    """Segments cut anywhere, early, twice, overlapping; the sequence number runs over."""
    requests = b''.join(read_registers(i, 0x100 + i, 1) for i in range(4))      # 12 bytes each
    replies = b''.join(registers(i, 0x200 + i) for i in range(4))               # 11 bytes each
    trace = Trace()
    trace.open()                                    # packets 1, 2
    trace.client(0, requests[:5])                   # 3
    trace.client(12, requests[12:30])               # 4: early
    trace.client(5, requests[5:12])                 # 5: completes 1 and 2
    trace.client(12, requests[12:30])               # 6: again
    trace.client(20, requests[20:48])               # 7: overlaps
    trace.server(22, replies[22:])                  # 8: early
    trace.server(0, replies[:11])                   # 9
    trace.server(5, replies[5:25])                  # 10: overlaps both
    path = save(bench, 'tcp.pcap', packets.pcap(trace.packets))
    result, messages = decode(bench, path, '--port', str(PORT))
    bench.check(result.code == 0 and brief(messages) == [
        (5, False, 0x100), (5, False, 0x101), (7, False, 0x102), (7, False, 0x103),
        (9, True, 0x200), (10, True, 0x201), (10, True, 0x202), (10, True, 0x203)],
        'TCP out of order, repeated and overlapping', brief(messages))
    bench.check(messages[0]['time_ns'] == START + 4 * MS and messages[0]['file'] == path,
                'the time of the packet that made a message whole')
    bench.check(brief(decode(bench, path)[1]) == brief(messages),
                'without --port the SYN tells who is the client')
    text = bench.run('decode', '--model', TCP, path)
    bench.check('packet 9  2023-11-14T22:13:20.008000000Z  <- reply' in text.out and
                '8 messages, 0 of them not valid' in text.out, 'as text', text)


def test_gaps(bench):
    """What a capture lacks is told, and the messages behind it are found again."""
    trace = Trace()
    trace.open()
    trace.client(0, read_registers(1, 1, 1)[:6])            # 3, its rest is lost
    trace.client(12, read_registers(2, 2, 1))               # 4
    trace.server(0, b'\0\1\0\0\xff\xff\1\3')                # 5: a length out of bounds
    trace.server(8, registers(2, 7))                        # 6
    trace.client(24, read_registers(3, 3, 1)[:4])           # 7: nothing follows
    path = save(bench, 'gaps.pcap', packets.pcap(trace.packets))
    _, messages = decode(bench, path, '--port', str(PORT))
    bench.check(sorted(map(str, brief(messages))) == sorted(map(str, [
        (4, False, 2), (6, True, 7), 'the rest is not in the capture',
        'the connection ends inside the frame',
        "the length is outside the framing's limits"])), 'gaps, wrong lengths, ends', messages)
    result = bench.run('import', path, '--model', TCP, '--port', str(PORT), '--json', '--out',
                       bench.path('gaps'))
    facts = json.loads(result.out)
    bench.check(facts['packets']['bytes_lost'] == 6 and len(facts['no_frame']) == 3 and
                facts['seeds']['written'] == 2 and
                {tuple(problem['packets']) for problem in facts['no_frame']} ==
                {(3,), (5,), (7,)}, 'import tells packets and reasons', facts['no_frame'])


def test_fragments(bench):
    big = adu(9, struct.pack('>BHHB', 16, 5, 100, 200) + bytes(200))
    out = []
    for make, ends in ((packets.fragments4, (CLIENT, SERVER)),
                       (packets.fragments6, (CLIENT6, SERVER6))):
        whole = packets.udp(40000, PORT, big)
        pieces = make(17, whole, *ends, 64, 77)
        out += [pieces[2], pieces[0], pieces[0], *pieces[3:], pieces[1]]
        out += make(6, packets.tcp(40001, PORT, 1, big), *ends, 48, 78)
        out += make(17, whole, *ends, 64, 79)[:2]           # never whole
    path = save(bench, 'fragments.pcap',
                packets.pcap([(START + i, data) for i, data in enumerate(out)]))
    result, messages = decode(bench, path, '--port', str(PORT))
    bench.check(result.code == 0 and [message['length'] for message in messages] == [213] * 4 and
                all(message['valid'] for message in messages), 'fragments of UDP and TCP, both IPs',
                result)
    facts = json.loads(bench.run('import', path, '--model', TCP, '--port', str(PORT), '--json',
                                 '--out', bench.path('fragments')).out)
    bench.check(facts['packets']['fragments_missing'] == 2 and facts['seeds']['written'] == 1 and
                facts['seeds']['known'] == 3, 'what never became whole is counted', facts['packets'])


def test_serial(bench):
    request, reply = crc(b'\1\3\0\1\0\2'), crc(b'\1\3\4\0\1\0\2')
    trace = [(START, b'', 2), (START + 1 * MS, request, 2), (START + 5 * MS, reply[:4], 1),
             (START + 6 * MS, reply[4:], 1), (START + 20 * MS, request, 2),
             (START + 30 * MS, request[:-1] + b'!', 2), (START + 40 * MS, b'\1\3', 2)]
    path = save(bench, 'serial.pcapng', packets.pcapng(trace))
    result, messages = decode(bench, path, model=RTU)
    bench.check(result.code == 0 and
                [(message['packet'], message['reply'], message.get('valid')) for message in messages] ==
                [(2, False, True), (4, True, True), (5, False, True), (6, False, False),
                 (7, False, None)], 'a serial line: directions, pauses, a wrong CRC', result)
    result = bench.run('import', path, '--protocol', 'modbus/modbus_rtu', '--json', '--out',
                       bench.path('serial'))
    facts = json.loads(result.out)
    bench.check(facts['seeds'] == {'written': 2, 'known': 1} and
                facts['not_valid'][0]['packets'] == [6] and
                'checksum' in facts['not_valid'][0]['reason'] and
                'V1.02' in facts['not_valid'][0]['clause'] and
                facts['no_frame'][0]['packets'] == [7], 'import of a serial line', result)
    again = json.loads(bench.run('import', path, path, '--model', RTU, '--json', '--out',
                                 bench.path('serial')).out)
    bench.check(again['seeds'] == {'written': 0, 'known': 6}, 'nothing is written twice', again)


def lis_frame(number, text, end):
    body = str(number).encode() + text + end
    return b'\2' + body + b'%02X\r\n' % (sum(body) % 256)


def test_segments(bench):
    """A record in three frames, one of them sent again; bytes that are no frame between them."""
    record = b'R|1|^^^GLU|' + b'5' * 500 + b'|mmol/l\r'
    sent = [b'\5', lis_frame(1, record[:240], b'\x17'), lis_frame(2, record[240:480], b'\x17'),
            b'noise' + lis_frame(2, record[240:480], b'\x17'), lis_frame(3, record[480:], b'\3'),
            lis_frame(4, record[:240], b'\x17'), b'\4']
    trace = [(START, b'', 2)]
    for i, part in enumerate(sent):
        trace.append((START + (i + 1) * 10 * MS, part[:50], 1))
        trace.append((START + (i + 1) * 10 * MS + MS, part[50:] or b'\6', 1 if part[50:] else 2))
    path = save(bench, 'lis.pcapng', packets.pcapng(trace))
    result, messages = decode(bench, path, model=LIS)
    replies = [one for one in messages if one['reply']]
    whole = [one for one in replies if 'joined' in one]
    values = {field['path']: field.get('hex') for field in whole[0]['fields']} if whole else {}
    bench.check(result.code == 0 and len(whole) == 1 and whole[0]['joined'] == 3 and
                whole[0]['valid'] and
                values['frame.text.records[0].content.fields[2].content.first.first.value'] ==
                '35' * 500, 'a record from three frames', result)
    bench.check([one['segments'] for one in replies if 'segments' in one] ==
                ['a piece that was sent again', 'the message before it was not finished'],
                'sent again, and not finished', replies)
    bench.check(sum('problem' in one for one in replies) == 1, 'noise is told', replies)
    result = bench.run('import', path, '--model', LIS, '--json', '--out', bench.path('lis'))
    facts = json.loads(result.out)
    bench.check(result.code == 0 and facts['joined'] == 1, 'import joins it', result)
    bench.check(any('sent again' in one['reason'] for one in facts['no_frame']),
                'import tells what was not joined', result)


def test_coverage(bench):
    trace = Trace()
    trace.open()
    sent = (read_registers(1, 0x160, 125) + read_registers(2, 0x160, 126) +
            read_registers(3, 0x160, 125) + adu(4, b'\x08\0\x0a\0\0') + adu(5, b'\x63'))
    trace.client(0, sent)
    trace.server(0, adu(2, b'\x83\3'))
    path = save(bench, 'coverage.pcap', packets.pcap(trace.packets))
    arguments = ['import', path, '--model', TCP, '--session', SESSION, '--port', str(PORT)]
    folder = bench.path('coverage')
    result = bench.run(*arguments, '--json', '--out', folder)
    facts = json.loads(result.out)
    kinds = {(kind['direction'], kind['kind']): kind for kind in facts['kinds']}
    read = kinds[('request', 'read_holding_registers')]
    bench.check(result.code == 0 and (read['messages'], read['valid'], read['seeds']) == (3, 2, 1)
                and read['exemplars'] == ['read_registers'] and
                kinds[('request', 'diagnostics/clear_counters')]['seeds'] == 1 and
                kinds[('request', '99')]['valid'] == 0 and
                kinds[('reply', '131-exception_reply')]['seeds'] == 1 and
                'write_bit' in facts['exemplars_not_seen'], 'messages by kind', result)
    quantity = [field for field in facts['fields']
                if field['field'] == 'read_registers_request.quantity'][0]
    bench.check({entry['label']: entry['seen'] for entry in quantity['boundaries']} ==
                {'min-1': False, 'min': False, 'max': True, 'max+1': True} and
                (quantity['seen'], quantity['minimum'], quantity['maximum'], quantity['values']) ==
                (3, 125, 126, [125, 126]) and 'write_coil.value' in facts['fields_not_seen'],
                'boundaries and values', quantity)
    bench.check([problem['reason'] for problem in facts['not_valid']] ==
                ['pdu.body.quantity: rule broken (value 126)',
                 'pdu.body: no case of the switch fits'], 'frames that are not valid, and why',
                facts['not_valid'])
    names = sorted(os.listdir(folder))
    bench.check(names == ['001-request-read_holding_registers.bin',
                          '002-request-diagnostics-clear_counters.bin',
                          '003-reply-131-exception_reply.bin'], 'names of seeds', names)
    text = bench.run(*arguments, '--out', folder)
    bench.check(text.code == 0 and 'boundaries not seen: min-1=0 min=1' in text.out and
                '0 new seeds' in text.out and '(session: read_registers)' in text.out, 'as text',
                text)


TEXTS = """\
meta: {id: texts, endian: be, encoding: ASCII}
-percuss-framing: {kind: datagram, minimum: 3, maximum: 9}
seq:
- {id: tag, type: str, size: 2}
- {id: body, type: {switch-on: tag, cases: {'"AA"': u1, '"B/"': u2}}}
"""


def test_datagrams(bench):
    model = bench.write('texts.ksy', TEXTS)
    sent = [(40000, PORT, b'AA\1'), (PORT, 40000, b'B/\0\1'), (40000, PORT, b'AA\1\1'),
            (40000, PORT, b'AA'), (40000, PORT + 1, b'AA\2'), (40000, PORT, b'AA' * 5)]
    path = save(bench, 'udp.pcap', packets.pcap(
        [(START + i, packets.ip4(17, packets.udp(*udp), CLIENT, SERVER))
         for i, udp in enumerate(sent)]))
    folder = bench.path('texts')
    result = bench.run('import', path, '--model', model, '--port', str(PORT), '--json', '--out', folder)
    facts = json.loads(result.out)
    bench.check(result.code == 0 and
                [(kind['direction'], kind['kind'], kind['messages'], kind['valid'])
                 for kind in facts['kinds']] == [('request', 'AA', 2, 1), ('reply', 'B/', 1, 1)] and
                facts['packets']['other_ports'] == 1 and
                [(problem['reason'], problem['packets']) for problem in facts['no_frame']] ==
                [('shorter than a frame may be', [4]), ('longer than a frame may be', [6])] and
                sorted(os.listdir(folder)) == ['001-request-AA.bin', '002-reply-B-.bin'],
                'UDP, with texts that tell messages apart', result)


def check_seeds(bench, folder, model, what):
    """Every seed parses in its direction and has no violation."""
    wrong = []
    for direction, flag in (('request', []), ('reply', ['--reply'])):
        files = sorted(glob.glob(os.path.join(folder, f'*-{direction}-*.bin')))
        text = bench.path('seeds.txt')
        with open(text, 'w', encoding='ascii') as lines:
            for file in files:
                with open(file, 'rb') as seed:
                    lines.write(seed.read().hex() + '\n')
        result = bench.run('decode', '--model', model, '--json', '--hex-lines', '--file', text, *flag)
        decoded = [json.loads(line) for line in result.out.splitlines()]
        wrong += [file for file, message in zip(files, decoded)
                  if not message['valid'] or message['frame'] != 'whole']
        wrong += [] if len(decoded) == len(files) > 3 else [f'{len(files)} files']
    bench.check(not wrong, f'{what}: every seed is valid', wrong[:5])


def test_runs(bench):
    """Captures that percuss itself makes, and libpcap beside it."""
    if os.path.exists(os.path.join(bench.devices, 'modbus-server-patched')):
        folder = bench.path('run')
        bench.run('run', bench.shipped('libmodbus-patched'), '--cases', '1-200', '--out', folder,
                  '--quiet')
        port = re.search(r':(\d+)', one(folder, "SELECT value FROM run WHERE key = 'link'"))[1]
        result, messages = decode(bench, os.path.join(folder, 'capture.pcapng'), '--port', port)
        found = brief(messages)
        bench.check(result.code == 0 and len(messages) > 400 and any(
            message['reply'] for message in messages), f'{len(messages)} messages of a run', result)
        for file in glob.glob(os.path.join(folder, 'independent-*.pcap')):
            _, live = decode(bench, file, '--port', port)
            # It also has replies that came when percuss had ended the connection.
            seen, logged = (collections.Counter(str(message[1:]) for message in messages)
                            for messages in (brief(live), found))
            bench.check(not logged - seen and sum((seen - logged).values()) < 20,
                        'the independent capture has the same messages', seen - logged)
        result = bench.run('import', os.path.join(folder, 'capture.pcapng'), '--model', TCP,
                           '--session', SESSION, '--port', port, '--out', bench.path('from-run'))
        bench.check(result.code == 0, 'import of a run', result)
        check_seeds(bench, bench.path('from-run'), TCP, 'TCP')
    if os.path.exists(os.path.join(bench.firmware, 'pump-fixed-an385.elf')):
        folder = bench.path('pump')
        bench.run('run', bench.shipped('pump-fixed'), '--cases', '1-60', '--out', folder, '--quiet')
        result = bench.run('import', os.path.join(folder, 'capture.pcapng'), '--model', RTU, '--out',
                           bench.path('from-pump'), '--json')
        facts = json.loads(result.out)
        bench.check(result.code == 0 and facts['valid'] > 60 and facts['seeds']['written'] > 10,
                    f"the pump's serial line: {facts['valid']} valid messages", result)
        check_seeds(bench, bench.path('from-pump'), RTU, 'serial')


def item(kind, content):
    return struct.pack('>BBH', kind, 0, len(content)) + content


def accepted(syntax):
    """A-ASSOCIATE-AC with presentation context 3 in that transfer syntax."""
    context = bytes([3, 0, 0, 0]) + item(0x40, syntax.encode())
    body = (struct.pack('>HH', 1, 0) + b'PERCUSS_SCP     PERCUSS_SCU     ' + bytes(32) +
            item(0x10, b'1.2.840.10008.3.1.1.1') + item(0x21, context) +
            item(0x50, item(0x51, struct.pack('>I', 16384))))
    return struct.pack('>BBI', 2, 0, len(body)) + body


def dicom_seed(name, context=''):
    path = os.path.join(PROJECT, 'corpora', 'dicom', 'seeds', 'dicom_ul' + context, name + '.bin')
    with open(path, 'rb') as file:
        return file.read()


def test_contexts(bench):
    """Two associations at the same time that agree on different transfer syntaxes."""
    traces = []
    for port, name, last in ((40000, 'big', '2'), (40001, 'little', '1')):
        syntax = '1.2.840.10008.1.2.' + last
        request, answer = dicom_seed('associate_' + name), accepted(syntax)
        store = dicom_seed('store_' + name, '@transfer_syntax=' + syntax)
        trace = Trace(port)
        trace.open()
        trace.client(0, request)
        trace.server(0, answer)
        trace.client(len(request), store)
        traces.append(trace.packets)
    mixed = [packet for pair in zip(*traces) for packet in pair]
    path = save(bench, 'contexts.pcap', packets.pcap(mixed))
    model = os.path.join(PROJECT, 'targets', 'dicom', 'dicom_ul.ksy')
    session = os.path.join(PROJECT, 'targets', 'dicom', 'explicit.yaml')

    def stores(*arguments):
        result, messages = decode(bench, path, '--port', str(PORT), *arguments, model=model)
        values = [{field['path']: field for field in message['fields']} for message in messages
                  if message['fields'] and message['fields'][0]['value'] == 4]
        return result, [value.get('body.pdvs[1].fragment.elements[8].data.value', {}).get('hex')
                        for value in values]

    result, rows = stores('--session', session)
    bench.check(rows == ['0002', '0200'], 'each association reads in its own syntax', result)
    result, rows = stores()
    bench.check(rows == [None, None], 'without a session none is known', result)
    result, rows = stores('--context', 'transfer_syntax=1.2.840.10008.1.2.1')
    bench.check(rows[1] == '0200' and rows[0] != '0002', 'a context for all', result)
    for arguments, valid in ((['--session', session], 6), ([], 4)):
        result = bench.run('import', path, '--model', model, '--port', str(PORT), '--json', '--out',
                           bench.path(f'contexts-{valid}'), *arguments)
        facts = json.loads(result.out) if result.code == 0 else {}
        bench.check(facts.get('valid') == valid, f'{valid} of 6 messages are valid', result)


def test_hostile(bench):
    chance = random.Random(3)
    ended = 0
    for name in ('tcp.pcap', 'fragments.pcap', 'serial.pcapng'):
        with open(bench.path(name), 'rb') as file:
            good = file.read()
        model = RTU if name.startswith('serial') else TCP
        for _ in range(20):
            data = bytearray(good)
            for _ in range(chance.randrange(1, 12)):
                data[chance.randrange(20, len(data))] = chance.choice([0, 1, 255, chance.randrange(256)])
            path = save(bench, 'hostile', bytes(data[:chance.randrange(24, len(data))]))
            result = bench.run('import', path, '--model', model, '--port', str(PORT), '--out',
                               bench.path('hostile-seeds'), patience=30)
            if result.code == 0 or one_line(result):
                ended += 1
            else:
                bench.check(False, f'{name}, damaged: {data.hex()}', result)
    bench.check(ended == 60, 'damaged captures end well')


def one_line(result):
    return result.code == 2 and result.err.count('\n') == 1


def test_bad_input(bench):
    good = bench.path('tcp.pcap')
    text = bench.write('no-capture.txt', 'nothing\n')
    swapped = save(bench, 'pipe.pcap', packets.pcap([(START, b'\1')], packets.USER0))
    blocked = bench.write('file-not-folder', '')
    port = ['--port', str(PORT)]
    for what, arguments, words in (
            ('no model', [good, *port], '--model'),
            ('model and protocol', [good, *port, '--model', TCP, '--protocol', 'modbus'], 'one of'),
            ('a protocol with several models', [good, *port, '--protocol', 'modbus'],
             'modbus/modbus_rtu'),
            ('an unknown protocol', [good, *port, '--protocol', 'nothing'], 'nothing'),
            ('no port', [good, '--model', TCP], '--port'),
            ('a port of nobody', [good, '--model', TCP, '--port', '0'], '--port'),
            ('a wrong session', [good, *port, '--model', TCP, '--session', text], 'no-capture.txt'),
            ('a context that the model lacks', [good, *port, '--model', TCP, '--context', 'a=1'],
             "'a' is no param"),
            ('a capture that is not there', [bench.path('none'), *port, '--model', TCP], 'none'),
            ('no capture', [text, *port, '--model', TCP], 'no-capture.txt'),
            ('a serial line without directions', [swapped, '--model', RTU], 'pcapng'),
            ('a folder that cannot be made', [good, *port, '--model', TCP, '--out',
                                             os.path.join(blocked, 'x')], 'file-not-folder')):
        out = bench.path('bad-out')
        more = [] if '--out' in arguments else ['--out', out]
        result = bench.run('import', *arguments, *more, patience=30)
        bench.check(one_line(result) and words in result.err and not os.path.exists(out), what,
                    result)


def main():
    bench = Bench()
    os.chdir(PROJECT)
    test_tcp(bench)
    test_gaps(bench)
    test_fragments(bench)
    test_serial(bench)
    test_segments(bench)
    test_coverage(bench)
    test_datagrams(bench)
    test_runs(bench)
    test_contexts(bench)
    test_hostile(bench)
    test_bad_input(bench)
    bench.done()


main()
