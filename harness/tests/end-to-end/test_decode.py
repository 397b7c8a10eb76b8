#!/usr/bin/env -S python3 -B
"""percuss decode: seeds, hostile bytes, many lines, and exact values in the JSON."""
import glob
import json
import os
import random
import struct
import subprocess

from common import Bench, MODBUS, PROJECT

TCP = os.path.join(MODBUS, 'modbus_tcp.ksy')
RTU = os.path.join(MODBUS, 'modbus_rtu.ksy')
DICOM = os.path.join(PROJECT, 'targets', 'dicom', 'dicom_ul.ksy')

EXACT = """\
meta:
  id: exact
  endian: be
  encoding: UTF-8
seq:
  - id: largest
    type: u8
  - id: smallest
    type: s8
  - id: high
    type: b3
  - id: low
    type: b5
  - id: name
    type: strz
  - id: raw
    size: 2
  - id: items
    type: item
    repeat: eos
types:
  item:
    seq:
      - id: value
        type: u1
        enum: colour
enums:
  colour:
    1: red
"""

KINDS = """\
meta:
  id: kinds
  endian: be
  encoding: ASCII
seq:
  - id: half
    type: f4
  - id: endless
    type: f8
  - id: digits
    type: str
    size: 3
    -percuss-number: {base: 10}
  - id: body
    type: body
instances:
  again:
    pos: 12
    type: u1
types:
  body:
    seq:
      - id: two
        type: u2
"""

CONTEXT = """\
meta:
  id: agreed
  endian: be
params:
  - id: width
    type: u1
    enum: width
    -percuss-default: narrow
  - id: mark
    type: bytes
    -percuss-default: '!'
seq:
  - id: number
    type:
      switch-on: width
      cases:
        width::narrow: u1
        width::wide: u2
  - id: end
    size: 2
    valid: mark
enums:
  width:
    1: narrow
    2: wide
"""


def lines(result):
    return [json.loads(line) for line in result.out.splitlines()]


def leaves(message):
    return {field['path']: field.get('value', field.get('hex')) for field in message['fields']
            if field['kind'] not in ('group', 'array')}


def test_seeds(bench):
    for model in (TCP, RTU):
        name = os.path.basename(model)[:-4]
        seeds = sorted(glob.glob(os.path.join(PROJECT, 'corpora', 'modbus', 'seeds', name, '*')))
        good = 0
        for seed in seeds:
            result = bench.run('decode', '--model', model, '--file', seed, '--json')
            message = lines(result)[0]
            ends = [field for field in message['fields'] if field['kind'] not in ('group', 'array')]
            good += (result.code == 0 and message['valid'] and message['frame'] == 'whole' and
                     sum(field['length'] for field in ends) == os.path.getsize(seed) and
                     message['length'] == os.path.getsize(seed))
        bench.check(good == len(seeds) > 10, f'{name}: every seed decodes, its leaves are its bytes',
                    f'{good} of {len(seeds)}')
    text = bench.run('decode', '--model', TCP, '0003 0000 0006 01 03 006b 0003')
    bench.check(text.code == 0 and 'read_holding_registers = 3' in text.out and
                'valid' in text.out.splitlines()[0] and '00 6b' in text.out, 'as text', text)
    broken = bench.run('decode', '--model', TCP, '0003 0000 0006 01 03 006b 0000')
    bench.check(broken.code == 0 and '! rule broken (value 0); allowed: reject' in broken.out and
                'V1.1b3, 6.3' in broken.out, 'a broken rule names its clause', broken)
    reply = bench.run('decode', '--model', TCP, '--reply', '--json',
                      '0003 0000 0005 01 03 02 1234')
    bench.check(leaves(lines(reply)[0]).get('pdu.body.values[0]') == 0x1234, 'a reply', reply)


