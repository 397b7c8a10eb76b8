#!/usr/bin/env -S python3 -B
"""scripts/build-fuzzers by OSS-Fuzz's contract: what it builds passes its own check, what is built
wrongly does not; libFuzzer and afl-fuzz find CVE-2022-0367 in the original libmodbus with what it
has built for them."""
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
    out = os.path.join(bench.folder, name)
    return out, command([SCRIPT, *options, TARGET], OUT=out,
                        WORK=os.path.join(bench.folder, f'work-{name}'), **environment)


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
                           WORK=os.path.join(bench.folder, 'work-patched'))
    bench.check(result.code == 2 and "no target 'nothing'" in result.err,
                'a target that is not there is refused', result)


def test_libfuzzer(bench):
    out, result = build(bench, 'libfuzzer', '--sources', 'original')
    bench.check(result.code == 0, 'the original library builds for libFuzzer', result)
    result = command([os.path.join(out, TARGET), f'-max_total_time={SECONDS}', '-seed=1',
                            f'-artifact_prefix={bench.folder}/',
                            os.path.join(bench.folder, 'work-libfuzzer', 'inputs', TARGET)])
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


def main():
    bench = Bench()
    test_contract(bench)
    test_wrong_build(bench)
    test_libfuzzer(bench)
    test_afl(bench)
    bench.done()


if __name__ == '__main__':
    main()
