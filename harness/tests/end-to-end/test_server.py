#!/usr/bin/env -S python3 -B
"""Devices that connect to percuss: storescu, mllp_send and openssl s_client, a program for each
connection; one that stays and comes back; ones that crash, never come, or say something else.

With a number behind the usual arguments so many cases run on storescu and mllp_send, and a
sender that hangs is found, which takes minutes."""
import json
import os
import subprocess

from common import Bench, PATIENCE, PROJECT, may_capture, one, rows, verdict_of

DICOM = os.path.join(PROJECT, 'targets', 'dicom')
HL7 = os.path.join(PROJECT, 'targets', 'hl7')
FEW = 8
ANSWERS = {
    'storescu': {'associate_ac': 'accept', 'associate_rj': 'close', 'store_rsp': 'accept',
                 'release_rp': 'close', 'abort': 'close'},
    'mllp-send': {'ack': 'accept', 'nak': 'accept'},
}
# What mllp_send does against the standard (targets/hl7/README.md).
KNOWN = {'storescu': set(), 'mllp-send': {'accepted-malformed'}}
# Sends two messages, waits for an answer behind each. What else it does is its first argument. Its
# control ids are not those of the session, so that what names them was filled in.
SENDER = r'''#!/bin/bash
manner=$1 port=$2 file=$3
[ "$manner" != nobody ] || exec sleep 1000
while :; do
    if { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null; then
        [ "$manner" != stranger ] || printf '\vPING\x1c\r' >&3
        exec 4<"$file"
        for _ in 1 2; do
            IFS= read -r -d $'\x1c' message <&4
            message=${message//MSG0/OWN0}
            printf '%s\x1c\r' "${message#$'\r'}" >&3 || break
            IFS= read -r -d $'\x1c' answer <&3 || break
            case $manner$answer in
            crashes*'MSA|AE|OWN00001'*) kill -SEGV $$ ;;
            hangs*'MSA|AE'*) exec sleep 1000 ;;
            esac
        done
        exec 3>&- 4<&-
    fi
    [ "$manner" = stays ] || exit 0
    sleep 0.01
done
'''


def shipped(bench, target, name, replace=(), append=''):
    return bench.shipped(name, [('${campaign}/../', target + '/'), *replace], append, target)


def sender(bench, manner, starts='per-connection', append=''):
    """The HL7 campaign with another sender."""
    script = bench.write('sender.sh', SENDER)
    with open(os.path.join(HL7, 'campaigns', 'mllp-send.yaml'), encoding='utf-8') as file:
        old = file.read().split('device:\n')[1].split('link:\n')[0]
    new = (f"  kind: process\n  command: [/bin/bash, {script}, {manner}, '${{port}}', "
           f"{HL7}/messages.hl7]\n  starts: {starts}\n"
           f"  start-timeout: {'1s' if manner == 'nobody' else '30s'}\n")
    return bench.shipped('mllp-send', [(old, new), ('answer: 1s', 'answer: 300ms')], append, HL7)


def judge_answers(bench, name, result, who=None):
    facts = json.loads(result.out) if result.code == 0 else {'messages': []}
    outcomes = {entry['message']: entry['outcome'] for entry in facts['messages']}
    bench.check(outcomes == ANSWERS[name], f'{who or name} answers as it should',
                outcomes or result)


def judge_run(bench, name, folder, result):
    bench.check(result.code in (0, 1, 3), f'{name} is driven', result)
    sent = one(folder, "SELECT count(*) FROM cases WHERE verdict NOT IN ('skipped', 'excluded')")
    checks, right = rows(folder, 'SELECT count(*), sum(ok) FROM valid_check')[0]
    bench.check(sent and checks and checks == right,
                f'{name}: {sent} cases sent, {right} of {checks} valid exchanges right')
    found = rows(folder, 'SELECT id, kind, title, detail FROM finding')
    strange = [finding for finding in found if finding[1] not in KNOWN[name]]
    bench.check(not strange, f'{name}: {len(found)} findings, all of them known', strange)
    proven = {row[0] for row in rows(folder, "SELECT name FROM oracle WHERE proof = 'proven'")}
    bench.check({'alive', 'answers', 'exit', 'conformance'} <= proven,
                f'{name}: it was made to fail, and that was seen', proven)
    if may_capture():
        bench.check(verdict_of(folder, 'AC-21') == 'pass', f'{name}: the captures agree',
                    rows(folder, 'SELECT * FROM capture_check LIMIT 5'))


