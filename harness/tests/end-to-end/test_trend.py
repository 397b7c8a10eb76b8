#!/usr/bin/env -S python3 -B
"""percuss trend, over nights made of two real runs: what is new, fixed, back and open in each, ages,
the forms, what cannot be read, and that memory does not grow with the nights' stores.

PERCUSS_TEST_NIGHTS=200 in the environment: how many nights stand in one folder (40 otherwise).
"""
import json
import os
import shutil
import sqlite3
import subprocess
import time
import xml.etree.ElementTree as ElementTree

from common import Bench

DAY = 86400 * 10**9
FIRST = 1767225600 * 10**9          # 2026-01-01
NIGHTS = int(os.environ.get('PERCUSS_TEST_NIGHTS', '40'))


class Nights:
    def __init__(self, bench):
        self.bench = bench
        self.runs = {}

    def make(self, defect):
        """A real run of a server with a defect."""
        campaign = self.bench.shipped('variants', [('--defect, none', f'--defect, {defect}')])
        folder = self.bench.path('runs', defect)
        result = self.bench.run('run', campaign, '--cases', '1-300', '--out', folder, '--quiet')
        self.bench.check(result.code in (0, 1), f'a run with the defect: {defect}', result)
        self.runs[defect] = os.path.join(folder, 'campaign.db')

    def put(self, folder, defect, number, build, *statements):
        """That run as the night `number`, of another build, with more rows."""
        path = self.bench.path(folder, f'night-{number:03}')
        os.makedirs(path)
        shutil.copyfile(self.runs[defect], path + '/campaign.db')
        store = sqlite3.connect(path + '/campaign.db')
        began = FIRST + number * DAY
        store.execute("UPDATE run SET value = ? WHERE key = 'started_ns'", (str(began),))
        store.execute("UPDATE run SET value = ? WHERE key = 'device'", (f'server sha256 {build * 64}',))
        store.execute('UPDATE sitting SET started_ns = ?, ended_ns = ?', (began, began + 3600 * 10**9))
        for sql, *values in statements:
            store.execute(sql, values)
        store.commit()
        store.close()
        return path

    def replayed(self, number, build, failures, replays=5):
        with sqlite3.connect(self.runs['conformance']) as store:
            oracle, cause = store.execute('SELECT oracle, cause FROM finding').fetchone()
        return ('INSERT INTO retest(at_ns, plan_hash, finding, cause, device, replays, failures) '
                'VALUES (?, ?, ?, ?, ?, ?, ?)', FIRST + number * DAY + 10**9, 'x', 'F-001', cause[len(oracle) + 2:],
                f'server sha256 {build * 64}', replays, failures)

    def trend(self, folder, *options):
        result = self.bench.run('trend', self.bench.path(folder), *options)
        return result, json.loads(result.out) if '--json' in options and result.out else None


