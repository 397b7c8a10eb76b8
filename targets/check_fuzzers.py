#!/usr/bin/env python3
"""targets/check_fuzzers.py libfuzzer|afl FOLDER NAME...

What OSS-Fuzz asks of the programs that scripts/build-fuzzers has built: each runs on an empty
input and passes its seeds, is instrumented and sanitized, needs no library but the C and C++ ones;
its dictionary and options are read. Ends with 1 and says what fails."""
import configparser
import os
import re
import subprocess
import sys
import tempfile
import zipfile

LIBRARIES = {"linux-vdso", "ld-linux-x86-64", "libc", "libm", "libdl", "librt", "libpthread",
             "libgcc_s", "libstdc++", "libresolv"}
LEAST_EDGES = 200  # fewer: only the entry itself is instrumented, and not the library
LEAST_REACHED = 40


class Failure(Exception):
    pass


def run(*command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", check=False, timeout=120, **more)
    return done.returncode, done.stdout


def expect(condition, what, output=""):
    if not condition:
        raise Failure(what + ("\n" + output[-2000:] if output else ""))


def check_libraries(program):
    needed = {re.split(r"\.so|\s", line.strip().split("/")[-1])[0]
              for line in run("ldd", program)[1].splitlines()}
    expect(needed <= LIBRARIES, f"needs {', '.join(sorted(needed - LIBRARIES))}")


def check_sanitized(program):
    symbols = run("nm", program)[1]
    expect("__asan_report_load1" in symbols, "has no AddressSanitizer")
    return symbols


def check_options(program):
    parser = configparser.ConfigParser()
    expect(parser.read(program + ".options"), "has no .options")
    expect("libfuzzer" in parser, ".options lacks [libfuzzer]")


def unpack(program, folder):
    with zipfile.ZipFile(program + "_seed_corpus.zip") as archive:
        archive.extractall(folder)
    files = sorted(os.path.join(folder, name) for name in os.listdir(folder))
    expect(files, "has no seeds")
    return files


def check_libfuzzer(program, seeds, folder):
    with open(os.path.join(folder, "empty"), "wb") as empty:
        status, output = run(program, "-runs=1", empty.name, cwd=folder)
    expect(status == 0, "fails on an empty input", output)
    edges = re.search(r"\((\d+) inline 8-bit counters\)", output)
    expect(edges and int(edges.group(1)) >= LEAST_EDGES, "is hardly instrumented", output)
    status, output = run(program, *seeds, cwd=folder)
    expect(status == 0, "fails on a seed", output)
    dictionary = program + ".dict"
    words = [f"-dict={dictionary}"] if os.path.exists(dictionary) else []
    # Dictionary and model are read when changes begin. What these find is the library's.
    output = run(program, f"-runs={len(seeds) + 20}", *words, os.path.dirname(seeds[0]),
                 cwd=folder)[1]
    expect("INITED" in output and "percuss's mutator: " not in output, "does not begin", output)
    expect(not words or "Dictionary: " in output, "does not read its dictionary", output)
    return f"{edges.group(1)} edges, {len(seeds)} seeds"


def check_afl(program, seeds, folder):
    with open(program, "rb") as file:
        expect(b"##SIG_AFL_PERSISTENT##" in file.read(), "has no persistent mode")
    with open(os.devnull, "rb") as empty:
        status, output = run(program, "-", stdin=empty, cwd=folder)
    expect(status == 0, "fails on an empty input", output)
    status, output = run(program, *seeds, cwd=folder)
    expect(status == 0, "fails on a seed", output)
    out = os.path.join(folder, "map")
    output = run("afl-showmap", "-q", "-m", "none", "-t", "10000", "-C", "-i",
                 os.path.dirname(seeds[0]), "-o", out, "--", program, cwd=folder)[1]
    expect(os.path.exists(out), "writes no map", output)
    with open(out, encoding="ascii") as lines:
        edges = len(lines.readlines())
    expect(edges >= LEAST_REACHED, f"is hardly instrumented: {edges} edges", output)
    return f"{edges} edges with {len(seeds)} seeds"


def main():
    if len(sys.argv) < 4 or sys.argv[1] not in ("libfuzzer", "afl"):
        print(__doc__, file=sys.stderr)
        return 2
    engine, folder, names = sys.argv[1], sys.argv[2], sys.argv[3:]
    failed = 0
    for name in names:
        program = os.path.join(os.path.abspath(folder), name)
        with tempfile.TemporaryDirectory() as scratch:
            seeds = unpack(program, os.path.join(scratch, "seeds"))
            try:
                check_libraries(program)
                check_sanitized(program)
                check_options(program)
                check = check_libfuzzer if engine == "libfuzzer" else check_afl
                print(f"{name}: {check(program, seeds, scratch)}")
            except Failure as failure:
                print(f"{name} {failure}", file=sys.stderr)
                failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
