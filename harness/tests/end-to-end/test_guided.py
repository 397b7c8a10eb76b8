#!/usr/bin/env -S python3 -B
"""The guided engine on emulated firmware: with the map of the code it passes a gate of several
comparisons (targets/firmware/gate), and in as many executions does not without. What it kept, said
and wrote is true; its finding is replayed as any other."""
import hashlib
import os
import shutil

from common import PROJECT, Bench, one, rows, summary, verdict_of

GATE = os.path.join(PROJECT, 'targets', 'firmware', 'gate')
STEP, MOST = 3000, 24000


def campaign(bench, coverage):
    folder = bench.path(coverage)
    os.mkdir(folder)
    for name in ('gate.ksy', 'session.yaml', 'gate.yaml'):
        shutil.copy(os.path.join(GATE, name), folder)
    path = os.path.join(folder, 'gate.yaml')
    with open(path, encoding='utf-8') as file:
        text = file.read()
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text.replace('coverage: true', f'coverage: {coverage}'))
    return path


def run(bench, path, folder, cases, *more):
    result = bench.run('run', path, '--cases', f'1-{cases}', '--out', folder, '--quiet', *more)
    bench.check(result.code in (0, 1), f'a run of {cases} executions', result)
    return result


def crashes(folder):
    return rows(folder, "SELECT id, title, first_case, case_name FROM finding WHERE kind = 'crash'")


def pass_gate(bench, path, folder):
    """In sittings, each of which goes on with what the one before kept. Returns the executions."""
    cases = 0
    while cases < MOST and not (cases and crashes(folder)):
        cases += STEP
        run(bench, path, folder, cases, *(['--resume'] if cases > STEP else []))
    return cases


def test_with_map(bench, path, folder):
    """Returns the executions."""
    cases = pass_gate(bench, path, folder)
    found = crashes(folder)
    bench.check(len(found) == 1 and 'BusFault' in found[0][1],
                f'with the map the gate is passed: execution {found[0][2] if found else "none"}',
                rows(folder, 'SELECT id, title FROM finding'))
    bench.check(one(folder, 'SELECT max(number) FROM cases') == cases and
                one(folder, 'SELECT count(DISTINCT number) FROM cases') == cases,
                'numbers are the order of sending')
    return cases


def test_without(bench, path, folder, cases):
    run(bench, path, folder, cases)
    bench.check(not crashes(folder) and one(folder, 'SELECT count(*) FROM cases') == cases,
                f'without the map it is not, in {cases} executions', crashes(folder))
    bench.check(one(folder, 'SELECT max(edges) FROM growth') == 0 and
                one(folder, 'SELECT sum(edges + counts) FROM corpus') == 0 and
                one(folder, 'SELECT max(blocks) FROM growth') > 50,
                'a map that is held constant shows nothing; blocks are counted all the same')


def test_corpus(bench, folder):
    kept = dict(rows(folder, 'SELECT hash, parent FROM corpus'))
    files = os.listdir(os.path.join(folder, 'corpus'))
    wrong = []
    for name in files:
        with open(os.path.join(folder, 'corpus', name), 'rb') as file:
            wrong += [name] * (hashlib.sha256(file.read()).hexdigest()[:32] != name)
    bench.check(len(files) > 10 and set(files) == set(kept) and not wrong,
                f'{len(files)} inputs are kept by the hash of their content', wrong)
    bench.check(all(parent == '' or parent in kept for parent in kept.values()) and
                any(kept.values()), 'each has its parent, or is a seed')
    bench.check(not rows(folder, 'SELECT * FROM corpus WHERE length(key) <> 16 OR bytes = 0') and
                one(folder, 'SELECT sum(edges) FROM corpus WHERE parent = \'\'') > 20,
                'each has its random key; seeds reached something')
    edges = rows(folder, 'SELECT sitting, edges FROM growth ORDER BY sitting, after_case')
    bench.check(edges == sorted(edges), 'edges only grow within a sitting')


def test_report(bench, folder):
    facts = {row['name']: row['text'] for row in summary(folder)['reached']}
    last = rows(folder, 'SELECT edges, corpus FROM growth ORDER BY sitting DESC, after_case DESC')[0]
    bench.check(str(facts.get('edges of the code')) == str(last[0]) and
                facts.get('corpus') == f'{last[1]} inputs', 'reports say what was reached', facts)
    bench.check(verdict_of(folder, 'AC-04') == 'not applicable' and
                one(folder, 'SELECT sum(sent) FROM coverage') == 0 and
                one(folder, 'SELECT count(*) FROM cases WHERE stream IS NOT NULL') == 0,
                'no item of the plan is said to be covered')


def test_finding(bench, folder, path):
    ident, _, number, name = crashes(folder)[0]
    finding = os.path.join(folder, 'findings', ident)
    with open(os.path.join(finding, 'console.txt'), encoding='utf-8') as file:
        console = file.read()
    bench.check(name.startswith('guided/') and len(name) == 39, f'the case has a name: {name}')
    bench.check('last blocks: ' in console and 'gate_receive+0x' in console and
                'FAULT BusFault' in console, 'its report has the last blocks', console)
    result = bench.run('replay', os.path.join(finding, 'reproducer.percuss'), '--times', '3')
    bench.check(result.code == 1 and 'BusFault' in result.out, 'its file is replayed', result)
    result = bench.run('replay', folder, '--case', str(number))
    bench.check(result.code == 2 and 'guided' in result.err, 'its number is not', result)
    result = bench.run('run', path, '--out', folder, '--resume', '--engine', 'numbered')
    bench.check(result.code == 2 and '--engine guided' in result.err,
                'another engine does not go on with it', result)
    result = bench.run('run', path, '--only', '*')
    bench.check(result.code == 2 and 'guided' in result.err, 'patterns choose nothing here', result)


def main():
    bench = Bench()
    path, folder = campaign(bench, 'true'), bench.path('with')
    cases = test_with_map(bench, path, folder)
    test_without(bench, campaign(bench, 'constant'), bench.path('without'), cases)
    test_corpus(bench, folder)
    test_report(bench, folder)
    if crashes(folder):
        test_finding(bench, folder, path)
    bench.done()


if __name__ == '__main__':
    main()