def test_exact(bench):
    model = bench.write('exact.ksy', EXACT)
    result = bench.run('decode', '--model', model, '--json',
                       'ffffffffffffffff 8000000000000000 b7 c3a400 beef 0102')
    message = lines(result)[0]
    fields = {field['path']: field for field in message['fields']}
    bench.check(leaves(message) == {
        'largest': str(2**64 - 1), 'smallest': -2**63, 'high': 5, 'low': 23, 'name': 'c3a4',
        'raw': 'beef', 'items[0].value': 1, 'items[1].value': 2}, 'values are exact', result)
    bench.check([field['path'] for field in message['fields']][-5:] ==
                ['items', 'items[0]', 'items[0].value', 'items[1]', 'items[1].value'],
                'fields stand in document order')
    bench.check(fields['name']['text'] == 'ä' and fields['name']['length'] == 3 and
                fields['items[0].value'].get('name') == 'red' and
                'name' not in fields['items[1].value'] and fields['items']['count'] == 2 and
                fields['items[0]']['type'] == 'item' and fields['low']['offset'] == 16,
                'texts, enums, groups, arrays and places', message)
    deep = bench.write('deep.ksy', 'meta: {id: deep}\nseq:\n- {id: x, type: u1}\n'
                       '- {id: next, type: more, if: x == 1}\ntypes:\n  more:\n    seq:\n'
                       '    - {id: x, type: u1}\n    - {id: next, type: more, if: x == 1}\n')
    result = bench.run('decode', '--model', deep, '--json', '01' * 200)
    bench.check(result.code == 0 and 'deeper' in lines(result)[0]['problem'] and
                lines(result)[0]['fields'] == [], 'types nested without end', result)
    # An array as long as a datagram may be: no more than a moment.
    flood = bench.write('flood.txt', '00' * 30000 + '\n')
    result = bench.run('decode', '--model', model, '--json', '--hex-lines', '--file', flood,
                       patience=60)
    bench.check(result.code == 0 and len(lines(result)[0]['fields']) > 50000,
                'a long array is decoded', result.err)


def test_kinds(bench):
    """Reals, digits, second looks and the place where bytes end: programs need no other source."""
    model = bench.write('kinds.ksy', KINDS)
    first, second = (lines(bench.run('decode', '--model', model, '--json', text))[0] for text in (
        '3dcccccd fff0000000000000 303432 0102', '3f800000 3ff8000000000000 2d3432 01'))
    fields = {field['path']: field for field in first['fields']}
    bench.check(first['valid'] and fields['half']['value'] == 0.10000000149011612 and
                fields['endless']['value'] == '-inf', 'reals with all their digits', first)
    bench.check(fields['digits']['value'] == 42 and fields['digits']['hex'] == '303432' and
                fields['again'].get('instance') is True and fields['again']['value'] == 0x30 and
                sum('instance' in field for field in first['fields']) == 1,
                'digits as bytes and number, instances marked', first)
    fields = {field['path']: field for field in second['fields']}
    bench.check(fields['half']['value'] == 1.0 and fields['endless']['value'] == 1.5 and
                fields['digits']['hex'] == '2d3432' and 'value' not in fields['digits'],
                'digits that say no number', second)
    bench.check([(v['path'], v.get('field')) for v in second['violations']
                 if v['kind'] == 'truncated'] == [('', 'two')] and
                all('field' not in v for v in second['violations'] if v['kind'] != 'truncated'),
                'the field that the bytes end in', second)


def test_lines(bench):
    chance = random.Random(7)
    messages = [chance.randbytes(chance.randrange(0, 60)) for _ in range(3000)]
    file = bench.write('lines.txt', '\n'.join(message.hex() for message in messages) + '\n')
    for model in (TCP, RTU, bench.path('exact.ksy')):
        result = bench.run('decode', '--model', model, '--json', '--hex-lines', '--file', file)
        decoded = lines(result)
        bench.check(result.code == 0 and len(decoded) == len(messages) and
                    all(one['length'] == len(sent) for one, sent in zip(decoded, messages)) and
                    all(one['valid'] == (not one['violations']) for one in decoded),
                    f'{os.path.basename(model)}: random lines, an object each', result.err)
    standard = subprocess.run([bench.percuss, 'decode', '--model', TCP, '--json', '--hex-lines', '-'],
                              input=b'00\n\n0102\n', capture_output=True, check=False,
                              env=bench.environment)
    bench.check(standard.returncode == 0 and
                [json.loads(line)['length'] for line in standard.stdout.splitlines()] == [1, 0, 2],
                'lines of the standard input, an empty message too', standard)


def pdu(control, data, context=3):
    """A P-DATA-TF PDU with one PDV."""
    body = struct.pack('>IBB', len(data) + 2, context, control) + data
    return (b'\4\0' + struct.pack('>I', len(body)) + body).hex() + '\n'


