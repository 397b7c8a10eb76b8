#!/usr/bin/python3 -B
"""The same plan gives the same bytes whichever compiler built the generator.

Usage: compilers.py BUILD

Builds the generator and its test with gcc and clang, at -O0 and at -O3, below BUILD/compilers, and
holds each against the golden plans in git. A compiler that is not installed is said and left out;
with less than two of them the test fails.
"""
import concurrent.futures
import os
import shutil
import subprocess
import sys

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HARNESS = os.path.join(PROJECT, 'harness')
LAYERS = ('core', 'model', 'generate')
LIBRARIES = ('yaml-0.1', 'libcrypto', 'cmocka', 'jansson')
COMPILERS = ('gcc', 'clang')
LEVELS = ('-O0', '-O3')


def package_flags(which):
    return subprocess.run(['pkg-config', which, *LIBRARIES], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.split()


def sources():
    for layer in LAYERS:
        folder = os.path.join(HARNESS, layer)
        for name in sorted(os.listdir(folder)):
            if name.endswith('.c'):
                yield os.path.join(folder, name)
    yield os.path.join(HARNESS, 'tests', 'unit', 'test_plan.c')


def compile_one(compiler, level, source, folder):
    output = os.path.join(folder, os.path.relpath(source, HARNESS).replace(os.sep, '-') + '.o')
    subprocess.run([compiler, '-std=c17', level, '-D_GNU_SOURCE', f'-I{HARNESS}',
                    f'-DPROJECT_FOLDER="{PROJECT}"',
                    '-DPERCUSS_VERSION="test"', *package_flags('--cflags'), '-c', source, '-o', output],
                   check=True)
    return output


def check(compiler, level, build):
    folder = os.path.join(build, 'compilers', compiler + level)
    program = os.path.join(folder, 'test_plan')
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(lambda source: compile_one(compiler, level, source, folder), sources()))
    subprocess.run([compiler, *objects, '-o', program, *package_flags('--libs'), '-lm'], check=True)
    environment = {key: value for key, value in os.environ.items() if key != 'PERCUSS_GOLDEN'}
    failed = subprocess.run([program], env=environment).returncode != 0
    print(f'{compiler} {level}: {"other cases" if failed else "the golden cases"}', flush=True)
    return failed


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    present = [compiler for compiler in COMPILERS if shutil.which(compiler)]
    for compiler in sorted(set(COMPILERS) - set(present)):
        print(f'{compiler} is not installed')
    failures = [check(compiler, level, sys.argv[1]) for compiler in present for level in LEVELS]
    if len(present) < 2 or any(failures):
        sys.exit(1)


main()
