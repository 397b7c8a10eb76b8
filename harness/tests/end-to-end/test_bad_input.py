#!/usr/bin/env -S python3 -B
"""Wrong files and command lines: exit 2, one line that says where and what, nothing written."""
import os
import re

from common import Bench, MODBUS, rows

CAMPAIGN = """\
campaign: wrong
target:
  model: {modbus}/modbus_tcp.ksy
  session: {modbus}/registers.yaml
device:
  kind: process
  command: [sleep, '60']
link:
  kind: tcp
  address: 127.0.0.1:1
timing:
  answer: 500ms
budget:
  cases: 1-10
"""

MODEL = """\
meta:
  id: tiny
  endian: be
-percuss-framing:
  kind: length
  offset: 0
  width: 1
  adjust: 1
  minimum: 2
  maximum: 64
params:
  - id: is_reply
    type: bool
seq:
  - id: length
    type: u1
  - id: number
    type: u1
    -percuss-sequence: true
  - id: data
    size: length - 1
"""

SESSION = """\
session: tiny
answers:
- model: tiny
  belongs: reply.number == request.number
  rejected: reply.data[0] == 0xff
probe: hello
canary: [hello]
states:
  ready: []
messages:
  hello:
    fields: {data: 'hex: 01 02'}
    control: true
"""

# (what, replace, by, the key that is named or stands on the named line, words expected)
CAMPAIGNS = [
    ('a wrong key', 'timing:', 'timeing:', 'timeing', 'timing'),
    ('a wrong nested key', '  answer: 500ms', '  anwser: 500ms', 'anwser', 'answer'),
    ('a wrong type (text for a number)', 'budget:', 'epoch: many\nbudget:', 'epoch', 'many'),
    ('a wrong type (list for a map)', 'timing:\n  answer: 500ms', 'timing: [500ms]', 'timing', ''),
    ('a wrong type (map for a name)', 'campaign: wrong', 'campaign: {a: b}', 'campaign', ''),
    ('an unknown unit', '500ms', '500 fortnights', 'answer', 'duration'),
    ('a duration without a unit', '500ms', '500', 'answer', 'duration'),
    ('a duration of nothing', '500ms', '0s', 'answer', 'above zero'),
    ('a bad range', '1-10', '10-1', 'cases', 'range'),
    ('a range from zero', '1-10', '0-10', 'cases', 'range'),
    ('a number out of range', 'budget:', 'check-every: 101\nbudget:', 'check-every', '100'),
    ('a negative number', 'budget:', 'seed: -1\nbudget:', 'seed', ''),
    ('a wrong choice', 'budget:', 'connection: sometimes\nbudget:', 'connection', 'per-case'),
    ('an unknown oracle', 'budget:', 'oracles: [alive, delphi]\nbudget:', 'oracles', 'oracle'),
    ('an unknown device kind', 'kind: process', 'kind: toaster', 'kind', 'process'),
    ('an unknown link kind', 'kind: tcp', 'kind: pigeon', 'kind', 'tcp'),
    ('a key that the device does not have', "command: [sleep, '60']",
     "command: [sleep, '60']\n  baud: 9600", 'baud', ''),
    ('a key that the link does not have', 'address: 127.0.0.1:1',
     'address: 127.0.0.1:1\n  baud: 9600', 'baud', ''),
    ('a program that is not there', '[sleep,', '[no-such-program-here,', 'command', 'program'),
    ('a wrong address', '127.0.0.1:1\n', '127.0.0.1:99999\n', 'address', ''),
    ('a wrong regular expression', "command: [sleep, '60']",
     "command: [sleep, '60']\n  ready: '('", 'ready', ''),
    ('an unknown variable', '127.0.0.1:1\n', '127.0.0.1:${prot}\n', 'address', 'prot'),
    ('a wrong expression', 'budget:',
     "exclude:\n- {id: x, when: 'request.pdu.functoin == 6', rationale: y}\nbudget:", 'when',
     'functoin'),
    ('an expression that does not end', 'budget:',
     "exclude:\n- {id: x, when: '(request.pdu.function', rationale: y}\nbudget:", 'when', ''),
    ('an exclude rule without a rationale', 'budget:',
     "exclude:\n- {id: x, when: 'request.pdu.function == 6'}\nbudget:", 'rationale',
     'expected'),
    ('a model that is not there', 'modbus_tcp.ksy', 'nothing.ksy', 'model', 'nothing.ksy'),
    ('a session that is not there', 'registers.yaml', 'nothing.yaml', 'session', 'nothing.yaml'),
    ('a folder of criteria that is not there', 'budget:', 'criteria-folder: nothing\nbudget:',
     'criteria-folder', 'nothing'),
    ('a missing key', 'campaign: wrong\n', '', None, 'campaign'),
    ('a missing section', 'link:\n  kind: tcp\n  address: 127.0.0.1:1\n', '', None, 'link'),
    ('a missing address', '  address: 127.0.0.1:1\n', '', None, 'address'),
    ('a missing command', "  command: [sleep, '60']\n", '', 'device', 'command'),
    ('a duplicate key', 'budget:', 'timing: {}\nbudget:', 'timing', ''),
    ('an unknown criterion', 'budget:', 'criteria: [AC-99]\nbudget:', 'criteria', 'AC-99'),
    ('an unknown criterion to end with', '  cases: 1-10', '  cases: 1-10\n  until: [AC-05, AC-77]',
     'until', 'AC-77'),
    ('criteria to end with that are no list', '  cases: 1-10', '  cases: 1-10\n  until: AC-05',
     'until', 'list'),
    ('no hits before a field is skipped', 'budget:', 'skip-field-after: 0\nbudget:',
     'skip-field-after', 'from 1'),
    ('hits before a message is skipped that are no number', 'budget:',
     'skip-message-after: often\nbudget:', 'skip-message-after', 'often'),
    ('a level that is none', 'budget:', 'confirm: {alpha: 0.7}\nbudget:', 'alpha', '0.5'),
    ('a limit that cannot be overridden', 'budget:',
     'criteria:\n- {id: AC-21, limit: 3, rationale: r}\nbudget:', 'AC-21', ''),
    ('a tab where YAML has none', 'budget:', 'budget:\n\t- [', None, ''),
    ('no YAML at all', 'campaign: wrong', '{{{ ]', None, ''),
    ('a list for the file', CAMPAIGN, '- one\n- two\n', None, ''),
]