def test_segments(bench):
    """A data set in three fragments, one of them cut inside a length."""
    data = b'\x10\0\x10\0' + struct.pack('<I', 8) + b'Test^One' + \
        b'\xe0\x7f\x10\0' + struct.pack('<I', 40) + bytes(range(40))
    file = bench.write('pieces.txt', pdu(0, data[:21]) + pdu(0, data[21:50]) + pdu(2, data[50:]))
    apart = lines(bench.run('decode', '--model', DICOM, '--json', '--hex-lines', '--file', file))
    result = bench.run('decode', '--model', DICOM, '--json', '--hex-lines', '--join', '--file', file)
    joined = lines(result)
    bench.check([one['valid'] for one in apart] == [True, True, False],
                'each line for itself: the last fragment is no data set', apart)
    bench.check([one['valid'] for one in joined] == [True] * 4 and
                [one.get('joined') for one in joined] == [None, None, None, 3] and
                joined[3]['frame'] == 'joined' and
                leaves(joined[3])['body.pdvs[0].fragment.elements[1].value'] ==
                bytes(range(40)).hex() and
                leaves(joined[2])['body.pdvs[0].fragment'] == data[50:].hex(),
                'joined: three fragments, then the data set', result)
    file = bench.write('wrong.txt', pdu(0, data[:21]) + pdu(2, data[21:-1]) +
                       pdu(0, data[:21]) + '050000000004' + '00000000\n')
    joined = lines(bench.run('decode', '--model', DICOM, '--json', '--hex-lines', '--join',
                             '--file', file))
    bench.check([one['valid'] for one in joined] == [True, True, False, True, True] and
                'fragment' in joined[2]['violations'][0]['path'] and
                'not finished' in joined[4]['segments'],
                'what is wrong in a joined message, and one that is not finished', joined)
    text = bench.run('decode', '--model', DICOM, '--hex-lines', '--join', '--file', file)
    bench.check('joined from 2 frames: dicom_ul request' in text.out and
                'segments: the message before it was not finished' in text.out, 'as text', text)


def one_line(result):
    return result.code == 2 and result.err.count('\n') == 1 and 'percuss decode: ' in result.err


def test_context(bench):
    model = bench.write('agreed.ksy', CONTEXT)
    for value, leaf in ((None, {'number': 1}), ('width=wide', {'number': 0x102}),
                        ('width=2,mark=hex:0304', {'number': 0x102})):
        arguments = ['--context', value] if value else []
        message = lines(bench.run('decode', '--model', model, '--json', *arguments,
                                  '01020304'))[0]
        bench.check(leaves(message).get('number') == leaf['number'], f'read with {value}', message)
        bench.check(message['valid'] == (value is not None and 'mark' in value),
                    f'judged with {value}', message)


def test_bad_input(bench):
    odd = bench.write('odd.txt', '00\n0\n')
    for what, arguments, words in (
            ('no model', ['00'], '--model'),
            ('a model that is not there', ['--model', bench.path('none.ksy'), '00'], 'none.ksy'),
            ('nothing to decode', ['--model', TCP], 'HEX'),
            ('two things to decode', ['--model', TCP, '00', '--file', odd], 'one of'),
            ('no hex', ['--model', TCP, '0g'], '0g'),
            ('half a byte', ['--model', TCP, '000'], 'pairs'),
            ('a line with half a byte', ['--model', TCP, '--hex-lines', '--file', odd],
             'odd.txt:2'),
            ('--hex-lines without lines', ['--model', TCP, '--hex-lines', '00'], '--file'),
            ('--join without lines', ['--model', TCP, '--join', '00'], '--hex-lines'),
            ('a file that is not there', ['--model', TCP, '--file', bench.path('none')], 'none'),
            ('no capture', ['--model', TCP, odd], 'odd.txt'),
            ('a direction for a capture', ['--model', TCP, odd, '--reply'], '--reply'),
            ('a port without a capture', ['--model', TCP, '00', '--port', '502'], '--port'),
            ('a wrong port', ['--model', TCP, odd, '--port', '70000'], '--port'),
            ('a session without a capture', ['--model', TCP, '00', '--session', odd], '--session'),
            ('a context without a value', ['--model', bench.path('agreed.ksy'), '00', '--context', 'width'],
             'NAME=VALUE'),
            ('a context of another type', ['--model', bench.path('agreed.ksy'), '00', '--context', 'width=broad'],
             'a member of enum width'),
            ('a context of another name', ['--model', bench.path('agreed.ksy'), '00', '--context', 'widht=wide'],
             "did you mean 'width'?")):
        result = bench.run('decode', *arguments, patience=30)
        bench.check(one_line(result) and words in result.err, what, result)


def main():
    bench = Bench()
    test_seeds(bench)
    test_exact(bench)
    test_kinds(bench)
    test_lines(bench)
    test_context(bench)
    test_segments(bench)
    test_bad_input(bench)
    bench.done()


main()
