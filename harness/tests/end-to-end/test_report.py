#!/usr/bin/python3
"""The report of an assessment, for each of its readers.

Presentations differ in cover, order and clauses, and in no figure; the words claim no more than
the records show; the PDF is tagged, and the same bytes each time."""
import os
import re
import subprocess

from common import Bench, one

READERS = ('engineer', 'fda', 'mdr', 'procurement')
ONLY = ('--cases', '1-1500', '--only', 'write_register')


def sections(page):
    return dict(re.findall(r'<section id="([a-z]+)">\n(.*?)</section>', page, re.S))


def order(page):
    return re.findall(r'<section id="([a-z]+)">', page)


def figures(page):
    return sorted(re.findall(r'data-figure="([^"]+)">([^<]*)<', page))


def make_assessment(bench, run):
    return bench.write('pump.yaml', f"""\
assessment: pump
title: Infusion pump, release 2.1
device: {{name: Pump <b>2</b>, version: '2.1'}}
tester: {{name: A. Tester, independence: works in another department}}
interfaces:
- {{name: Modbus TCP, protocol: Modbus TCP}}
- {{name: USB, excluded: its connector is inside the housing}}
runs:
- folder: {os.path.basename(run)}
""")


def test_presentations(bench, path, code):
    pages = {}
    for reader in READERS:
        result = bench.run('report', path, '--format', 'html', '--for', reader)
        pages[reader] = result.out
        file = bench.write(f'{reader}.html', result.out)
        checked = subprocess.run(['xmllint', '--noout', file], capture_output=True, text=True,
                                 check=False)
        bench.check(result.code == code and checked.returncode == 0,
                    f'{reader}: the page is well-formed, the exit code that of assess show',
                    checked.stderr or result)
        again = bench.run('report', path, '--format', 'html', '--for', reader)
        bench.check(again.out == result.out, f'{reader}: the same stores, the same bytes')
    parts = {reader: sections(page) for reader, page in pages.items()}
    common = [name for name in parts['fda'] if name != 'clauses']
    bench.check(len(common) == 16 and
                all(sorted(part) == sorted(parts['fda']) for part in parts.values()),
                'each presentation has all sections, once', {r: order(p) for r, p in pages.items()})
    for name in common:
        bench.check(len({part[name] for part in parts.values()}) == 1,
                    f'section {name} is the same for everybody')
    bench.check(len({tuple(order(page)) for page in pages.values()}) == len(READERS) and
                len({re.search(r'<h1>(.*?)</h1>', page).group(1)
                     for page in pages.values()}) == len(READERS),
                'cover and order are each reader\'s own')
    found = {reader: figures(page) for reader, page in pages.items()}
    names = {name for name, _ in found['fda']}
    bench.check(all(figure == found['fda'] for figure in found.values()) and
                {'cases', 'findings', 'verdict', 'missing', 'AC-05.measured',
                 'run1.AC-09.limit'} <= names and len(names) > 60,
                'the figures agree', sorted(names))
    return pages, parts


def test_clauses(bench, parts):
    shown = {reader: set(re.findall(r'<tr><td>([^<]*)</td>', part['clauses']))
             for reader, part in parts.items()}
    bench.check('FDA premarket cybersecurity guidance' in shown['fda'] and
                'MDR' in shown['mdr'] and 'MDR' not in shown['fda'] and
                'FDA premarket cybersecurity guidance' not in shown['mdr'],
                'each reviewer sees the own framework', shown)
    for name in ('ISO/IEC 27001', 'SOC 2'):
        bench.check([reader for reader in READERS if name in shown[reader]] == ['procurement'],
                    f'{name} is the buyer\'s alone')
    supplier = parts['procurement']['clauses'].split('Of the supplier')
    bench.check(len(supplier) == 2 and 'ISO/IEC 27001' not in supplier[0] and
                'no evidence about the device' in supplier[1],
                'and says nothing of the device')
    bench.check(all('licensed copy' in part['clauses'] and 'V: primary text read' in
                    part['clauses'] for part in parts.values()), 'clauses bear their marks')


