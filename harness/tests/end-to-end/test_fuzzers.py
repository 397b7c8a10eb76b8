#!/usr/bin/env -S python3 -B
"""scripts/build-fuzzers by OSS-Fuzz's contract: what it builds passes its own check, what is built
wrongly does not; libFuzzer and afl-fuzz find CVE-2022-0367 in the original libmodbus with what it
has built for them; scripts/fuzz-target runs both over one corpus."""
import glob
import os
import subprocess
import zipfile

from common import Bench, PATIENCE, PROJECT, Result

SCRIPT = os.path.join(PROJECT, 'scripts', 'build-fuzzers')
TARGET = 'modbus_direct'
SECONDS = 90  # both need a moment; who has not found it by then does not find it


def command(words, **environment):
    """Runs one with the caller's environment, of which nothing but what is given is a fuzzer's."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(('AFL_', 'ASAN_', 'CC', 'CXX', 'CFLAGS', 'LIB_FUZZING'))}
    done = subprocess.run(words, env={**kept, **environment}, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, errors='replace',
                          timeout=PATIENCE, check=False)
    return Result(done.returncode, done.stdout, done.stderr)


def build(bench, name, *options, **environment):
    """One after the other in one folder for each compiler, which is looked at once."""
    out = os.path.join(bench.folder, name)
    work = 'work-afl' if 'afl' in options else 'work'
    return out, command([SCRIPT, *options, TARGET], OUT=out, WORK=os.path.join(bench.folder, work),
                        **environment)


def test_contract(bench):
    out, result = build(bench, 'patched', '--check')
    files = sorted(os.listdir(out)) if os.path.isdir(out) else []
    expected = [TARGET + ending for ending in ('', '.dict', '.options', '_seed_corpus.zip')]
    bench.check(result.code == 0 and files == expected, 'what is built passes its check',
                f'{files}\n{result}')
    with zipfile.ZipFile(os.path.join(out, f'{TARGET}_seed_corpus.zip')) as archive:
        bench.check(len(archive.namelist()) > 10, 'its seeds are packed')


def test_wrong_build(bench):
    _, result = build(bench, 'bare', '--check', CFLAGS='-O1 -fsanitize=fuzzer-no-link')
    bench.check(result.code == 1 and 'has no AddressSanitizer' in result.err,
                'a program without a sanitizer does not pass', result)
    result = command([SCRIPT, 'nothing'], OUT=bench.folder,
                           WORK=os.path.join(bench.folder, 'work'))
    bench.check(result.code == 2 and "no target 'nothing'" in result.err,
                'a target that is not there is refused', result)


def test_libfuzzer(bench):
    out, result = build(bench, 'libfuzzer', '--sources', 'original')
    bench.check(result.code == 0, 'the original library builds for libFuzzer', result)
    result = command([os.path.join(out, TARGET), f'-max_total_time={SECONDS}', '-seed=1',
                            f'-artifact_prefix={bench.folder}/',
                            os.path.join(bench.folder, 'work', 'inputs', TARGET)])
    bench.check(result.code != 0 and 'heap-buffer-overflow' in result.err and
                'in modbus_reply' in result.err, 'libFuzzer finds CVE-2022-0367', result)


def test_afl(bench):
    out, result = build(bench, 'afl', '--engine', 'afl', '--sources', 'original', '--check')
    bench.check(result.code == 0, 'the original library builds for AFL++', result)
    found = os.path.join(bench.folder, 'found')
    result = command(
        ['afl-fuzz', '-i', os.path.join(bench.folder, 'work-afl', 'inputs', TARGET), '-o', found,
         '-V', str(SECONDS), '-s', '1', '-m', 'none', '--', os.path.join(out, TARGET)],
        AFL_BENCH_UNTIL_CRASH='1', AFL_NO_UI='1', AFL_SKIP_CPUFREQ='1', AFL_NO_AFFINITY='1',
        AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES='1')
    inputs = glob.glob(os.path.join(found, 'default', 'crashes', 'id*'))
    replay = command([os.path.join(bench.folder, 'libfuzzer', TARGET), inputs[0]]) \
        if inputs else result
    bench.check(bool(inputs) and 'in modbus_reply' in replay.err, 'afl-fuzz finds it, too', replay)


def test_shared(bench):
    """What one finds the other takes up; what is kept is what covers more than the seeds."""
    out, kept = bench.path('shared'), bench.path('kept')
    result = command([os.path.join(PROJECT, 'scripts', 'fuzz-target'), TARGET, '--time', '4', '--programs',
                      bench.folder, '--out', out, '--keep', kept])
    crashes = sorted(os.listdir(os.path.join(out, 'crashes'))) if os.path.isdir(out) else []
    bench.check(result.code == (1 if crashes else 0), 'both engines run over one corpus', result)
    bench.check(all(name.startswith('heap-buffer-overflow-') and 'modbus_reply' in name for name in crashes),
                'what is found is named', crashes)
    bench.check(glob.glob(os.path.join(out, 'corpus', 'afl-main-*')) and
                glob.glob(os.path.join(out, 'afl', 'main', 'queue', '*,sync:corpus_*')),
                'inputs go both ways', result)
    seeds = os.path.join(out, 'seeds')
    found = os.listdir(kept) if os.path.isdir(kept) else []
    bench.check(0 < len(found) < len(os.listdir(os.path.join(out, 'corpus'))) and
                not set(found) & set(os.listdir(seeds)), 'a few of them are kept, and no seed', found)
    def edges(*folders):
        said = command([os.path.join(bench.folder, 'libfuzzer', TARGET), '-runs=0', *folders]).err
        return int(said.rsplit('cov: ', 1)[1].split()[0])
    bench.check(edges(seeds, kept) > edges(seeds), 'with them more of the code runs than with the seeds')


def main():
    bench = Bench()
    test_contract(bench)
    test_wrong_build(bench)
    test_libfuzzer(bench)
    test_afl(bench)
    test_shared(bench)
    bench.done()


if __name__ == '__main__':
    main()
