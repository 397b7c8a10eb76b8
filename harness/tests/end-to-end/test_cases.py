#!/usr/bin/env -S python3 -B
"""Which cases a plan has, which of them are sent, and what changed since an earlier plan."""
import json
import os

from common import Bench, one, rows

CAMPAIGN = 'libmodbus-patched'


def listed(bench, campaign, *options):
    result = bench.run('cases', campaign, '--json', *options)
    if result.code != 0:
        bench.check(False, f'cases {" ".join(options)}', result)
        return []
    return [json.loads(line) for line in result.out.splitlines()]


def check_listing(bench, campaign):
    bench.check([case['number'] for case in listed(bench, campaign)] == list(range(1, 21)),
                'cases shows the first twenty')
    numbers = [case['number'] for case in listed(bench, campaign, '--number', '3-5,9,20-21')]
    bench.check(numbers == [3, 4, 5, 9, 20, 21], f'--number takes several ranges: {numbers}')
    cases = listed(bench, campaign, '--only', 'write_*/quantity', '--anomalies', 'limit,lie')
    names = [case['name'] for case in cases]
    bench.check(names and all('/write_' in name and 'quantity[' in name and
                              ('[limit:' in name or '[lie:' in name) for name in names),
                f'--only and --anomalies: {names[:3]} …')
    whole = {case['number']: case for case in listed(bench, campaign, '--number', '1-10000')}
    bench.check(all(whole[case['number']] == case for case in cases
                    if case['number'] in whole), 'a filter changes no number and no byte')
    long = max(len(message['bytes']) for case in whole.values() for message in case['messages'])
    bench.check(long > 500 and all(len(message['bytes'].replace(' ', '')) % 2 == 0
                                   for case in whole.values() for message in case['messages']),
                f'messages are printed whole: up to {long} characters')


def check_plan(bench, campaign):
    """What is signed before a run says which cases it is for."""
    chosen = json.loads(bench.run('plan', campaign, '--json', '--cases', '1-50,90-', '--only',
                                  'write_*').out)
    whole = json.loads(bench.run('plan', campaign, '--json').out)
    bench.check((chosen['case_ranges'], chosen['selection']) == ('1-50,90-', 'only write_*') and
                (whole['case_ranges'], whole['selection']) == ('1-', 'everything') and
                chosen['plan_hash'] == whole['plan_hash'],
                'the plan names ranges and patterns, and stays the same plan', chosen)
    bench.check(all(part['touched'] == part['of'] and not part['missing']
                    for part in whole['coverage'].values()) and
                whole['coverage']['boundary']['of'] > 40,
                'the whole plan touches every state, message, field and boundary',
                whole['coverage'])
    part = chosen['coverage']['message']
    bench.check(0 < part['touched'] == part['of'] - len(part['missing']) < part['of'] and
                not any(name.startswith('write_') for name in part['missing']),
                'a selection says which messages it leaves out', part)


def check_errors(bench, campaign):
    for options, word in ((['--only', 'nosuch'], "'nosuch'"),
                          (['--anomalies', 'limits'], "'limits'"),
                          (['--states', 'ready,nosuch'], "'nosuch'"),
                          (['--number', '5-3'], '--number'),
                          (['--against', bench.path('nosuch')], 'nosuch')):
        result = bench.run('cases', campaign, *options)
        bench.check(result.code == 2 and word in result.err and not result.out.count('\n  *'),
                    f'{" ".join(options[:1])} that is wrong ends with 2', result)
    result = bench.run('run', campaign, '--only', 'nosuch', '--out', bench.path('never'))
    bench.check(result.code == 2 and "'nosuch'" in result.err, 'run refuses it as well', result)


def check_coverage(bench, folder):
    """The reports' figures are the counts of what the store has."""
    with open(os.path.join(folder, 'summary.json'), encoding='utf-8') as file:
        figures = json.load(file)['coverage']
    sent = one(folder, "SELECT count(DISTINCT stream) FROM cases NATURAL JOIN (SELECT id AS stream FROM "
               "stream WHERE anomaly = 'limit') WHERE verdict IN ('pass', 'suspect', 'finding')")
    bench.check(figures['boundary']['sent'] == sent > 0 and
                figures['boundary']['planned'] - sent == len(figures['boundary']['missing']),
                f'{sent} boundaries were sent, the others are named')
    bench.check(figures['message']['sent'] == 1 and
                all(item['why'] for part in figures.values() for item in part['missing']),
                'and each says why it was not sent')


def check_run(bench, campaign):
    folder = bench.path('selected')
    choice = ['--only', 'read_registers/quantity', '--anomalies', 'limit,boundary,lie']
    expected = [case['number'] for case in
                listed(bench, campaign, '--number', '1-3000', *choice)]
    bench.run('run', campaign, '--out', folder, '--quiet', '--cases', '1-1500', *choice)
    half = [number for number, in rows(folder, 'SELECT number FROM cases ORDER BY number')]
    bench.check(half == [number for number in expected if number <= 1500] and half,
                f'run sends what cases lists: {len(half)} of 1,500')
    changed = bench.run('run', campaign, '--out', folder, '--quiet', '--resume', '--cases',
                        '1-3000', '--only', 'read_registers')
    bench.check(changed.code == 2 and 'selection' in changed.err,
                'another selection is not resumed', changed)
    check_coverage(bench, folder)
    bench.run('run', campaign, '--out', folder, '--quiet', '--resume', '--cases', '1-3000',
              *choice)
    sent = [number for number, in rows(folder, 'SELECT number FROM cases ORDER BY number')]
    bench.check(sent == expected and len(sent) > len(half),
                f'a resumed run goes on with the same selection: {len(sent)}')
    bench.check(one(folder, "SELECT value FROM run WHERE key = 'selection'") ==
                'only read_registers/quantity; anomalies limit,boundary,lie',
                'the store says what was selected')
    return folder


def check_against(bench, campaign, folder):
    same = bench.run('cases', campaign, '--against', folder)
    bench.check(same.code == 0 and ': 0 cases added, 0 removed' in same.out,
                'a run has the plan of its campaign', same)
    other = bench.shipped('pump-fixed')
    result = bench.run('cases', campaign, '--against', other, '--json')
    difference = json.loads(result.out)
    kinds = {(row['before'] > 0, row['after'] > 0) for row in difference['streams']}
    bench.check(difference['added'] > 0 and difference['removed'] > 0 and
                {(True, False), (False, True)} <= kinds,
                f"against another session: {difference['added']} added, "
                f"{difference['removed']} removed")
    back = json.loads(bench.run('cases', other, '--against', campaign, '--json').out)
    bench.check((back['added'], back['removed']) ==
                (difference['removed'], difference['added']), 'and the other way round')


def main():
    bench = Bench()
    campaign = bench.shipped(CAMPAIGN)
    check_listing(bench, campaign)
    check_plan(bench, campaign)
    check_errors(bench, campaign)
    check_against(bench, campaign, check_run(bench, campaign))
    bench.done()


main()
