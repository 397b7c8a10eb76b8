#!/usr/bin/env -S python3 -B
"""A flaky but sound device gives no finding, and says how much did not confirm; with a real defect
behind the noise, in the same words, that is found; what keeps hitting it is skipped, and counted."""
import functools
import os
import socket
import subprocess
import sys

from common import Bench, HERE, MODBUS, one, rows, summary

CAMPAIGN = f"""\
campaign: flaky
target:
  model: {MODBUS}/modbus_tcp.ksy
  session: {MODBUS}/registers.yaml
device:
  kind: process
  command: [%s]
  ready: "^listening on "
link:
  kind: tcp
  address: 127.0.0.1:${{port}}
timing:
  answer: 100ms
capture:
  live: false
disk-reserve-mib: 1
"""
SENT = "verdict IN ('pass', 'suspect', 'finding')"


def run(bench, name, device, extra, *arguments, replace=('', '')):
    words = [sys.executable, os.path.join(HERE, 'flaky_device.py'), '--port', '${port}',
             '--starts', bench.path(name + '.starts'), *device]
    campaign = bench.write(name + '.yaml',
                           CAMPAIGN.replace(*replace) % ', '.join(f"'{word}'" for word in words)
                           + extra)
    folder = bench.path('runs', name)
    result = bench.run('run', campaign, '--out', folder, '--quiet', *arguments)
    if not os.path.exists(os.path.join(folder, 'summary.json')):
        bench.check(False, f'{name}: a run', result)
        bench.done()
    return folder, result


def test_noise(bench):
    """1 % dropped, 1 % late: suspicions, each tried, none confirmed."""
    folder, result = run(bench, 'noise', ['--seed', '7'], 'confirm: {alpha: 0.01}\n',
                         '--cases', '1-1500')
    facts = summary(folder)['suspicions']
    alone = one(folder, "SELECT count(*) FROM suspicion WHERE result = 'unconfirmed'")
    causes = summary(folder)['unconfirmed']
    bench.check(not summary(folder)['findings'], 'a flaky but sound device: no finding',
                summary(folder)['findings'])
    bench.check(facts['unconfirmed'] == alone >= 5 and facts['confirmed'] == 0,
                f'{alone} suspicions did not confirm')
    bench.check(sum(cause['suspicions'] for cause in causes) == alone and
                f'{alone}: 0 became findings, 0 were further hits of one, {alone} did not confirm'
                in result.out and all(cause['cause'] in result.out for cause in causes[:10]),
                'they are listed by cause', result)
    bench.check(facts['alpha'] == 0.01 and 0 <= facts['alpha_spent'] < 0.01 and
                facts['measured'] == one(folder, 'SELECT count(test) FROM suspicion'),
                f"alpha spent: {facts['alpha_spent']:.4g} on {facts['measured']} measurements")


def test_defect(bench):
    """The defect's suspicions say what the noise says: no answer to a write."""
    folder, result = run(bench, 'mute', ['--seed', '8', '--defect', 'mute'], '',
                         '--only', 'write_register,read_registers', '--cases', '1-6000')
    found = summary(folder)['findings']
    bench.check(len(found) == 1 and 'no answer' in found[0]['cause'] and
                found[0]['grade'] == 'confirmed' and
                found[0]['replay_failures'] > 2 * found[0]['control_failures'],
                'a defect behind the noise is found and confirmed', found or result)
    bench.check(one(folder, "SELECT p_value <= alpha AND alpha < 0.005 FROM suspicion "
                    "WHERE result = 'finding'") == 1,
                'at its share of the level of the campaign')
    bench.check(summary(folder)['suspicions']['unconfirmed'] > 0, 'amid unconfirmed noise')


