#!/usr/bin/env -S python3 -B
"""From a run to its replays and reports, and a run that is stopped and gone on with."""
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import xml.etree.ElementTree as xml

from common import Bench, announced, one, rows, summary, wait_for

KEYS = ('cases', 'findings', 'rate_per_s', 'verdict', 'exit', 'criteria')
CASES = 600


def check_files(bench, folder, code):
    """What a run folder must hold, and that its parts agree."""
    facts = summary(folder)
    bench.check(all(key in facts for key in KEYS), 'summary.json has the keys of the contract',
                sorted(facts))
    stored = one(folder, "SELECT count(DISTINCT number) FROM cases WHERE verdict IN "
                         "('pass', 'suspect', 'finding')")
    bench.check(facts['cases'] == stored and facts['exit'] == code and facts['rate_per_s'] > 0,
                f'summary.json agrees with the store: {stored} cases, exit {code}', facts)
    tree = xml.parse(os.path.join(folder, 'junit.xml')).getroot()
    cases = list(tree.iter('testcase'))
    failures = list(tree.iter('failure'))
    failed = [entry for entry in facts['criteria'] if entry['verdict'] == 'fail']
    bench.check(len(cases) >= len(facts['criteria']) and bool(failures) == (code == 1),
                f'junit.xml: {len(cases)} test cases, {len(failures)} failures, '
                f'{len(failed)} criteria fail')
    with open(os.path.join(folder, 'report.html'), encoding='utf-8') as file:
        page = file.read()
    bench.check(all(finding['id'] in page for finding in facts['findings']) and
                all(entry['id'] in page for entry in facts['criteria']) and
                'src="http' not in page and 'href="http' not in page.replace('href="https://', ''),
                'report.html names findings and criteria and loads nothing')
    folders = sorted(os.listdir(os.path.join(folder, 'findings')))
    bench.check(folders == [finding['id'] for finding in facts['findings']],
                f'findings/ has a folder each: {folders}')
    return facts


def check_reports(bench, folder, code):
    """Every format again, after the fact and with nothing but the store."""
    alone = bench.path('store-alone')
    os.makedirs(alone)
    shutil.copy(os.path.join(folder, 'campaign.db'), alone)
    for kind, sign in (('text', 'Verdict'), ('html', '<html'), ('junit', '<testsuite'),
                       ('json', '"verdict"')):
        result = bench.run('report', folder, '--format', kind)
        bench.check(result.code == code and sign in result.out, f'report --format {kind}', result)
        again = bench.run('report', alone, '--format', kind)
        bench.check(again.code == code and sign in again.out,
                    f'report --format {kind}, from the store alone', again)
    bench.check(json.loads(bench.run('report', folder, '--json').out)['cases'] ==
                summary(folder)['cases'], 'report --json is summary.json')
    target = bench.path('written.html')
    result = bench.run('report', folder, '--format', 'html', '--output', target)
    bench.check(result.code == code and os.path.getsize(target) > 1000, 'report --output', result)


def reproducers(folder):
    return sorted(glob.glob(os.path.join(folder, 'findings', '*', 'reproducer.percuss')))


def check_forms(bench, folder, name):
    """A finding's folder: to read, and to send without percuss to a freshly started device."""
    finding = os.path.join(folder, 'findings', name)
    result = bench.run('replay', finding, '--times', '1')
    bench.check(result.code == 1 and '1 of 1' in result.out, 'replay takes a finding\'s folder',
                result)
    with open(os.path.join(finding, 'reproducer.percuss'), encoding='utf-8') as file:
        steps = json.load(file)['steps']
    with open(os.path.join(finding, 'messages.txt'), encoding='utf-8') as file:
        page = file.read()
    dumped = ''.join(line[10:50] for line in page.splitlines()
                     if line[8:9] == ':' and line[:8].isalnum()).replace(' ', '')
    bench.check(dumped == ''.join(step['bytes'] for step in steps).replace(' ', '') and
                f'message 1 of {len(steps)}' in page,
                'messages.txt shows the very bytes', page)
    program = bench.path('reproducer')
    built = subprocess.run(['cc', '-std=c17', '-Wall', '-Wextra', '-Werror', '-o', program,
                            os.path.join(finding, 'reproducer.c')], capture_output=True, text=True,
                           check=False)
    bench.check(built.returncode == 0, 'reproducer.c builds without a warning', built.stderr)
    for build, dies in (('original', True), ('patched', False)):
        log = open(bench.path(f'server-{build}'), 'w+', encoding='utf-8')
        server = bench.start([os.path.join(bench.devices, f'modbus-server-{build}'), '--start',
                              '0x0160', '--registers', '32', '--bits', '64', '--port', '0'],
                             stdout=log, stderr=subprocess.STDOUT)
        port = wait_for(lambda: re.search(r'listening on .* port (\d+)\n',
                                          open(log.name, encoding='utf-8').read()))
        sent = subprocess.run([program, f'127.0.0.1:{port[1]}'], capture_output=True, text=True,
                              timeout=60, check=False)
        wait_for(lambda: server.poll() is not None, 10 if dies else 0.3)
        bench.check(sent.returncode == 0 and (server.poll() is not None) == dies,
                    f'reproducer.c {"kills" if dies else "spares"} the {build} server',
                    sent.stdout + sent.stderr)
        log.close()