MODELS = [
    ('a wrong key', '  endian: be', '  endian: be\n-percuss-frming: 1', 'frming', ''),
    ('a wrong type', 'type: u1\n  - id: number', 'type: u9\n  - id: number', 'type', ''),
    ('a wrong framing kind', 'kind: length', 'kind: size', 'kind', 'length'),
    ('a number out of range', 'maximum: 64', 'maximum: 1', 'maximum', ''),
    ('a number that is none', 'width: 1', 'width: one', 'width', ''),
    ('an unknown field in an expression', 'length - 1', 'lenght - 1', 'size', 'lenght'),
    ('a wrong expression', 'length - 1', 'length - ', 'size', ''),
    ('no meta', 'meta:\n  id: tiny\n  endian: be\n', '', None, 'meta'),
    ('a missing id', '  id: tiny\n', '', 'meta', 'id'),
    ('a duplicate key', '  endian: be', '  endian: be\n  endian: le', 'endian', ''),
    ('a duplicate field', '- id: number', '- id: length', 'length', ''),
    ('no YAML', 'seq:', 'seq: [', None, ''),
    ('an import that is not there', '  endian: be', '  endian: be\n  imports: [nothing]',
     'imports', 'nothing'),
]

SESSIONS = [
    ('a wrong key', 'probe: hello', 'prob: hello', 'prob', 'probe'),
    ('a wrong key of a message', 'control: true', 'contrl: true', 'contrl', 'control'),
    ('a wrong type', 'control: true', 'control: perhaps', 'control', 'true'),
    ('an unknown message', 'canary: [hello]', 'canary: [hallo]', 'canary', 'hallo'),
    ('an unknown state', 'control: true', 'control: true\n    states: [asleep]', 'states',
     'asleep'),
    ('an unknown field', '{data:', '{dato:', 'dato', ''),
    ('a value of the wrong kind', "'hex: 01 02'", '{a: b}', 'data', ''),
    ('wrong hex', 'hex: 01 02', 'hex: 01 0g', 'data', 'hex'),
    ('a value that does not fit', "{data: 'hex: 01 02'}", "{number: 256, data: 'hex: 01'}",
     'number', '8 bits'),
    ('an unknown field in an expression', 'request.number', 'request.nummer', 'belongs', 'nummer'),
    ('a wrong expression', '== 0xff', '==', 'rejected', ''),
    ('an unknown outcome', 'probe: hello',
     'expect:\n- {id: a, when: request.number == 1, outcome: applause}\nprobe: hello', 'outcome',
     'applause'),
    ('a missing key', 'probe: hello\n', '', None, 'probe'),
    ('no messages', SESSION[SESSION.index('messages:'):], '', None, 'messages'),
    ('a duplicate key', 'probe: hello', 'probe: hello\nprobe: hello', 'probe', ''),
    ('a file to extend that is not there', 'session: tiny', 'session: tiny\nextends: none.yaml',
     'extends', 'none.yaml'),
    ('no YAML', 'states:', 'states: }', None, ''),
]


