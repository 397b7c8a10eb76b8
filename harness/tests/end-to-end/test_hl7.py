#!/usr/bin/env -S python3 -B
"""HL7 v2 against python3-hl7's MLLP server: it answers, a range of cases runs, and what is found
there is what was checked by hand against the standard, nothing else."""
import json
import os

from common import Bench, PROJECT, check_soundness, one, patient, rows

HL7 = os.path.join(PROJECT, 'targets', 'hl7')
CASES = 300
# What the server of python3-hl7 0.4.5 does against HL7 v2.5 in these cases (targets/hl7/README.md):
# the kind of finding, and what its detail says of the message. Another version may do less of it.
KNOWN = {
    ('hang', '(answered)'), ('hang', 'header'),
    ('accepted-malformed', 'message_type.code: rule broken'),
    ('accepted-malformed', 'processing_id: rule broken'),
    ('accepted-malformed', 'version_id: rule broken'),
    ('conformance', 'encoding_characters: the bytes end'),
    ('conformance', 'processing_id: rule broken'),
    ('conformance', 'version_id: rule broken'),
}


def campaign(bench):
    """The shipped campaign with whole paths, and less patience for what never answers."""
    with open(os.path.join(HL7, 'campaigns', 'python3-hl7.yaml'), encoding='utf-8') as file:
        text = file.read()
    for old, new in (('${campaign}/../', HL7 + '/'), (': ../', f': {HL7}/'),
                     ('answer: 500ms', 'answer: 300ms')):
        bench.check(old in text, f'python3-hl7.yaml has {old!r}')
        text = text.replace(old, new)
    return bench.write('python3-hl7.yaml', text)


def test_answers(bench, path):
    result = bench.run('check', path, '--json')
    messages = json.loads(result.out)['messages'] if result.code == 0 else []
    wrong = [entry for entry in messages if entry['outcome'] != 'accept']
    bench.check(len(messages) == 6 and not wrong, 'each valid message is accepted',
                wrong or result)
    for entry in messages:
        if entry['message'] == 'ack':
            # a probe follows it: what is shown is the message all the same
            bench.check('control_id="MSG00004"' in entry['sent'], 'what was sent is shown',
                        entry['sent'])


def is_reason_known(kind, detail):
    return any(kind == known and text in detail for known, text in KNOWN)


def is_unreadable(folder, reproducer):
    """A message that the library's reader gives up, see targets/hl7/README.md."""
    with open(os.path.join(folder, reproducer), encoding='utf-8') as file:
        last = bytes.fromhex(json.load(file)['steps'][-1]['bytes'])
    header = last[1:].split(b'\r')[0]
    fields = header.split(header[3:4] or b'|')
    return max(last) > 0x7f or len(fields) < 12 or fields[1][:1] not in fields[8]


def test_run(bench, path):
    folder = bench.path('run')
    result = bench.run('run', path, '--cases', f'1-{CASES}', '--out', folder)
    bench.check(result.code in (0, 1), f'cases 1-{CASES} run', result)
    sent = one(folder, "SELECT count(*) FROM cases WHERE verdict <> 'skipped'")
    bench.check(sent == CASES, f'{sent} cases were sent')
    check_soundness(bench, folder, CASES)
    found = rows(folder, 'SELECT kind, title, detail, clause, reproducer FROM finding')
    strange = [finding for finding in found if not is_reason_known(finding[0], finding[2])
               or (finding[0] == 'hang' and not is_unreadable(folder, finding[4]))]
    bench.check(not strange, f'{len(found)} findings, all of kinds that were checked by hand',
                strange)
    bench.check(all(finding[3] for finding in found), 'each finding names its clause', found)


def main():
    bench = Bench()
    path = campaign(bench)
    test_answers(bench, patient(bench, path))
    test_run(bench, path)
    bench.done()


main()
