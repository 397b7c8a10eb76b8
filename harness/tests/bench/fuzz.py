"""What the model-aware mutator costs libFuzzer: executions a second, beside plain libFuzzer.

Each program runs so many inputs, one engine after the other with the same seed number, on its
seeds, with libFuzzer's defaults, and keeps nothing on the disk. A second is one of the program's
CPU time: what else the machine does counts for nobody. A mutated input that is right costs the
target more than one that it refuses at once: that is part of the ratio, and blocks covered stand
beside it.
"""
import glob
import os
import re
import resource
import statistics
import subprocess
import zipfile

TARGETS = {"modbus": ("libmodbus through a socketpair", 100_000, 0.9),
           "modbus_direct": ("libmodbus, modbus_reply directly", 400_000, 0.6)}
ENGINES = {"plain": "", "model": "_model"}


def seeds_of(programs, name, work):
    folder = os.path.join(work, name)
    os.makedirs(folder, exist_ok=True)
    with zipfile.ZipFile(os.path.join(programs, f"{name}_seed_corpus.zip")) as archive:
        archive.extractall(folder)
    return [path for path in glob.glob(os.path.join(folder, "**"), recursive=True)
            if os.path.isfile(path)]


def run(program, executions, seed, seeds):
    """(executions a CPU second, blocks covered)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [program, f"-runs={executions}", f"-seed={seed}", "-seed_inputs=" + ",".join(seeds)],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, errors="replace")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    covered = re.search(r"DONE +cov: (\d+)", done.stderr)
    if done.returncode or not covered:
        raise RuntimeError(f"{program}: exit {done.returncode}: {done.stderr[-500:]}")
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return executions / seconds, int(covered.group(1))


def measure(programs, work, runs, quick, say):
    """A row a target."""
    rows = []
    for name, (title, executions, goal) in TARGETS.items():
        seeds = seeds_of(programs, name, work)
        executions //= 4 if quick else 1
        rates = {engine: [] for engine in ENGINES}
        blocks = {engine: [] for engine in ENGINES}
        for seed in range(1, runs + 1):
            for engine, suffix in ENGINES.items():
                rate, covered = run(os.path.join(programs, name + suffix), executions, seed, seeds)
                rates[engine].append(rate)
                blocks[engine].append(covered)
            say(f"  {title}, run {seed}: ratio {rates['model'][-1] / rates['plain'][-1]:.2f}")
        ratios = [m / p for m, p in zip(rates["model"], rates["plain"])]
        rows.append({"target": name, "title": title, "executions": executions, "goal": goal,
                     "exec_per_cpu_s": {e: statistics.median(r) for e, r in rates.items()},
                     "blocks": {e: statistics.median(b) for e, b in blocks.items()},
                     "ratio": statistics.median(ratios), "ratios": ratios})
    return rows


def show(rows, mutator_ns):
    print("\nlibFuzzer, exec/s of CPU time       |   plain   | with model | ratio | goal | blocks "
          "plain, model | each run")
    for row in rows:
        rate, blocks = row["exec_per_cpu_s"], row["blocks"]
        print(f"{row['title']:<35} | {rate['plain']:>9,.0f} | {rate['model']:>10,.0f} | "
              f"{row['ratio']:>5.2f} | {row['goal']:>4} | {blocks['plain']:>12.0f}, "
              f"{blocks['model']:>5.0f} | " + " ".join(f"{r:.2f}" for r in sorted(row["ratios"])))
    print(f"one mutation of a Modbus request, all ways as they come: {mutator_ns} ns (goal 1,000)")
