#!/usr/bin/env python3
"""scripts/bench bugs [--runs N] [--limit SECONDS] [--bug NAME,...] [--engine NAME,...]
                   [--seeds with|without|both] [--json] [--append FILE]

Time until a known defect is found, in what upstream's original tarballs have and anyone on the wire
can reach, by each engine on its own on this machine:

libfuzzer    plain libFuzzer                     libfuzzer+model  with percuss's mutator
afl          plain AFL++ (persistent mode)       afl+model        with percuss's mutator
percuss      `percuss run`, over TCP or UDP, on the server's own process, with all its oracles:
             what else is suspected on the way is confirmed and minimised in between, too
percuss+san  the same with the oracle `sanitizer` alone, which is all that the others have

all with AddressSanitizer, the in-process engines with the same target and dictionary; --seeds with
(default): one valid seed of every message; without: none (AFL++, which needs one, gets a line feed).
A run ends when the defect is found, or after --limit (120 s). Start-up counts. N (5) runs, seeded
1 to N.

A defect is known by what the sanitizer says: the kind of error and the functions on its stack; and
in process, where Debian's patches mend it, by the patched library, which must not fail on the same
input. What else is found (other defects are) counts for nothing: the engine goes on, libFuzzer in a
new process with what it has learnt. The time is that of the sanitizer's report; for AFL++ that of
the file with the failing input; for percuss that at which the finding's failure was first seen.

Median over all runs, those that did not find it as later than the limit; and the range of the times
of those that did. `--bug` takes beginnings of names. `--append` adds each row to FILE as soon as it
is measured, one line of JSON, so that a table may be measured in parts.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from known_bugs import BUGS, MQTT_FILE  # noqa: E402

PROJECT = pathlib.Path(__file__).resolve().parents[3]
BUILD = PROJECT / "build" / "release"
FUZZERS = PROJECT / "build" / "fuzzers"
TARGETS = PROJECT / "targets"
WORK = PROJECT / "build" / "bench" / "bugs"
ENGINES = ["libfuzzer", "libfuzzer+model", "afl", "afl+model", "percuss", "percuss+san"]


def die(text):
    print(f"bench: {text}", file=sys.stderr)
    sys.exit(1)


def asan_options(bug, *options):
    return ":".join(option for option in (*options, bug.asan) if option)


def stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def words_on(program, path, bug):
    """What a program's sanitizer says about one input, '' when it says nothing."""
    environment = dict(os.environ, ASAN_OPTIONS=asan_options(bug))
    done = subprocess.run([program, path], env=environment, stdout=subprocess.DEVNULL, timeout=60,
                          stderr=subprocess.PIPE, text=True, errors="replace", check=False)
    return done.stderr if done.returncode else ""


def is_it(bug, path):
    """Whether this failing input shows the defect: by the original's words, and the patched one."""
    if not bug.report.search(words_on(FUZZERS / "libfuzzer-original" / bug.target, path, bug)):
        return False
    return not bug.mended or not words_on(FUZZERS / "libfuzzer" / bug.target, path, bug)


# --- engines: each returns seconds, or None -----------------------------------------------------

def seed_folder(bug, seeds):
    if seeds:
        return FUZZERS / "work-libfuzzer-original" / "inputs" / bug.target
    bare = WORK / "bare"
    bare.mkdir(parents=True, exist_ok=True)
    (bare / "line-feed").write_bytes(b"\n")
    return bare


def first_report(process):
    """When the sanitizer's report began; None: the process ended without one."""
    began = None
    for line in process.stderr:
        if began is None and (b"ERROR: " in line or b"libFuzzer: " in line):
            began = time.monotonic()
    process.wait()
    return began


