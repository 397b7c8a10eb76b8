#!/usr/bin/env -S python3 -B
"""MQTT 3.1.1 and 5 against mosquitto: it answers, a range of cases runs, and what is found there is
what was checked by hand against the standards, nothing else."""
import json
import os

from common import Bench, PROJECT, check_soundness, one, patient, rows

MQTT = os.path.join(PROJECT, 'targets', 'mqtt')
ANSWERS = {'connect': 'accept', 'connect_all': 'accept', 'pingreq': 'accept',
           'publish_0': 'silence', 'publish_1': 'accept', 'publish_2': 'accept',
           'publish_2_again': 'accept', 'pubrel': 'accept', 'puback': 'silence',
           'subscribe': 'accept', 'unsubscribe': 'accept', 'disconnect': 'close',
           'connack': 'close'}
ANSWERS_5 = {**ANSWERS, 'connect_properties': 'accept', 'connect_texts': 'accept',
             'connect_method': 'reject', 'publish_numbers': 'accept', 'publish_texts': 'accept',
             'publish_alias': 'accept', 'subscribe_options': 'accept', 'pubrel_reason': 'accept',
             'puback_reason': 'silence', 'disconnect_reason': 'close', 'auth': 'close'}
# What mosquitto 2.0.11 does against the standards (targets/mqtt/README.md).
KNOWN = {'sent_again_at_qos_0', 'sent_again_at_qos_2', 'sent_by_servers_only',
         'qos: rule broken', 'dup: rule broken', 'retain: rule broken',
         'body: surplus bytes at the end'}
CAMPAIGNS = {'mosquitto': (200, ANSWERS), 'mosquitto-5': (200, ANSWERS_5)}


def campaign(bench, name):
    with open(os.path.join(MQTT, 'campaigns', name + '.yaml'), encoding='utf-8') as file:
        text = file.read()
    for old, new in (('${campaign}/../', MQTT + '/'), (': ../', f': {MQTT}/'),
                     ('answer: 1s', 'answer: 200ms')):
        bench.check(old in text, f'{name}.yaml has {old!r}')
        text = text.replace(old, new)
    return bench.write(name + '.yaml', text)


def test_answers(bench, name, path, answers):
    result = bench.run('check', path, '--json')
    facts = json.loads(result.out) if result.code == 0 else {'messages': []}
    outcomes = {entry['message']: entry['outcome'] for entry in facts['messages']}
    wrong = {message: outcomes.get(message) for message, outcome in answers.items()
             if outcomes.get(message) != outcome}
    bench.check(result.code == 0 and not wrong, f'{name} answers as it should', wrong or result)


def test_run(bench, name, path, cases):
    folder = bench.path(name)
    result = bench.run('run', path, '--cases', f'1-{cases}', '--out', folder)
    bench.check(result.code in (0, 1), f'{name}: cases 1-{cases} run', result)
    sent = one(folder, "SELECT count(*) FROM cases WHERE verdict <> 'skipped'")
    bench.check(sent == cases, f'{name}: {sent} cases were sent')
    check_soundness(bench, folder, cases)
    found = rows(folder, 'SELECT kind, title, detail, clause FROM finding')
    strange = [finding for finding in found if not any(text in finding[2] for text in KNOWN)]
    bench.check(not strange, f'{name}: {len(found)} findings, all of kinds checked by hand',
                strange)
    bench.check(all(finding[3] for finding in found), f'{name}: each names its clause', found)


def main():
    bench = Bench()
    for name, (cases, answers) in CAMPAIGNS.items():
        path = campaign(bench, name)
        test_answers(bench, name, patient(bench, path), answers)
        test_run(bench, name, path, cases)
    bench.done()


main()
