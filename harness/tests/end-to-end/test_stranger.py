#!/usr/bin/env -S python3 -B
"""Protocols that somebody else described (stranger/*.ksy, no key of percuss in them) are driven
over UDP as they are: what is planted in a device is found, and nothing in the device without it."""
import json
import os
import shutil

from common import HERE, Bench, may_capture, one, rows, summary, verdict_of

STRANGER = os.path.join(HERE, 'stranger')
CASES = 600
# What the findings on the planted device say.
PLANTED = {
    'tlv': 'exit status 1',
    'header': 'success reply to a malformed header.version',
    'nested': 'success reply to a malformed inner',
    'query': 'exit status 1',
}


def campaign(bench, kind, planted):
    """The shipped files, unchanged; without the planted defect a copy beside copies of them."""
    if planted:
        return os.path.join(STRANGER, kind + '.yaml')
    folder = bench.path('right')
    if not os.path.exists(folder):
        shutil.copytree(STRANGER, folder)
    path = os.path.join(folder, kind + '.yaml')
    with open(path, encoding='utf-8') as file:
        text = file.read()
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text.replace(', --planted', ''))
    return path


def test_models_are_a_strangers(bench):
    for kind in PLANTED:
        with open(os.path.join(STRANGER, kind + '.ksy'), encoding='utf-8') as file:
            bench.check('percuss' not in file.read(), f'{kind}: the model knows nothing of percuss')


def test_check(bench, kind):
    result = bench.run('check', campaign(bench, kind, True), '--json')
    facts = json.loads(result.out) if result.code == 0 else {}
    bench.check(result.code == 0 and facts['unanswered'] == facts['refused'] == 0 and
                facts['accepted'] == len(facts['messages']) and facts['cases'] > 500,
                f'{kind}: the device understands every exemplar', result)


def run(bench, kind, planted):
    """The run's folder, exit code and titles of findings."""
    folder = bench.path(kind + ('-planted' if planted else '-right'))
    result = bench.run('run', campaign(bench, kind, planted), '--cases', f'1-{CASES}', '--out',
                       folder, '--quiet')
    if not os.path.exists(os.path.join(folder, 'summary.json')):
        bench.check(False, f'{kind}: a run', result)
        return None, result, []
    return folder, result, [finding['title'] for finding in summary(folder)['findings']]


def test_answers(bench, kind, folder):
    """Cases went out and came back, and both captures have the same datagrams."""
    # What answers a flood, or messages in one datagram, is not read.
    read = ("verdict = 'pass' AND (stream IS NULL OR stream NOT IN "
            "(SELECT id FROM stream WHERE anomaly IN ('flood', 'coalesce')))")
    sent = one(folder, f'SELECT count(*) FROM cases WHERE {read}')
    answered = one(folder, f'SELECT count(*) FROM cases WHERE {read} '
                   'AND outcome IN (1, 2) AND received_bytes > 0')
    accepted = one(folder, 'SELECT count(*) FROM cases WHERE outcome = 1')
    bench.check(sent > CASES * 0.9 and answered == sent and 0 < accepted < answered,
                f'{kind}: {sent} cases sent, {answered} answered, {accepted} accepted')
    unequal = rows(folder, 'SELECT * FROM capture_check WHERE NOT sent_equal OR NOT received_equal')
    wanted = 'pass' if may_capture() else 'inconclusive'
    bench.check(not unequal and verdict_of(folder, 'AC-21') == wanted,
                f'{kind}: the independent capture has the same datagrams ({wanted})',
                unequal or rows(folder, 'SELECT * FROM capture'))


def main():
    bench = Bench()
    test_models_are_a_strangers(bench)
    for kind, words in PLANTED.items():
        test_check(bench, kind)
        folder, result, titles = run(bench, kind, True)
        bench.check(folder and result.code == 1 and titles and
                    all(words in title for title in titles),
                    f'{kind}: the planted defect is found, and nothing else', titles or result)
        folder, result, titles = run(bench, kind, False)
        bench.check(folder and result.code == 0 and not titles,
                    f'{kind}: no finding on the device without it', titles or result)
        if folder:
            test_answers(bench, kind, folder)
    bench.done()


main()