def one_line(result):
    return len([line for line in result.err.splitlines() if line.strip()]) == 1


def files_below(folder):
    return sorted(os.path.join(at, name) for at, folders, names in os.walk(folder)
                  for name in folders + names)


def expect_refusal(bench, what, file, arguments, key, words):
    """Exit 2 with one line naming file and line; the key is in it or on the line it names."""
    out = bench.path('run')
    before = files_below(bench.folder)
    result = bench.run('run', *arguments, '--out', out, patience=30)
    before += [path for path in files_below(bench.folder)
               if re.search(r'/(out|err)-\d+$', path)]
    named = re.search(re.escape(os.path.basename(file)) + r':(\d+):', result.err)
    line = ''
    if named and os.path.exists(file):
        with open(file, encoding='utf-8') as text:
            lines = text.read().splitlines()
        line = lines[int(named.group(1)) - 1] if int(named.group(1)) <= len(lines) else ''
    good = (result.code == 2 and one_line(result) and named and words in result.err and
            (key is None or key in result.err or key in line))
    bench.check(good, what, f'{result}\nexpected key {key!r} and {words!r}; line: {line!r}')
    left = set(files_below(bench.folder)) - set(before)
    if left or os.path.exists(out):
        bench.check(False, what + ': nothing is written', '\n'.join(left))


def replaced(text, old, new):
    if old not in text:
        raise ValueError(f'{old!r} is not in the file to be spoiled')
    return text.replace(old, new, 1)


def test_files(bench):
    campaign = CAMPAIGN.replace('{modbus}', MODBUS)
    tiny = campaign.replace(MODBUS + '/modbus_tcp.ksy', 'tiny.ksy')
    tiny = tiny.replace(MODBUS + '/registers.yaml', 'tiny.yaml')
    for name, text in (('tiny.ksy', MODEL), ('tiny.yaml', SESSION), ('good.yaml', tiny)):
        bench.write(name, text)
    good = bench.run('cases', bench.path('good.yaml'), '--number', '1-3')
    bench.check(good.code == 0, 'the files that are spoiled below are right', good)
    for what, old, new, key, words in CAMPAIGNS:
        text = new if old is CAMPAIGN else replaced(campaign, old, new)
        path = bench.write('campaign.yaml', text)
        expect_refusal(bench, f'campaign: {what}', path, [path], key, words)
    for kind, file, source, table in (('model', 'tiny.ksy', MODEL, MODELS),
                                      ('session', 'tiny.yaml', SESSION, SESSIONS)):
        for what, old, new, key, words in table:
            path = bench.write(file, replaced(source, old, new))
            expect_refusal(bench, f'{kind}: {what}', path, [bench.path('good.yaml')], key, words)
        bench.write(file, source)


def test_missing_files(bench):
    for what, path in (('is not there', bench.path('nowhere.yaml')), ('is a folder', bench.folder)):
        result = bench.run('run', path, '--out', bench.path('run'))
        bench.check(result.code == 2 and one_line(result) and path in result.err and
                    not os.path.exists(bench.path('run')), f'a campaign that {what}', result)
    with open(bench.path('binary.yaml'), 'wb') as file:
        file.write(bytes(range(256)) * 16)
    result = bench.run('run', bench.path('binary.yaml'), '--out', bench.path('run'))
    bench.check(result.code == 2 and one_line(result) and 'binary.yaml' in result.err,
                'a campaign of arbitrary bytes', result)