def check_folder(bench, folder, name):
    """What stands in a finding's folder agrees with the store."""
    finding = os.path.join(folder, 'findings', name)
    with open(os.path.join(finding, 'finding.json'), encoding='utf-8') as file:
        facts = json.load(file)
    stored = rows(folder, 'SELECT id, title, bucket, place, guilty, grade, replays, '
                          f"replay_failures, steps FROM finding WHERE id = '{name}'")[0]
    told = facts['confirmation']
    bench.check(stored == (facts['id'], facts['title'], facts['bucket'], facts['place'],
                           facts['guilty'], facts['grade'], told['replays'],
                           told['failures'], facts['messages']) and facts['place'],
                'finding.json agrees with the store', f'{stored}\n{facts}')
    with open(os.path.join(finding, 'console.txt'), encoding='utf-8') as file:
        bench.check('AddressSanitizer' in file.read(), 'console.txt has the sanitizer\'s report')
    shown = subprocess.run(['tshark', '-r', os.path.join(finding, 'capture.pcapng'), '-T', 'fields',
                            '-e', 'tcp.payload'], capture_output=True, text=True, check=False)
    with open(os.path.join(finding, 'reproducer.percuss'), encoding='utf-8') as file:
        facts = json.load(file)
    sent = [event['bytes'] for event in facts['wire'] if event['event'] == 'sent']
    bench.check(all(line in shown.stdout.split() for line in sent) and
                facts['steps'][-1]['bytes'] in sent, 'capture.pcapng has what was sent',
                f'{shown}\n{sent}')


def check_wire_alone(bench, folder, name):
    """--wire needs nothing but the file: no campaign, no model, no session."""
    path = os.path.join(folder, 'findings', name, 'reproducer.percuss')
    with open(path, encoding='utf-8') as file:
        facts = json.load(file)
    facts['campaign'] = bench.path('gone', 'campaign.yaml')
    facts['campaign_text'] = re.sub(r'(?m)^  (model|session): .*$', r'  \1: gone',
                                    facts['campaign_text'])
    alone = bench.write('alone.percuss', json.dumps(facts))
    result = bench.run('replay', alone, '--wire', '--times', '1')
    bench.check(result.code == 1 and '1 of 1' in result.out, 'replay --wire from the file alone',
                result)
    result = bench.run('replay', alone, '--times', '1')
    bench.check(result.code == 2 and len(result.err.splitlines()) == 1,
                'without --wire the campaign is missed', result)
    facts['campaign_text'] += "\nexclude: [{id: x, when: 'true', rationale: harm}]\n"
    result = bench.run('replay', bench.write('excluding.percuss', json.dumps(facts)), '--wire')
    bench.check(result.code == 2 and 'off the wire' in result.err,
                '--wire is refused where a campaign excludes messages', result)
    facts['campaign_text'] = ('device: {kind: external}\n'
                              'link: {kind: tcp, address: "192.0.2.1:502"}\n')
    result = bench.run('replay', bench.write('far.percuss', json.dumps(facts)), '--wire')
    bench.check(result.code == 2 and 'authorisation' in result.err,
                '--wire needs the authorisation, too', result)


def check_otherwise(bench, folder, name):
    """A device that fails in another way than the finding says is not called sound."""
    with open(os.path.join(folder, 'findings', name, 'reproducer.percuss'),
              encoding='utf-8') as file:
        facts = json.load(file)
    facts['oracle'] = 'answers'
    facts['campaign'] = os.path.join(folder, 'findings', name, facts['campaign'])
    other = bench.write('other.percuss', json.dumps(facts))
    result = bench.run('replay', other, '--times', '1')
    bench.check(result.code == 1 and 'replay 1: otherwise: ' in result.out
                and '1 of 1 replays failed, 1 of them otherwise' in result.out,
                'a replay that fails in another way says so', result)
    result = bench.run('replay', other, '--times', '1', '--json')
    told = json.loads(result.out) if result.code == 1 else {}
    bench.check((told.get('failures'), told.get('failed_otherwise'), told.get('reproduced'))
                == (1, 1, False), 'also as JSON', result)


