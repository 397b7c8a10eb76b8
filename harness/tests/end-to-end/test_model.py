#!/usr/bin/env -S python3 -B
"""percuss model: fields, boundaries, relations and what is not run backwards; wrong models."""
import json
import os

from common import Bench, MODBUS, PROJECT

MODEL = """\
meta:
  id: widget
  title: A widget
  endian: be
doc-ref: Manual, 1
-percuss-framing:
  kind: length
  offset: 1
  width: 1
  adjust: 2
  minimum: 6
  maximum: 64
seq:
  - id: number
    type: u1
    -percuss-sequence: true
  - id: length
    type: u1
    doc-ref: Manual, 2
    -percuss-invalid: close
  - id: body
    type: body
    size: length
types:
  body:
    seq:
      - id: kind
        type: u1
        enum: kind
      - id: level
        type: s2le
        valid:
          min: -5
          max: 100
      - id: count
        type: b4
      - id: spare
        type: b4
        valid: 0
      - id: values
        type: u2
        repeat: expr
        repeat-expr: count
      - id: twice
        type: u1
        valid: count * 2
      - id: note
        size: count * count
        if: kind == kind::long
        -percuss-emit: fixed
      - id: place
        size: _io.size - _io.pos - 2
      - id: crc
        type: u2
        -percuss-checksum:
          polynomial: 0x1234
          from: start-of-type
enums:
  kind:
    1: short
    2: long
"""


def find(items, **wanted):
    for item in items:
        if all(item.get(key) == value for key, value in wanted.items()):
            return item
    return {}


def test_segments(bench):
    model = os.path.join(PROJECT, 'targets', 'lis', 'lis1a.ksy')
    result = bench.run('model', model, '--json')
    bench.check(json.loads(result.out)['segments'] == {
        'type': 'frame', 'bytes': 'text', 'maximum': 240, 'last': 'end == 3',
        'more': {'end': '23'}, 'next': {'number': '(number - 0x2f) % 8 + 0x30'},
        'acknowledged': True}, 'how messages span frames', result)
    text = bench.run('model', model)
    bench.check('segments   frame, bytes in text, at most 240; last when end == 3; more: end = 23'
                in text.out, 'as text', text)


def test_facts(bench, path):
    result = bench.run('model', path, '--json')
    facts = json.loads(result.out)
    root = {field['name']: field for field in facts['types'][0]['fields']}
    body = {field['name']: field for field in find(facts['types'], name='body')['fields']}
    bench.check(result.code == 0 and facts['id'] == 'widget' and facts['title'] == 'A widget' and
                len(facts['hash']) == 64 and facts['framing'] == {
                    'kind': 'length', 'offset': 1, 'width': 1, 'endian': 'be', 'adjust': 2,
                    'minimum': 6, 'maximum': 64} and not facts['direction'], 'the head', result)
    bench.check(root['length']['role'] == 'length' and root['length']['broken'] == 'close' and
                root['length']['doc_ref'] == 'Manual, 2' and root['length']['bits'] == 8 and
                root['number']['doc_ref'] == 'Manual, 1' and root['body']['size'] == 'length',
                'roles, outcomes and clauses of the root', root)
    bench.check([(entry['label'], entry['value']) for entry in body['level']['boundaries']] ==
                [('min-1', -6), ('min', -5), ('max', 100), ('max+1', 101)] and
                body['level']['signed'] and body['level']['type'] == 's2le' and
                body['count']['type'] == 'b4' and body['values']['element'] == 'integer',
                'boundaries, signs, bits', body)
    bench.check(body['kind']['choices'] == [{'value': 1, 'name': 'short'},
                                            {'value': 2, 'name': 'long'}] and
                not body['kind']['choices_bind'] and body['spare']['choices_bind'],
                'members of an enum, and values that bind', body)
    relations = facts['relations']
    bench.check(find(relations, role='length')['of'] == 'widget.body' and
                find(relations, role='count')['field'] == 'body.count' and
                find(relations, role='derived', field='body.twice')['expression'] == 'count * 2' and
                '0x1234' in find(relations, role='checksum')['expression'] and
                'start of its type' in find(relations, role='checksum')['of'] and
                find(relations, role='sequence')['field'] == 'widget.number',
                'which field follows from which', relations)
    ways = facts['not_inverted']
    bench.check('fixed' in find(ways, field='body.note', key='size')['why'] and
                find(ways, field='body.note', key='if') and
                '_io' in find(ways, field='body.place', key='size')['why'] and len(ways) == 3,
                'what is not run backwards', ways)


def test_text(bench, path):
    text = bench.run('model', path)
    bench.check(text.code == 0 and all(words in text.out for words in (
        'boundaries: min-1=-6 min=-5 max=100 max+1=101', 'widget.length is the length of widget.body',
        'known: 1=short 2=long', 'only: 0', 'body.note, size: count * count: is not linear',
        'frame = field +2, 6 to 64 bytes')), 'the same as text', text)
    for name in ('modbus_tcp', 'modbus_rtu'):
        facts = json.loads(bench.run('model', os.path.join(MODBUS, name + '.ksy'), '--json').out)
        algorithms = [relation['expression'] for relation in facts['relations']
                      if relation['role'] == 'checksum']
        bench.check(facts['direction'] and len(facts['types']) > 20 and
                    algorithms == (['crc16-modbus'] if name == 'modbus_rtu' else []), name)


TEXTS = """\
meta: {id: texts, endian: be, encoding: ASCII}
seq:
- {id: tag, type: str, size: 2, valid: {any-of: ['"AA"', '"BB"']}}
- {id: body, type: {switch-on: tag, cases: {'"AA"': u2le, '"BB"': nothing}}}
- {id: magic, contents: [1, 0xfe]}
types:
  nothing: {seq: []}
"""


def test_texts(bench):
    facts = json.loads(bench.run('model', bench.write('texts.ksy', TEXTS), '--json').out)
    tag, body, magic = facts['types'][0]['fields']
    bench.check(tag['valid_any_of'] == '"AA", "BB"' and tag['length'] == 2 and
                body['cases'] == [{'case': '"AA"', 'type': 'u2le'},
                                  {'case': '"BB"', 'type': 'nothing'}] and
                magic['contents'] == '01fe' and magic['type'] == 'contents',
                'texts, cases and contents', facts['types'])


def test_wrong(bench):
    broken = bench.write('broken.ksy', MODEL.replace('repeat-expr: count', 'repeat-expr: cuont'))
    for what, arguments, words in (
            ('a wrong expression', [broken], 'broken.ksy:43'),
            ('a file that is not there', [bench.path('none.ksy')], 'none.ksy'),
            ('no file', [], 'FILE.ksy')):
        result = bench.run('model', *arguments)
        bench.check(result.code == 2 and result.err.count('\n') == 1 and words in result.err and
                    not result.out, what, result)


def main():
    bench = Bench()
    path = bench.write('widget.ksy', MODEL)
    test_facts(bench, path)
    test_segments(bench)
    test_text(bench, path)
    test_texts(bench)
    test_wrong(bench)
    bench.done()


main()
