#!/usr/bin/python3
"""Which code of the pump runs have reached: by QEMU's plugin, and by six breakpoints at its GDB
server; what `percuss coverage` says of them, and of runs of which it can say nothing.
"""
import json
import os
import shutil
import subprocess

from common import Bench, one

CASES = '1-150'


def run(bench, name, coverage, image, cases=CASES, *more):
    setting = f'\n  coverage: {coverage}' if coverage else ''
    campaign = bench.shipped('pump-fixed', [
        ('${build}/firmware/pump-fixed-an385.elf', image),
        ('clock: realtime', 'clock: realtime' + setting)])
    folder = bench.path(name)
    result = bench.run('run', campaign, '--cases', cases, '--out', folder, '--quiet', *more)
    # AC-04 asks for every item of the plan.
    bench.check(result.code in (0, 1) and one(folder, 'SELECT count(*) FROM finding') == 0,
                f'{" ".join([name, *more])}: a run without a finding', result)
    return folder


def test_report(bench, plugin, few):
    page = bench.path('page.html')
    result = bench.run('coverage', plugin, few, '--json', '--html', page)
    report = json.loads(result.out) if result.code == 0 else {}
    bench.check(result.code == 0, 'percuss coverage A B', result)
    a, b = report['blocks']['runs']
    bench.note(f"blocks: {report['blocks']}; lines: {report['lines']}")
    bench.check(b > 80 and a > b and report['blocks']['reached'] < report['blocks']['all'],
                f'six breakpoints know of {b} of the {a} blocks that the plugin saw')
    bench.check(report['blocks']['reached'] < a + 8, 'they know of none that did not run')
    total = sum(function['blocks']['all'] for function in report['functions'])
    bench.check(total == report['blocks']['all'], 'the functions make up the whole')
    lines = report['files']['targets/firmware/pump/main.c']
    with open('targets/firmware/pump/main.c', encoding='utf-8') as file:
        begin = [number for number, text in enumerate(file, 1) if 'int main(void)' in text]
    near = [lines.get(str(begin[0] + i), [0])[0] for i in range(4)]
    bench.check(max(near) > 0, 'main() has run', lines)
    with open(page, encoding='utf-8') as file:
        text = file.read()
    bench.check('int main(void)' in text and 'source is not below' not in text,
                'the page has the sources')
    valid = subprocess.run(['xmllint', '--noout', page], capture_output=True, text=True)
    bench.check(valid.returncode == 0, 'the page is well formed', valid.stderr)
    text = bench.run('coverage', plugin, few).out
    bench.check('only A reached' in text and 'pump_tick' in text, 'as text', text)


def test_refusals(bench, plugin, plain, image):
    result = bench.run('coverage', plain)
    bench.check(result.code == 2 and 'no coverage of code' in result.err,
                'a run without coverage is refused', result)
    kept = bench.path('kept.elf')
    shutil.copy(image, kept)
    with open(image, 'ab') as file:
        file.write(b'built anew')
    result = bench.run('coverage', plugin)
    bench.check(result.code == 2 and 'is not what ran' in result.err,
                'an image that was built anew is refused', result)
    result = bench.run('coverage', plugin, '--image', kept)
    bench.check(result.code == 0, 'the image of then is named', result)


def test_resumed(bench, image):
    """Sittings add up, as long as they are of one image."""
    runs = 'SELECT max(executions) FROM block'
    folder = run(bench, 'resumed', 'true', image, '1-20')
    before = one(folder, runs)
    run(bench, 'resumed', 'true', image, '1-20', '--resume')
    bench.check(one(folder, runs) > before, f'a second sitting adds to the {before} executions')
    with open(image, 'ab') as file:
        file.write(b'built anew')
    run(bench, 'resumed', 'true', image, '1-20', '--resume')
    result = bench.run('coverage', folder)
    bench.check(result.code == 2 and 'changed between its sittings' in result.err,
                'sittings of different images do not', result)


def main():
    bench = Bench()
    image = bench.path('pump.elf')
    shutil.copy(os.path.join(bench.firmware, 'pump-fixed-an385.elf'), image)
    plugin = run(bench, 'plugin', 'true', image)
    few = run(bench, 'few', '{breakpoints: 6, rotate-after: 4}', image)
    plain = run(bench, 'plain', '', image)
    device = one(few, "SELECT value FROM run WHERE key = 'device'")
    bench.check('6 breakpoints: ' in device and 'moved in' in device, device)
    test_report(bench, plugin, few)
    test_refusals(bench, plugin, plain, image)
    test_resumed(bench, image)
    bench.done()


if __name__ == '__main__':
    main()