def check_triage(bench, folder):
    """Findings by bucket; what people say of them stays, and shows in the reports."""
    findings = [finding['id'] for finding in summary(folder)['findings']]
    result = bench.run('triage', folder)
    bench.check(result.code == 0 and all(f' {name} ' in result.out for name in findings) and
                f'{len(findings)} findings in ' in result.out, 'triage lists the findings', result)
    result = bench.run('triage', folder, findings[0], findings[1], '--disposition', 'deferred',
                       '--by', 'A. Tester', '--why', 'next release')
    bench.check(result.code == 0 and result.out.count('A. Tester: disposition deferred') == 2,
                'triage records a disposition', result)
    result = bench.run('triage', folder, findings[1], '--bucket', 'parser', '--by', 'A. Tester',
                       '--why', 'one loop')
    bench.check(result.code == 0, 'triage moves a finding to another bucket', result)
    facts = json.loads(bench.run('triage', folder, '--json').out)
    now = {entry['id']: (entry['disposition'], entry['bucket']) for entry in facts['findings']}
    bench.check(now[findings[1]] == ('deferred', 'parser') and now[findings[0]][0] == 'deferred' and
                now[findings[2]][0] == 'open' and len(facts['log']) == 3, 'triage --json', facts)
    report = bench.run('report', folder)
    bench.check(report.code == 1 and 'bucket parser, deferred' in report.out,
                'the report shows it, and the verdict is the same', report)
    for wrong, says in ((['F-999', '--note', 'x', '--by', 'A'], 'F-999'),
                        ([findings[0], '--disposition', 'fixd', '--by', 'A', '--why', 'x'],
                         "did you mean 'fixed'"),
                        ([findings[0], '--disposition', 'fixed', '--why', 'x'], '--by'),
                        ([findings[0], '--disposition', 'fixed', '--by', 'A'], '--why'),
                        (['--note', 'x', '--by', 'A'], 'which findings'),
                        ([findings[0], '--bucket', 'a b', '--by', 'A', '--why', 'x'], "'a b'")):
        result = bench.run('triage', folder, *wrong)
        bench.check(result.code == 2 and says in result.err and
                    len(result.err.splitlines()) == 1, f'triage {" ".join(wrong)}', result)
    bench.check(len(json.loads(bench.run('triage', folder, '--json').out)['log']) == 3,
                'and nothing of that was recorded')


def test_findings(bench, campaign, patched, folder):
    found = {}
    for path in reproducers(folder):
        name = path.split(os.sep)[-2]
        result = bench.run('replay', path, '--times', '3', '--json')
        facts = json.loads(result.out) if result.code in (0, 1) else {}
        found[name] = facts
        bench.check(result.code == 1 and facts['failures'] == facts['replays'] == 3,
                    f'replay {name}: 3 of 3 ({facts.get("title")})', result)
    result = bench.run('replay', reproducers(folder)[0])
    bench.check(result.code == 1 and '5 of 5' in result.out, 'replay says how often it failed',
                result)
    crashes = [name for name, oracle in rows(folder, 'SELECT id, oracle FROM finding')
               if oracle in ('sanitizer', 'exit')]
    bench.check(crashes, 'the memory error of CVE-2022-0367 is among the findings',
                rows(folder, 'SELECT id, oracle, cause FROM finding'))
    for name in found:
        path = os.path.join(folder, 'findings', name)
        result = bench.run('replay', path, '--wire', '--times', '2', '--json')
        facts = json.loads(result.out) if result.code in (0, 1) else {}
        bench.check(result.code == 1 and facts['failures'] == 2,
                    f'replay --wire {name}: 2 of 2 on a device just started', result)
    for name in crashes:
        path = os.path.join(folder, 'findings', name, 'reproducer.percuss')
        result = bench.run('replay', path, '--campaign', patched, '--times', '3')
        bench.check(result.code == 0 and '0 of 3' in result.out,
                    f'replay {name} on the patched library: nothing', result)
        result = bench.run('replay', path, '--wire', '--campaign', patched, '--times', '2')
        bench.check(result.code == 0 and 'did not show' in result.out,
                    f'replay --wire {name} on the patched library: nothing', result)
    check_forms(bench, folder, crashes[0])
    check_folder(bench, folder, crashes[0])
    check_wire_alone(bench, folder, crashes[0])
    check_otherwise(bench, folder, crashes[0])
    result = bench.run('run', campaign, '--cases', '1-5', '--out', bench.path('five'), '--quiet')
    bench.check(result.code in (0, 1, 3), 'replays leave nothing that the next run trips over',
                result)


