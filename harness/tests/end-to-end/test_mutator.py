#!/usr/bin/env -S python3 -B
"""Real libFuzzer and real afl-fuzz with the model-aware mutator, on a stranger's model and a reader
with a planted defect behind the format's structure: both find it; what they keep runs without us."""
import json
import os
import re
import shutil
import subprocess

from common import HERE, PATIENCE, Bench

MODEL = os.path.join(HERE, 'stranger', 'tlv.ksy')
SESSION = os.path.join(HERE, 'stranger', 'tlv-session.yaml')
SOURCE = os.path.join(HERE, 'mutator', 'tlv.c')
RUNS = 1_000_000


def call(bench, command, **environment):
    """(exit code, all that was said); model and session only when they are given here."""
    kept = {k: v for k, v in bench.environment.items()
            if not k.startswith(('PERCUSS_', 'AFL_', 'ASAN_'))}
    process = subprocess.Popen(command, env=dict(kept, **environment), cwd=bench.folder, text=True,
                               errors='replace', stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    bench.processes.append(process)
    try:
        words = process.communicate(timeout=PATIENCE)[0]
    except subprocess.TimeoutExpired:
        process.terminate()     # afl-fuzz ends its target then
        words = process.communicate()[0] + f'\n{command[0]} took longer than {PATIENCE} s'
    return process.returncode, words


def compile_target(bench, compiler, name, *extra):
    program = bench.path(name)
    code, words = call(bench, [compiler, '-g', '-O1', '-fsanitize=fuzzer,address', SOURCE,
                               *extra, '-o', program], AFL_QUIET='1')
    bench.check(code == 0, f'{name} is built', words)
    return program


def overflowed(words):
    return 'heap-buffer-overflow' in words and 'read_chain' in words


def executed(words):
    found = re.findall(r'stat::number_of_executed_units: *(\d+)', words)
    return int(found[-1]) if found else None


def replays(bench, plain, path, who):
    code, words = call(bench, [plain, path])
    bench.check(code != 0 and overflowed(words), f'{who}: what it keeps fails without the mutator',
                words)


def test_libfuzzer(bench, plain):
    ours = compile_target(bench, 'clang', 'tlv-model',
                          os.path.join(bench.build, 'percuss-libfuzzer.o'), '-lyaml', '-lcrypto',
                          '-lm')
    options = ['-seed=1', f'-runs={RUNS}', '-print_final_stats=1', '-artifact_prefix=lf-']
    code, words = call(bench, [ours, *options], PERCUSS_MODEL=MODEL, PERCUSS_SESSION=SESSION)
    bench.check(code not in (0, 2) and overflowed(words), 'libFuzzer finds the planted defect', words)
    kept = re.search(r'Test unit written to (\S+)', words)
    if kept:
        replays(bench, plain, kept.group(1), 'libFuzzer')
    bench.note(f'{executed(words)} executions with a session and no seed')

    code, words = call(bench, [ours, *options, f'--model={MODEL}'])
    bench.note(f'{executed(words)} executions with the model alone, exit {code}')
    bench.check(code not in (0, 2) and overflowed(words), 'and with the model alone, from the command line',
                words)
    code, words = call(bench, [plain, *options])
    bench.note(f'{executed(words)} executions plain, exit {code}')


def test_without_model(bench):
    ours = bench.path('tlv-model')
    code, words = call(bench, [ours, '-runs=10'])
    bench.check(code == 2 and 'PERCUSS_MODEL' in words, 'without a model it says which word to set',
                words)
    code, words = call(bench, [ours, '-runs=10'], PERCUSS_MODEL=SOURCE)
    bench.check(code == 2 and 'tlv.c:' in words, 'with a wrong one, where it is wrong', words)
    shutil.copy(MODEL, ours + '.ksy')
    code, words = call(bench, [ours, '-runs=10'])
    bench.check(code == 0, 'a model beside the program counts', words)


def test_afl(bench, plain):
    program = compile_target(bench, 'afl-clang-fast', 'tlv-afl')
    seeds, out = bench.path('seeds'), bench.path('afl')
    os.mkdir(seeds)
    with open(os.path.join(seeds, 'ping'), 'wb') as file:
        file.write(bytes.fromhex('0007 01 0004 00000001'))
    library = os.path.join(bench.build, 'libpercuss-afl-mutator.so')
    code, words = call(
        bench, ['afl-fuzz', '-i', seeds, '-o', out, '-s', '1', '-E', str(RUNS), '--', program],
        PERCUSS_MODEL=MODEL, PERCUSS_SESSION=SESSION, AFL_CUSTOM_MUTATOR_LIBRARY=library,
        AFL_NO_UI='1', AFL_BENCH_UNTIL_CRASH='1', AFL_SKIP_CPUFREQ='1', AFL_NO_AFFINITY='1',
        AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES='1')
    crashes = os.path.join(out, 'default', 'crashes')
    kept = [name for name in sorted(os.listdir(crashes) if os.path.isdir(crashes) else [])
            if name.startswith('id:')]
    if bench.check(kept, 'afl-fuzz finds the planted defect', words[-3000:]):
        replays(bench, plain, os.path.join(crashes, kept[0]), 'afl-fuzz')
        bench.note(kept[0])
    queue = os.path.join(out, 'default', 'queue')
    ways = ' '.join(os.listdir(queue) if os.path.isdir(queue) else [])
    bench.check(re.search(r'integer|content|order|splice|insert', ways),
                'its queue names what the mutator did', ways)


def test_corpus(bench):
    """What afl-fuzz kept becomes a corpus, which says its messages, and goes to both engines."""
    corpus, queue = bench.path('corpus'), bench.path('afl', 'default', 'queue')
    kept = len([name for name in os.listdir(queue) if name.startswith('id:')])
    result = bench.run('corpus', 'import', corpus, bench.path('afl'))
    count = len(os.listdir(corpus))
    bench.check(result.code == 0 and count > kept / 2, f'{count} inputs of afl-fuzz are imported',
                result)
    result = bench.run('corpus', 'show', corpus, '--model', MODEL, '--session', SESSION, '--json')
    facts = json.loads(result.out) if result.code == 0 else {'inputs': [], 'messages': {}}
    bench.check(len(facts['inputs']) == count and facts['messages'].get('report', 0) > 0 and
                any(m['valid'] for i in facts['inputs'] for m in i['messages']),
                'they are shown as messages of the session', result)

    bench.run('corpus', 'export', corpus, bench.path('lf'), '--for', 'libfuzzer')
    code, words = call(bench, [bench.path('tlv-plain'), '-runs=0', bench.path('lf')])
    bench.check(f'{count} files found' in words or overflowed(words), 'libFuzzer reads them', words)

    sync = bench.path('sync')
    os.mkdir(sync)
    bench.run('corpus', 'export', corpus, os.path.join(sync, 'percuss'), '--for', 'afl')
    call(bench, ['afl-fuzz', '-i', bench.path('seeds'), '-o', sync, '-M', 'main', '-s', '1', '-E',
                 '20000', '--', bench.path('tlv-afl')], AFL_NO_UI='1', AFL_SKIP_CPUFREQ='1',
         AFL_NO_AFFINITY='1', AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES='1', AFL_IMPORT_FIRST='1')
    taken = [name for folder in ('queue', 'crashes')
             for name in os.listdir(os.path.join(sync, 'main', folder)) if 'sync:percuss' in name]
    bench.check(taken, f'afl-fuzz takes {len(taken)} of them over as those of a fuzzer beside it')


def test_minimise(bench):
    """A device that answers them says which inputs are worth keeping."""
    shutil.copytree(os.path.join(HERE, 'stranger'), bench.path('device'))
    campaign = bench.path('device', 'tlv.yaml')
    with open(campaign, encoding='utf-8') as file:
        text = file.read()
    with open(campaign, 'w', encoding='utf-8') as file:
        file.write(text.replace(', --planted', ''))
    before, run = set(os.listdir(bench.path('corpus'))), bench.path('run')
    result = bench.run('corpus', 'minimise', bench.path('corpus'), run, '--campaign', campaign)
    left = set(os.listdir(os.path.join(run, 'corpus'))) if result.code == 0 else set()
    bench.check(0 < len(left) < len(before) / 2,
                f'of {len(before)} inputs and the exemplars {len(left)} are left', result)
    result = bench.run('corpus', 'show', os.path.join(run, 'corpus'), '--model', MODEL,
                       '--session', SESSION)
    bench.check(result.code == 0 and 'replies]' in result.out, 'what they reached is shown', result)


def main():
    bench = Bench()
    plain = compile_target(bench, 'clang', 'tlv-plain')
    test_libfuzzer(bench, plain)
    test_without_model(bench)
    test_afl(bench, plain)
    test_corpus(bench)
    test_minimise(bench)
    bench.done()


main()
