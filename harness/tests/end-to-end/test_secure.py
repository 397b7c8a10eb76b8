#!/usr/bin/env -S python3 -B
"""The links tls and dtls: mosquitto with certificates on both sides, libcoap's server with a
pre-shared key. The same sessions as over TCP and UDP are answered the same way; a device whose
certificate is not signed by the authority that the campaign names is not spoken to. And the handshake
itself as the target: OpenSSL's own server has no finding, one that reads server_name by itself has."""
import json
import os
import subprocess

from common import Bench, PROJECT, one, rows

TARGETS = os.path.join(PROJECT, 'targets')
CASES = 60
CONFIGURATION = '''allow_anonymous true
log_dest stderr
user root
listener {port} 127.0.0.1
cafile {folder}/ca.pem
certfile {folder}/device.pem
keyfile {folder}/device.key
require_certificate true
'''


def certificates(bench):
    """An authority, what it signed for a device and for a client, and another authority."""
    def openssl(*arguments):
        subprocess.run(['openssl', *arguments], cwd=bench.folder, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    new = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
    for name in ('ca', 'other'):
        openssl('req', '-x509', *new, '-keyout', f'{name}.key', '-out', f'{name}.pem',
                '-subj', f'/CN={name}')
    for name in ('device', 'client'):
        extension = bench.write(f'{name}.ext', 'subjectAltName=IP:127.0.0.1\n')
        openssl('req', *new, '-keyout', f'{name}.key', '-out', f'{name}.csr',
                '-subj', f'/CN={name}')
        openssl('x509', '-req', '-in', f'{name}.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key',
                '-CAcreateserial', '-days', '2', '-out', f'{name}.pem', '-extfile', extension)


def mosquitto(bench, authority='ca', client=True):
    configuration = bench.write('mosquitto.conf',
                                CONFIGURATION.format(port='PORT', folder=bench.folder))
    command = (f"command: [/bin/sh, -c, 'sed \"s/PORT/$0/\" {configuration} >{configuration}.$0; "
               f"exec /usr/sbin/mosquitto -c {configuration}.$0 2>&1', '${{port}}']")
    with open(os.path.join(TARGETS, 'mqtt', 'campaigns', 'mosquitto.yaml'),
              encoding='utf-8') as file:
        old = next(line.strip() for line in file if 'command:' in line)
    link = f'kind: tls\n  ca: {bench.folder}/{authority}.pem'
    if client:
        link += f'\n  certificate: {bench.folder}/client.pem\n  private-key: {bench.folder}/client.key'
    return bench.shipped('mosquitto', [(old, command), ('kind: tcp', link),
                                       ('answer: 1s', 'answer: 200ms')],
                         target=os.path.join(TARGETS, 'mqtt'))


def coap(bench, key='70657263757373'):
    return bench.shipped('libcoap-dtls', [("'70657263757373'", f"'{key}'")],
                         target=os.path.join(TARGETS, 'coap'))


def outcomes(bench, path):
    result = bench.run('check', path, '--json')
    facts = json.loads(result.out) if result.code == 0 else {'messages': []}
    return {entry['message']: entry['outcome'] for entry in facts['messages']}, result


def test_same_answers(bench, name, path, plain):
    sealed, result = outcomes(bench, path)
    open_, _ = outcomes(bench, plain)
    # libcoap leaves a ping unanswered now and then.
    differ = {message: (outcome, sealed.get(message)) for message, outcome in open_.items()
              if sealed.get(message) != outcome and message != 'ping'}
    bench.check(open_ and not differ,
                f'{name}: {len(open_)} messages, answered as without encryption', differ or result)


def test_run(bench, name, path):
    folder = bench.path(name)
    result = bench.run('run', path, '--cases', f'1-{CASES}', '--out', folder)
    sent = one(folder, "SELECT count(*) FROM cases WHERE verdict <> 'excluded'")
    answered = one(folder, 'SELECT count(*) FROM cases WHERE outcome & 3')
    bench.check(result.code in (0, 1, 3) and sent and answered,
                f'{name}: {sent} cases sent, {answered} answered', result)
    said = rows(folder, "SELECT packets, note FROM capture WHERE kind = 'independent'")
    bench.check(said == [(0, 'the link encrypts: what a capture shows cannot be held against what '
                             'was sent')], f'{name}: no independent capture, and why', said)


def refused(bench, text, path, words):
    result = bench.run('check', path)
    bench.check(result.code == 3 and words in result.err, text, result)


def test_handshake(bench):
    folder = bench.path('handshake')
    target = os.path.join(TARGETS, 'tls')
    result = bench.run('run', bench.shipped('openssl', [('${campaign}/..', target)], target=target),
                       '--cases', '1-150', '--out', folder, '--quiet')
    sent = one(folder, "SELECT count(*) FROM cases WHERE verdict = 'pass'")
    titles = rows(folder, 'SELECT oracle, title FROM finding')
    bench.check(sent > 100 and not titles, f'handshake: {sent} cases, and no finding in OpenSSL',
                titles or result)
    path = bench.shipped('variants', [
        ('--defect, none', '--defect, name'),
        ('connection:', 'oracles: [sanitizer]\nconfirm: {replays: 3}\nconnection:')], target=target)
    folder = bench.path('server-name')
    result = bench.run('run', path, '--cases', '1-20000', '--anomalies', 'limit', '--only',
                       'client_hello_all/*names?0?.length', '--out', folder, '--quiet')
    found = one(folder, "SELECT count(*) FROM finding WHERE oracle = 'sanitizer' "
                        "AND title LIKE '%read_name%'")
    bench.check(result.code == 1 and found, 'handshake: a server_name that lies about its length '
                'is found where the device copies it', result)


def main():
    bench = Bench()
    certificates(bench)
    tls, dtls = mosquitto(bench), coap(bench)
    test_same_answers(bench, 'tls', tls, bench.shipped(
        'mosquitto', [('answer: 1s', 'answer: 200ms'),
                      ('${campaign}/../', os.path.join(TARGETS, 'mqtt') + '/')],
        target=os.path.join(TARGETS, 'mqtt')))
    test_same_answers(bench, 'dtls', dtls,
                      bench.shipped('libcoap', target=os.path.join(TARGETS, 'coap')))
    test_run(bench, 'tls', tls)
    test_run(bench, 'dtls', dtls)
    refused(bench, "another authority's device is not spoken to", mosquitto(bench, 'other'),
            "the device's certificate:")
    refused(bench, 'without its certificate the client is refused', mosquitto(bench, client=False),
            'does not answer')
    refused(bench, 'with another key the client is refused', coap(bench, '00'), 'handshake')
    test_handshake(bench)
    bench.done()


if __name__ == '__main__':
    main()