def run_libfuzzer(bug, seed, seeds, limit, out, model):
    folder = FUZZERS / "libfuzzer-original"
    command = [folder / (bug.target + ("_model" if model else "")),
               f"-dict={folder / bug.target}.dict", "-timeout=10", "-max_len=4096",
               f"-artifact_prefix={out}/", out / "corpus"]
    (out / "corpus").mkdir()
    if seeds:
        command.append(seed_folder(bug, True))
    environment = dict(os.environ, ASAN_OPTIONS=asan_options(bug))
    began, attempt = time.monotonic(), 0
    while (left := limit - (time.monotonic() - began)) >= 1:
        process = subprocess.Popen(
            [*map(str, command), f"-max_total_time={int(left)}", f"-seed={seed + 1000 * attempt}"],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        found = first_report(process)
        for path in [path for path in out.iterdir() if path.is_file()]:
            if found and is_it(bug, path):
                return found - began
            path.unlink()
        attempt += 1
    return None


def run_afl(bug, seed, seeds, limit, out, model):
    environment = dict(
        os.environ, AFL_SKIP_CPUFREQ="1", AFL_NO_AFFINITY="1", AFL_NO_UI="1", AFL_QUIET="1",
        AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES="1",
        ASAN_OPTIONS=asan_options(bug, "abort_on_error=1:symbolize=0:detect_leaks=0"))
    if model:
        environment["AFL_CUSTOM_MUTATOR_LIBRARY"] = str(BUILD / "libpercuss-afl-mutator.so")
        program = FUZZERS / "libfuzzer-original" / (bug.target + "_model")
        environment["PERCUSS_MODEL"] = f"{program}.ksy"
        environment["PERCUSS_SESSION"] = f"{program}.session.yaml"
    began = time.time()
    process = subprocess.Popen(
        ["afl-fuzz", "-i", str(seed_folder(bug, seeds)), "-o", str(out), "-s", str(seed), "-V",
         str(limit), "-m", "none", "-t", "10000", "-x", f"{FUZZERS / 'afl-original' / bug.target}.dict",
         "--", str(FUZZERS / "afl-original" / bug.target)],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seen = set()
    try:
        while time.time() - began < limit + 5:
            ended = process.poll() is not None
            for path in sorted((out / "default" / "crashes").glob("id*")):
                if path not in seen and is_it(bug, path):
                    return max(path.stat().st_mtime - began, 0)
                seen.add(path)
            if ended:
                break
            time.sleep(0.01)
    finally:
        stop(process)
    if not (out / "default" / "fuzzer_stats").exists():
        die(f"afl-fuzz did not start on {bug.target}")
    return None


def first_bytes_sent(reproducer):
    """The first byte that went over each connection of a finding's minimised reproducer."""
    with open(reproducer, encoding="utf-8") as file:
        wire = json.load(file)["wire"] or []
    first, opened = [], False
    for event in wire:
        if event["event"] == "sent" and opened:
            first.append(int(event["bytes"][:2] or "0", 16))
        opened = event["event"] == "opened" or (opened and event["event"] != "sent")
    return first


def found_by_percuss(bug, out):
    try:
        store = sqlite3.connect(f"file:{out}/campaign.db?mode=ro", uri=True, timeout=1)
        rows = store.execute("SELECT found_after_s, detail, reproducer FROM finding WHERE "
                             "oracle = 'sanitizer' ORDER BY found_after_s").fetchall()
        store.close()
    except sqlite3.Error:
        return None
    for after, detail, reproducer in rows:
        if bug.report.search(detail) and (not bug.first or
                                          any(map(bug.first, first_bytes_sent(out / reproducer)))):
            return after
    return None


def run_percuss(bug, seed, _seeds, limit, out, only_sanitizer):
    campaign = out / "campaign.yaml"
    campaign.write_text(
        f"# Written by scripts/bench bugs.\ncampaign: {bug.name.lower()}\ntitle: {bug.name}\n"
        f"interface: {bug.target}\n" +
        bug.server.format(targets=TARGETS, project=PROJECT, build=BUILD, asan=bug.asan,
                          out=out) +
        ("oracles: [sanitizer]\n" if only_sanitizer else ""),
        encoding="utf-8")
    (out / "mosquitto.conf").write_text(MQTT_FILE, encoding="ascii")
    run = out / "run"
    began = time.monotonic()
    process = subprocess.Popen(
        [BUILD / "percuss", "run", campaign, "--out", run, "--quiet", "--time", f"{limit}s",
         "--seed", str(seed)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        while process.poll() is None and time.monotonic() - began < limit + 30:
            found = found_by_percuss(bug, run)
            if found is not None:
                return found
            time.sleep(0.1)
    finally:
        stop(process)
    if process.returncode not in (0, 1, 3, -signal.SIGTERM):
        die(f"percuss run: exit {process.returncode}: {process.stderr.read().strip()}")
    return found_by_percuss(bug, run)


def run_once(bug, engine, seed, seeds, limit):
    out = WORK / bug.name / f"{engine}-{'seeds' if seeds else 'bare'}" / str(seed)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    base, _, more = engine.partition("+")
    run = {"libfuzzer": run_libfuzzer, "afl": run_afl, "percuss": run_percuss}[base]
    found = run(bug, seed, seeds, limit, out, bool(more))
    return found if found is not None and found <= limit else None


# --- the table ----------------------------------------------------------------------------------

def summary(times, limit):
    found = sorted(t for t in times if t is not None)
    median = statistics.median([limit * 2 if t is None else t for t in times])
    return {"found": len(found), "runs": len(times), "median_s": median if median <= limit else None,
            "least_s": found[0] if found else None, "most_s": found[-1] if found else None,
            "times_s": times}


def text_of(row, limit):
    if "blind" in row:
        return f"cannot: {row['blind']}"
    if not row["found"]:
        return f"0/{row['runs']}"
    median = f"{row['median_s']:.2f} s" if row["median_s"] is not None else f"> {limit} s"
    return (f"{row['found']}/{row['runs']}  {median} "
            f"({row['least_s']:.2f}-{row['most_s']:.2f})")


def measure(bug, engine, seeds, options):
    row = {"bug": bug.name, "engine": engine, "seeds": seeds}
    if engine in bug.blind:
        row["blind"] = bug.blind[engine]
    else:
        times = [run_once(bug, engine, seed, seeds, options.limit)
                 for seed in range(1, options.runs + 1)]
        row.update(summary(times, options.limit))
    if not options.json:
        print(f"{engine:<16} {'seeds' if seeds else 'none':<6} {text_of(row, options.limit)}",
              flush=True)
    if options.append:
        with open(options.append, "a", encoding="utf-8") as file:
            print(json.dumps({**row, "limit_s": options.limit}), file=file)
    return row


def applies(bug, engine, seeds):
    if engine.startswith("percuss"):  # it has a session, and no seeds
        return bug.server is not None and seeds
    return True


def parse_options():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--help", "-h", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--append")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--limit", type=int, default=120)
    parser.add_argument("--bug", default="")
    parser.add_argument("--engine", default="")
    parser.add_argument("--seeds", choices=("with", "without", "both"), default="with")
    options = parser.parse_args()
    if options.help:
        print(__doc__, end="")
        sys.exit(0)
    options.bugs = [bug for bug in BUGS
                    if any(bug.name.startswith(name) for name in options.bug.split(","))]
    options.engines = [engine for engine in ENGINES if not options.engine or
                       engine in options.engine.split(",")]
    if not options.bugs or not options.engines:
        die(f"bugs are {', '.join(bug.name for bug in BUGS)}; engines are {', '.join(ENGINES)}")
    return options


def needed_for(options):
    """(command, folder, files) for all that the chosen bugs and engines run; the command takes the
    names of files as what to build, where it takes any."""
    engines = {engine.partition("+")[0] for engine in options.engines}
    targets = {bug.target for bug in options.bugs}
    fuzzers = "scripts/build-fuzzers"
    if engines != {"percuss"}:  # what AFL++ finds is told by libFuzzer's program
        yield ([fuzzers], FUZZERS / "libfuzzer", {bug.target for bug in options.bugs if bug.mended})
        yield ([fuzzers, "--sources", "original"], FUZZERS / "libfuzzer-original",
               targets | {f"{target}_model" for target in targets})
    if "afl" in engines:
        yield ([fuzzers, "--engine", "afl", "--sources", "original"], FUZZERS / "afl-original",
               targets)
    build = ["cmake", "--build", "--preset", "release", "--target"]
    yield (build + ["all"], BUILD, {"percuss", "libpercuss-afl-mutator.so"})
    if "percuss" in engines:
        yield (build, BUILD / "devices", {name for bug in options.bugs for name in
                                          re.findall(r"{build}/devices/([\w-]+)", bug.server or "")})


def prepare(options):
    """Builds what is missing: without output, since the table is what is asked for."""
    for command, folder, files in needed_for(options):
        missing = sorted(name for name in files if not (folder / name).exists())
        if not missing:
            continue
        if command[-1] != "all":
            command = command + missing
        done = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0 or not all((folder / name).exists() for name in missing):
            die(f"{' '.join(command)}: {done.stdout[-2000:]}")


def main():
    options = parse_options()
    prepare(options)
    rows = []
    choices = {"with": [True], "without": [False], "both": [True, False]}[options.seeds]
    for bug in options.bugs:
        wanted = [(engine, seeds) for seeds in choices for engine in options.engines
                  if applies(bug, engine, seeds)]
        if wanted and not options.json:
            print(f"\n{bug.name}: {bug.what}\n"
                  f"engine           seeds  found  median (range), {options.limit} s limit")
        rows += [measure(bug, engine, seeds, options) for engine, seeds in wanted]
    if options.json:
        print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