def test_command_line(bench):
    good = bench.write('good.yaml', CAMPAIGN.replace('{modbus}', MODBUS))
    out = bench.path('run')
    for what, arguments, words in (
            ('no command', [], 'usage'),
            ('an unknown command', ['rnu', good], 'run'),
            ('an unknown option', ['run', good, '--output', out], '--out'),
            ('a missing argument', ['run'], 'CAMPAIGN'),
            ('an argument too many', ['run', good, good], ''),
            ('an option without its value', ['run', good, '--out'], '--out'),
            ('--resume without --out', ['run', good, '--resume'], '--out'),
            ('--resume of nothing', ['run', good, '--resume', '--out', out], ''),
            ('wrong --cases', ['run', good, '--out', out, '--cases', '5-x'], '--cases'),
            ('--cases backwards', ['run', good, '--out', out, '--cases', '9-5'], '--cases'),
            ('--cases from zero', ['run', good, '--out', out, '--cases', '0'], '--cases'),
            ('wrong --time', ['run', good, '--out', out, '--time', '10'], '--time'),
            ('--time of nothing', ['run', good, '--out', out, '--time', '0s'], '--time'),
            ('an unknown --until', ['run', good, '--out', out, '--until', 'AC-05,AC-66'], 'AC-66'),
            ('--until without a criterion', ['run', good, '--out', out, '--until', ''], '--until'),
            ('wrong --seed', ['run', good, '--out', out, '--seed', '-1'], '--seed'),
            ('wrong --number', ['cases', good, '--number', 'all'], '--number'),
            ('report of nothing', ['report', out], ''),
            ('report in an unknown format', ['report', out, '--format', 'scroll'], ''),
            ('list of nothing known', ['list', 'weather'], ''),
            ('replay of nothing', ['replay', out], ''),
            ('replay without --case', ['replay', bench.folder], '--case'),
            ('replay with a wrong --times', ['replay', good, '--times', '0'], '--times'),
            ('replay of a file that is no finding', ['replay', good], '')):
        result = bench.run(*arguments, patience=30)
        bench.check(result.code == 2 and words in result.err and result.err and
                    (what == 'no command' or one_line(result)) and not os.path.exists(out),
                    what, result)


def contents(folder):
    tables = [name for name, in rows(folder, "SELECT name FROM sqlite_master WHERE type='table'")]
    return ({table: rows(folder, f'SELECT * FROM "{table}"') for table in tables},
            {name: os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder)
             if not name.startswith('campaign.db')})


def test_run_folders(bench):
    """Folders that hold a run of their own already."""
    if not os.path.exists(os.path.join(bench.devices, 'modbus-server-patched')):
        return bench.note('no libmodbus server is built: run folders are not tested')
    campaign = bench.shipped('libmodbus-patched')
    out = bench.path('done')
    first = bench.run('run', campaign, '--cases', '1-20', '--out', out, '--quiet')
    bench.check(first.code in (0, 1, 3), 'a short run', first)
    stored = contents(out)
    for what, arguments, words in (
            ('a run folder that is used already', [], '--resume'),
            ('--resume with another seed', ['--resume', '--seed', '99'], 'plan')):
        result = bench.run('run', campaign, '--out', out, '--cases', '1-40', *arguments)
        bench.check(result.code == 2 and one_line(result) and words in result.err, what, result)
    other = bench.shipped('libmodbus-patched', [('registers.yaml', 'other.yaml')])
    with open(os.path.join(MODBUS, 'registers.yaml'), encoding='utf-8') as file:
        session = file.read().replace('extends: session.yaml', 'extends: ./session.yaml')
    with open(os.path.join(MODBUS, 'session.yaml'), encoding='utf-8') as file:
        bench.write('session.yaml', file.read())
    bench.write('other.yaml', session.replace('quantity: 10}', 'quantity: 11}', 1))
    with open(other, encoding='utf-8') as file:
        text = file.read().replace(MODBUS + '/other.yaml', 'other.yaml')
    bench.write(os.path.basename(other), text)
    result = bench.run('run', other, '--out', out, '--resume')
    bench.check(result.code == 2 and one_line(result) and 'plan' in result.err,
                '--resume with another session', result)
    with open(campaign, 'a', encoding='utf-8') as file:
        file.write('# changed\n')
    result = bench.run('run', campaign, '--out', out, '--resume')
    bench.check(result.code == 2 and one_line(result), '--resume with a changed campaign', result)
    bench.check(contents(out) == stored, 'none of these changed the run')


def main():
    bench = Bench()
    test_files(bench)
    test_missing_files(bench)
    test_command_line(bench)
    test_run_folders(bench)
    bench.done()


main()