def test_case(bench, campaign, folder):
    number, = rows(folder, "SELECT number FROM cases WHERE verdict = 'finding' LIMIT 1")[0]
    result = bench.run('replay', folder, '--case', str(number), '--times', '2')
    bench.check(result.code == 1 and '2 of 2' in result.out, f'replay --case {number} fails again',
                result)
    number, = rows(folder, "SELECT number FROM cases WHERE verdict = 'pass' LIMIT 1")[0]
    result = bench.run('replay', folder, '--case', str(number), '--times', '2')
    bench.check(result.code == 0 and '0 of 2' in result.out, f'replay --case {number} passes again',
                result)
    # The run's seed counts, whatever the campaign says; another model or session does not do.
    with open(campaign, encoding='utf-8') as file:
        text = file.read()
    other = bench.write('seed.yaml', text + 'seed: 77\n')
    result = bench.run('replay', folder, '--case', str(number), '--campaign', other, '--times', '1')
    bench.check(result.code == 0, 'replay --case takes the seed of the run', result)
    session = text[text.index('session:'):].split()[1]
    with open(session, encoding='utf-8') as file:
        changed = file.read().replace('quantity: 10}', 'quantity: 11}', 1)
    bench.write('session/changed.yaml', changed)
    shutil.copy(os.path.join(os.path.dirname(session), 'session.yaml'), bench.path('session'))
    other = bench.write('plan.yaml', text.replace(session, 'session/changed.yaml'))
    result = bench.run('replay', folder, '--case', str(number), '--campaign', other)
    bench.check(result.code == 2 and 'plan' in result.err and len(result.err.splitlines()) == 1,
                'replay --case under another plan is refused', result)
    seeded = bench.path('seeded')
    result = bench.run('run', campaign, '--seed', '77', '--cases', '1-20', '--out', seeded,
                       '--quiet')
    plans = [one(name, "SELECT value FROM run WHERE key = 'plan_hash'")
             for name in (folder, seeded)]
    bench.check(result.code in (0, 1) and plans[0] != plans[1], 'another seed is another plan',
                plans)


def test_interrupt(bench, campaign):
    folder = bench.path('stopped')
    process = bench.begin('run', campaign, '--out', folder, '--cases', '1-5000', '--quiet')
    wait_for(lambda: len(announced(folder)) > 50)
    process.send_signal(signal.SIGINT)
    result = bench.end(process)
    stopped = one(folder, 'SELECT max(number) FROM cases')
    bench.check(result.code in (0, 1, 3) and 1 <= stopped < 5000 and
                one(folder, 'SELECT reason FROM sitting') == 'stopped',
                f'Ctrl-C at case {stopped}: a clean end', result)
    bench.check(all(os.path.exists(os.path.join(folder, name)) for name in
                    ('summary.json', 'report.html', 'junit.xml')) and
                one(folder, 'SELECT count(*) FROM epoch WHERE closed = 0') == 0 and
                one(folder, "SELECT count(*) FROM cases WHERE verdict = 'interrupted'") == 0,
                'its reports are there, its epoch is closed, no case is half')
    last = stopped + 200
    result = bench.run('run', campaign, '--out', folder, '--cases', f'1-{last}', '--resume',
                       '--quiet')
    counted = rows(folder, 'SELECT count(*), count(DISTINCT number), max(number) FROM cases')[0]
    bench.check(result.code in (0, 1) and counted == (last, last, last),
                '--resume goes on with the next case', f'{counted}\n{result}')
    bench.check(summary(folder)['run']['campaign_name'] == 'libmodbus-original' and
                one(folder, 'SELECT count(*) FROM sitting') == 2, 'and the reports cover both')


def test_interrupt_early(bench, campaign):
    """Before the first case there is nothing to judge."""
    folder = bench.path('early')
    process = bench.begin('run', campaign, '--out', folder, '--quiet')
    wait_for(lambda: os.path.exists(os.path.join(folder, 'journal')))
    process.send_signal(signal.SIGINT)
    result = bench.end(process)
    sent = one(folder, 'SELECT count(*) FROM cases')
    bench.check(result.code == (1 if sent else 3) and one(folder, 'SELECT reason FROM sitting') ==
                'stopped' and os.path.exists(os.path.join(folder, 'report.html')),
                f'Ctrl-C while it starts: {sent} cases, exit {result.code}', result)


def main():
    bench = Bench()
    if not os.path.exists(os.path.join(bench.devices, 'modbus-server-original')):
        bench.check(False, 'the libmodbus servers are built (scripts/sources)')
        bench.done()
    campaign, patched = bench.shipped('libmodbus-original'), bench.shipped('libmodbus-patched')
    folder = bench.path('run')
    result = bench.run('run', campaign, '--cases', f'1-{CASES}', '--out', folder, '--quiet')
    bench.check(result.code == 1, f'{CASES} cases on the original libmodbus', result)
    check_files(bench, folder, 1)
    check_reports(bench, folder, 1)
    test_findings(bench, campaign, patched, folder)
    test_case(bench, campaign, folder)
    check_triage(bench, folder)
    test_interrupt(bench, campaign)
    test_interrupt_early(bench, campaign)
    bench.done()


main()