def judge_crash(bench, folder, result):
    kinds = [row[0] for row in rows(folder, 'SELECT kind FROM finding')]
    bench.check(result.code == 1 and kinds == ['crash'], 'a sender that crashes is a finding',
                kinds or result)
    program = os.path.join(folder, 'findings', 'F-001', 'reproducer.c')
    built = subprocess.run(['cc', '-Wall', '-Wextra', '-Werror', '-o', bench.path('reproducer'),
                            program], capture_output=True, text=True, check=False)
    bench.check(built.returncode == 0, 'its reproducer is a program', built.stderr)


def judge_lost(bench, what, result, words):
    bench.check(result.code == 3 and words in result.err, what, result)


def tls_client(bench):
    """openssl s_client sends the messages; it knows percuss by its certificate."""
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                    'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=percuss',
                    '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', 'key.pem', '-out',
                    'certificate.pem'], cwd=bench.folder, check=True, capture_output=True)
    with open(os.path.join(HL7, 'campaigns', 'mllp-send.yaml'), encoding='utf-8') as file:
        old = file.read().split('device:\n')[1].split('link:\n')[0]
    client = (f'exec openssl s_client -quiet -verify_return_error -CAfile {bench.folder}/'
              f'certificate.pem -verify_ip 127.0.0.1 -connect 127.0.0.1:$0 <{HL7}/messages.hl7')
    new = (f"  kind: process\n  command: [/bin/sh, -c, '{client}', '${{port}}']\n"
           "  starts: per-connection\n")
    tls = (f'kind: tls\n  certificate: {bench.folder}/certificate.pem\n'
           f'  private-key: {bench.folder}/key.pem')
    return bench.shipped('mllp-send', [(old, new), ('kind: tcp', tls)], target=HL7)


def command_link(bench):
    """A server of libmodbus behind socat."""
    link = ('kind: exec\n  command: [socat, -, "TCP:127.0.0.1:${port}"]\n'
            '  carries: [connections, half-close, gaps]')
    return bench.shipped('libmodbus-patched', [
        ("'${build}/../devices/modbus-server-patched'",
         os.path.join(bench.devices, 'modbus-server-plain')),
        ('kind: tcp\n  address: 127.0.0.1:${port}', link)],
        '\nauthorisation: {by: the test, scope: loopback}\n')


def run(bench, path, folder, *how):
    return bench.run('run', path, '--out', folder, *how,
                     patience=PATIENCE * 20 if bench.arguments else PATIENCE)


def test_hang(bench):
    """For minutes: each replay waits until the next connection is overdue."""
    folder = bench.path('hang')
    result = run(bench, sender(bench, 'hangs'), folder, '--only', 'nak', '--anomalies', 'valid',
                 '--cases', '1-100')
    kinds = [row[0] for row in rows(folder, 'SELECT kind FROM finding')]
    bench.check(kinds == ['hang'], 'a sender that hangs is a finding', kinds or result)


def main():
    bench = Bench()
    cases = int(bench.arguments[0]) if bench.arguments else FEW
    paths = {'storescu': shipped(bench, DICOM, 'storescu'),
             'mllp-send': shipped(bench, HL7, 'mllp-send')}
    waiting = {manner: bench.begin('check', sender(bench, manner))
               for manner in ('nobody', 'stranger')}
    for name, path in paths.items():
        judge_answers(bench, name, bench.run('check', path, '--json'))
    judge_answers(bench, 'mllp-send', bench.run('check', tls_client(bench), '--json'), 's_client')
    judge_answers(bench, 'mllp-send', bench.run('check', sender(bench, 'stays', 'once'), '--json'),
                  'one that stays')
    result = bench.run('check', command_link(bench), '--json')
    bench.check(result.code == 0 and json.loads(result.out)['unanswered'] == 0,
                'a command carries the bytes', result)
    for name, path in paths.items():
        folder = bench.path(name)
        judge_run(bench, name, folder, run(bench, path, folder, '--cases', f'1-{cases}'))
    folder = bench.path('crash')
    judge_crash(bench, folder, run(bench, sender(bench, 'crashes'), folder, '--only', 'nak',
                                   '--anomalies', 'valid', '--cases', '1-100'))
    judge_lost(bench, 'nothing connects: said so', bench.end(waiting['nobody']),
               'did not connect within')
    judge_lost(bench, 'no greeting: said so', bench.end(waiting['stranger']), 'greeting')
    if bench.arguments:
        test_hang(bench)
    bench.done()


main()