def week(nights):
    check = nights.bench.check
    nights.put('week', 'conformance', 1, 'a')
    nights.put('week', 'conformance', 2, 'a')
    nights.put('week', 'none', 3, 'a', nights.replayed(3, 'a', 0))       # the same build shows nothing
    nights.put('week', 'none', 4, 'b', nights.replayed(4, 'b', 0, 4))    # nor do four replays
    nights.put('week', 'none', 5, 'b', nights.replayed(5, 'b', 0))
    nights.put('week', 'none', 6, 'b')
    nights.put('week', 'conformance', 7, 'c')
    nights.put('week', 'none', 8, 'c', nights.replayed(8, 'c', 1))
    result, said = nights.trend('week', '--json')
    check(result.code == 0 and said['runs'] == 8 and len(said['interfaces']) == 1, 'eight nights of one interface',
          result)
    rows = [[night[key] for key in ('new', 'returned', 'fixed', 'open')] for night in said['interfaces'][0]['nights']]
    check(rows == [[1, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 1],
                   [0, 0, 0, 1]], 'new, seen again, fixed by replays on another build, back', rows)
    findings = said['interfaces'][0]['findings']
    check(len(findings) == 1 and findings[0]['is'] == 'open' and findings[0]['returned'] == 1 and
          findings[0]['fixed_ns'] is None and findings[0]['first_night'].endswith('night-001') and
          findings[0]['last_night'].endswith('night-008') and 7 < findings[0]['days'] < 7.1,
          'one finding, open since the first night, and back once', findings)
    with sqlite3.connect(nights.runs['none']) as store:
        sent, = store.execute("SELECT count(*) FROM cases WHERE verdict IN ('pass', 'suspect', 'finding')").fetchone()
        times = sorted(us for us, in store.execute("SELECT latency_us FROM cases WHERE latency_us >= 0 AND verdict "
                                                   "IN ('pass', 'suspect', 'finding')"))
    last = said['interfaces'][0]['nights'][2]
    rank = [times[-(-len(times) * percent // 100) - 1] / 1000 for percent in (50, 99)]
    check(last['cases'] == sent and abs(last['half_ms'] - rank[0]) < 1e-9 and abs(last['most_ms'] - rank[1]) < 1e-9 and
          last['edges'] is None and last['rate'] > 0, 'cases and times are those of the store; unknown edges are none',
          (last, sent, rank))


def fixed(nights):
    """Until it is fixed it ages; what is said of it holds, too."""
    check = nights.bench.check
    nights.put('fixed', 'conformance', 1, 'a')
    nights.put('fixed', 'none', 11, 'b', nights.replayed(11, 'b', 0))
    ages = nights.trend('fixed', '--json')[1]['interfaces'][0]['ages']
    check(ages['fixed'] == 1 and ages['open'] == 0 and ages['open_half_days'] is None and
          abs(ages['fixed_half_days'] - 10) < 0.01, 'found to fixed in ten days', ages)
    path = nights.put('said', 'conformance', 1, 'a')
    said = nights.bench.run('triage', path, 'F-001', '--disposition', 'false-positive', '--why', 'as specified',
                            '--by', 'A Tester')
    nights.put('said', 'conformance', 2, 'a')
    interface = nights.trend('said', '--json')[1]['interfaces'][0]
    check(said.code == 0 and interface['ages']['closed'] == 1 and interface['findings'][0]['is'] == 'false-positive',
          'the device was said to be right, and that holds', (said, interface['ages']))


def agreed(nights):
    """percuss nights and percuss trend know the same of a folder."""
    for folder in ('week', 'fixed', 'said'):
        trend = nights.trend(folder, '--json')[1]['interfaces'][0]['findings']
        known = json.loads(nights.bench.run('nights', nights.bench.path(folder), '--json').out)['findings']
        nights.bench.check([[row['is'], os.path.basename(row['first_night']), os.path.basename(row['last_night'])]
                            for row in trend] ==
                           [[row['disposition'], row['first_night'], row['last_night']] for row in known],
                           f'nights and trend agree: {folder}', (trend, known))


def forms(nights):
    bench, check = nights.bench, nights.bench.check
    text = nights.trend('week')[0]
    check(text.code == 0 and 'Modbus TCP port: 8 runs' in text.out and 'returned 1 times' in text.out and
          text.out.count('night-00') >= 9, 'as text', text)
    page, image = bench.path('t.html'), bench.path('t.svg')
    for form, path in (('html', page), ('svg', image)):
        result = nights.trend('week', '--format', form, '--output', path)[0]
        check(result.code == 0 and result.out == '', f'as {form}', result)
    nights.put('untimed', 'none', 1, 'a', ('UPDATE cases SET latency_us = NULL',))
    check('>–<' in nights.trend('untimed', '--format', 'html')[0].out and
          '0.000' not in nights.trend('untimed', '--format', 'html')[0].out, 'what was not timed has no figure')
    svg = ElementTree.parse(image).getroot()
    name = '{http://www.w3.org/2000/svg}'
    check(svg.tag == name + 'svg' and len(svg.findall(f'.//{name}svg')) == 5 and
          'NaN' not in open(image, encoding='utf-8').read(), 'the image has five plots')
    text = open(page, encoding='utf-8').read()
    check(ElementTree.fromstring(text.split('\n', 1)[1]) is not None and '<script' not in text and
          text.count('<svg') == 5 and text.count('night-00') >= 9, 'the page has plots and tables, and no script')


def odd(nights):
    """What is hostile, or not there."""
    bench, check = nights.bench, nights.bench.check
    nights.put('odd', 'none', 1, 'a', ("UPDATE run SET value = '<b>\x1b[31m&' WHERE key = 'interface'",))
    nights.put('odd', 'none', 2, 'a')
    os.makedirs(bench.path('odd', 'broken'))
    bench.write('odd/broken/campaign.db', 'no store at all\n' * 500)
    result, said = nights.trend('odd', '--json')
    check(result.code == 0 and said['runs'] == 2 and said['left_out'] == 1 and 'broken' in said['why_left_out'] and
          len(said['interfaces']) == 2, 'two interfaces are two trends; what cannot be read is counted', result)
    path = nights.put('damaged', 'conformance', 1, 'a')
    store = sqlite3.connect(path + '/campaign.db')
    page, = store.execute('PRAGMA page_size').fetchone()
    root, = store.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'finding'").fetchone()
    store.close()
    with open(path + '/campaign.db', 'r+b') as file:
        file.seek((root - 1) * page)
        file.write(b'\xff' * page)
    nights.put('damaged', 'conformance', 2, 'a')
    result, said = nights.trend('damaged', '--json')
    check(result.code == 0 and said['runs'] == 1 and said['left_out'] == 1 and
          said['interfaces'][0]['nights'][0]['new'] == 1, 'one that is damaged within counts for nothing', result)
    check('\x1b' not in nights.trend('odd')[0].out, 'no control characters on the terminal')
    ElementTree.fromstring(nights.trend('odd', '--format', 'svg')[0].out)
    check('<b>' not in nights.trend('odd', '--format', 'html')[0].out, 'nor markup in a page')
    check(bench.run('trend', bench.path('odd', 'broken')).code == 3, 'only what cannot be read: exit 3')
    os.makedirs(bench.path('nothing'))
    for wrong in (['trend', bench.path('nothing')], ['trend', bench.path('absent')],
                  ['trend', bench.path('odd'), '--format', 'pdf']):
        check(bench.run(*wrong).code == 2, 'exit 2: ' + ' '.join(wrong)[-40:])
    twice = json.loads(bench.run('trend', bench.path('week'), bench.path('week', 'night-003'), '--json').out)
    check(twice['runs'] == 8, 'a folder that is named twice counts once')


def measured(nights, folder):
    before = time.monotonic()
    # The sanitizer keeps what was freed, which is not what is asked here.
    options = nights.bench.environment['ASAN_OPTIONS'] + ':quarantine_size_mb=0:thread_local_quarantine_size_kb=0'
    done = subprocess.Popen([nights.bench.percuss, 'trend', folder, '--json'], stdout=subprocess.PIPE,
                            env=dict(nights.bench.environment, ASAN_OPTIONS=options))
    out = done.stdout.read()
    _, status, used = os.wait4(done.pid, 0)
    done.returncode = os.waitstatus_to_exitcode(status)
    return json.loads(out), used.ru_maxrss, time.monotonic() - before


def many(nights):
    check = nights.bench.check
    few = NIGHTS // 4
    for number in range(NIGHTS):
        for folder in ('many', 'few') if number < few else ('many',):
            nights.put(folder, 'conformance' if number % 3 else 'none', number + 1, 'ab'[number % 2])
    _, few_kib, _ = measured(nights, nights.bench.path('few'))
    said, many_kib, seconds = measured(nights, nights.bench.path('many'))
    nights.bench.note(f'{NIGHTS} nights: {seconds:.1f} s, {many_kib} KiB; {few} nights: {few_kib} KiB')
    check(said['runs'] == NIGHTS and len(said['interfaces'][0]['findings']) == 1, f'{NIGHTS} nights in one folder')
    check(many_kib - few_kib < 4096, 'memory grows by lines, not by stores', (few_kib, many_kib))


def main():
    nights = Nights(Bench())
    for defect in ('none', 'conformance'):
        nights.make(defect)
    for part in (week, fixed, agreed, forms, odd, many):
        part(nights)
    nights.bench.done()


if __name__ == '__main__':
    main()