def test_words(bench, pages, parts, run):
    page = pages['fda']
    plain = re.sub(r'<[^>]*>', ' ', page).lower()
    bench.check(not re.search(r'\b(compl(y|ies)|satisf(y|ies)) ', plain),
                'nothing complies, nothing is satisfied')
    bench.check('not a penetration test' in plain and 'fda gives no number of cases' in plain,
                'the limits are said')
    first = page[:page.index('<h2>In short</h2>')]
    bench.check('Pump &lt;b&gt;2&lt;/b&gt;' in first and 'A. Tester' in first and
                'load tests' in first and 'released images' in first and
                'F-001: disposition' in first and 'signed plan' in first,
                'the first page says what it is of, and what is missing', first[-3000:])
    bench.check('tester&#39;s independence' not in first, 'and not what is there')
    finding = parts['fda']['findings']
    wrong = one(run, "SELECT decoded FROM finding_message WHERE finding = 'F-001'")
    bench.check('Message 1: ' in finding and wrong and wrong.split()[0] in finding,
                'a finding shows its messages, decoded', wrong)
    text = open(os.path.join(run, 'findings', 'F-001', 'messages.txt'), encoding='utf-8').read()
    bench.check(wrong in text, 'as messages.txt does', text)
    bench.check(parts['fda']['coverage'].count('<svg') == 2 and
                parts['fda']['course'].count('<svg') == 3,
                'heat map, growth, cases and findings over time, latency')
    bench.check('http:' not in page and 'https:' not in page and
                '<script' not in page and ' src=' not in page, 'nothing comes from outside')


def test_pdf(bench, run):
    """Of the run alone, which is shorter."""
    made = []
    for name in ('once.pdf', 'twice.pdf'):
        result = bench.run('report', run, '--format', 'pdf', '--for', 'mdr', '--output',
                           bench.path(name))
        bench.check(result.code == 1, 'the PDF is rendered', result)
        with open(bench.path(name), 'rb') as file:
            made.append(file.read())
    bench.check(made[0] == made[1] and made[0].startswith(b'%PDF-1.7'), 'the same bytes twice')
    ended = one(run, "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', max(ended_ns) / 1000000000, "
                     "'unixepoch') FROM sitting")
    dates = re.findall(rb'<xmp:(?:Create|Modify)Date>([^<]*)<', made[0])
    bench.check(dates == [ended.encode()], 'dated when the run ended', dates)
    bench.check(all(mark in made[0] for mark in (b'/StructTreeRoot', b'/MarkInfo', b'/Outlines',
                                                 b'/Lang', b'/H2', b'/Table')),
                'tagged, with an outline')


def test_refused(bench, path, run):
    for what, arguments in (
            ('a reader that nobody is', [run, '--format', 'html', '--for', 'cats']),
            ('a reader of what is the same for all', [run, '--format', 'text', '--for', 'fda']),
            ('a key for what is not signed', [run, '--format', 'html', '--key', path]),
            ('no run and no assessment', [bench.path('nothing')])):
        result = bench.run('report', *arguments)
        bench.check(result.code == 2 and not result.out and len(result.err.splitlines()) == 1,
                    f'{what}: refused in one line', result)


def main():
    bench = Bench()
    run = bench.path('run')
    result = bench.run('run', bench.shipped('variants', [('--defect, none', '--defect, exit')]),
                       *ONLY, '--out', run, '--quiet')
    bench.check(result.code == 1, 'a run with a finding', result)
    path = make_assessment(bench, run)
    code = bench.run('assess', 'show', path).code
    pages, parts = test_presentations(bench, path, code)
    test_clauses(bench, parts)
    test_words(bench, pages, parts, run)
    test_refused(bench, path, run)
    test_pdf(bench, run)
    bench.done()


main()