def test_without_reset(bench):
    """What nothing can reset is confirmed as it stands: it has to answer before each replay."""
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    device = bench.start([sys.executable, os.path.join(HERE, 'flaky_device.py'), '--port',
                          str(port), '--starts', bench.path('external.starts'), '--noise', '0',
                          '--defect', 'mute'], stdout=subprocess.PIPE)
    device.stdout.readline()
    path = bench.write('external.yaml', CAMPAIGN.split('device:')[0] + 'device: {kind: external}\n'
                       f'link: {{kind: tcp, address: "127.0.0.1:{port}"}}\n'
                       'timing: {answer: 100ms}\ndisk-reserve-mib: 1\n')
    folder = bench.path('runs', 'external')
    result = bench.run('run', path, '--out', folder, '--quiet', '--only', 'write_register',
                       '--cases', '1-4000')
    found = summary(folder)['findings']
    bench.check(len(found) == 1 and 'no answer' in found[0]['cause'] and
                one(folder, 'SELECT reason FROM sitting') == 'cases',
                'a device without a reset: found, and gone on with', found or result)


def test_skips(bench):
    """A crash that a field's values cause eats no more than a few restarts."""
    folder, result = run(bench, 'crash', ['--noise', '0', '--defect', 'crash'],
                         'skip-after: 100\nskip-field-after: 2\nskip-message-after: 100\n',
                         '--only', 'write_register', '--cases', '1-30000')
    found = [finding for finding in summary(folder)['findings'] if finding['kind'] == 'crash']
    skipped = summary(folder)['skipped_for']
    sent = one(folder, f'SELECT count(DISTINCT number) FROM cases WHERE {SENT}')
    left = one(folder, "SELECT count(DISTINCT number) FROM cases WHERE verdict = 'skipped'")
    bench.check(len(found) == 1 and found[0]['hits'] <= 12,
                'one crash is one finding with few hits', found or result)
    bench.check(left > 20 and sum(entry['cases'] for entry in skipped) == left and
                all(entry['finding'] == found[0]['id'] for entry in skipped) and
                any(entry['scope'] == 'field' for entry in skipped),
                f'{left} cases skipped, each for the finding', skipped)
    bench.check(f"{found[0]['id']}: " in result.out and 'Skipped' in result.out,
                'and the report lists them', result)
    bench.check(summary(folder)['cases'] == sent and summary(folder)['skipped'] == left,
                f'of {sent + left} numbers {sent} count as sent')
    fields = rows(folder, 'SELECT DISTINCT stream.field FROM skip JOIN stream ON '
                  "stream.id = skip.stream WHERE scope = 'field'")
    bench.check(len(fields) == 1 and 'value' in fields[0][0], f'the field is {fields}')


def test_until(bench):
    """An open end, until the device shows nothing new; without noise and defect."""
    folder, result = run(bench, 'until', ['--noise', '0'],
                         'budget: {until: [AC-06]}\n', '--time', '60s')
    bench.check(one(folder, 'SELECT reason FROM sitting') == 'criteria',
                'a run ends when its criterion holds', result)
    judged = rows(folder, "SELECT verdict, phase, measured, explanation FROM criterion "
                  "WHERE id = 'AC-06'")
    bench.check(judged and judged[0][:3] == ('pass', 'release', 0), f'{judged}')
    bench.check(one(folder, 'SELECT count(*) FROM response_class') > 5,
                'the kinds of responses are stored')
    folder, result = run(bench, 'not-yet', ['--noise', '0'], '',
                         '--until', 'AC-05', '--time', '3s', '--cases', '1-20')
    bench.check(one(folder, 'SELECT reason FROM sitting') == 'cases',
                'what does not hold ends nothing', result)


def test_rate(bench):
    """No faster than it may: 100 cases at 50 a second take two seconds, whatever the machine."""
    folder, _ = run(bench, 'rate', ['--noise', '0'], '', '--cases', '1-100', replace=(
        '  answer: 100ms', '  answer: 100ms\n  rate-limit: 50'))
    took = one(folder, 'SELECT (ended_ns - started_ns) / 1e9 FROM sitting')
    sent = summary(folder)['cases']
    bench.check(sent > 80 and took >= (sent - 1) / 50,
                f'a rate limit is kept: {sent} cases at 50/s took {took:.2f} s')


def main():
    bench = Bench()
    tests = (test_noise, test_defect, test_without_reset, test_skips, test_until, test_rate)
    bench.together(3, [functools.partial(test, bench) for test in tests])
    bench.done()


main()
