#!/usr/bin/python3
"""differential.py PERCUSS BUILD [--mutations N] [--cases N] [--seed N] [--model ID]

Parses the same messages with percuss and with the parser that the official Kaitai Struct compiler
makes of the same .ksy file, and compares them field by field. README.md says what agreement means.
Messages: every file of corpora/, the cases 1 to N of every campaign, and N mutations of them a
model (default 10,000), which follow from the seed. Exit 1 on a disagreement, with the input."""
import argparse
import concurrent.futures
import functools
import itertools
import json
import multiprocessing
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import agreement
import mutate
import official

PROJECT = pathlib.Path(__file__).resolve().parents[3]
OWN_MODELS = pathlib.Path(__file__).resolve().parent / "models"
STRANGER = PROJECT / "harness/tests/end-to-end/stranger"
# Contexts that a model is compared in besides its defaults.
CONTEXTS = {
    "dicom_ul": [{"transfer_syntax": f"1.2.840.10008.1.2.{last}"} for last in ("1", "2", "1.99")],
    "dicom_data": [{"transfer_syntax": f"1.2.840.10008.1.2.{last}"} for last in ("1", "2")],
    "ieee11073": [{"configuration": number} for number in (0x4000, 0x0190, 7)],
    "contexts": [{"unit": 2, "bias": -3, "mark": "hex:2a2a", "strict": True},
                 {"unit": 9, "syntax": "BE"}],
}
SHOWN = 5  # disagreements printed a model
BATCH = 1000  # messages
MODELS = {}  # by name: see run_all


def find_models():
    """{folder: [names]} of every shipped .ksy file and of the test's own."""
    models = {}
    for root in (PROJECT / "targets", OWN_MODELS, STRANGER):
        for path in sorted(root.rglob("*.ksy")):
            models.setdefault(path.parent, []).append(path.stem)
    return models


def corpus_of(folder):
    """The messages in corpora/<protocol>, for a folder below targets/<protocol>."""
    if PROJECT / "targets" not in folder.parents:
        lines = "".join(path.read_text() for path in sorted(folder.glob("*.hex")))
        return [bytes.fromhex(line) for line in lines.splitlines()]
    protocol = folder.relative_to(PROJECT / "targets").parts[0]
    root = PROJECT / "corpora" / protocol
    files = sorted(p for part in ("seeds", "regress") for p in (root / part).rglob("*"))
    return [path.read_bytes() for path in files if path.is_file()]


def cases_of(percuss, folder, count):
    """{model: messages} of what the campaigns in `folder` would send."""
    messages = {}
    for campaign in sorted(folder.glob("campaigns/*.yaml")) if count else []:
        model = re.search(r"^\s*model:\s*(?:\S*/)?(\w+)\.ksy", campaign.read_text(), re.M)[1]
        lines = subprocess.run([percuss, "cases", campaign, "--number", f"1-{count}", "--json"],
                               check=True, capture_output=True, text=True).stdout
        for line in lines.splitlines():
            for message in json.loads(line)["messages"]:
                messages.setdefault(model, []).append(bytes.fromhex(message["bytes"]))
    return messages


def facts_of(percuss, path):
    """What percuss understood of a model; None when its params have no default."""
    done = subprocess.run([percuss, "model", path, "--json"], capture_output=True, text=True,
                          check=False)
    if done.returncode == 2 and "-percuss-default" in done.stderr:
        return None
    done.check_returncode()
    return json.loads(done.stdout)


def signature(parse):
    """What is new about a message: fields it has, rules it breaks, where it ends."""
    marks = {"field " + re.sub(r"\[\d+\]", "[]", leaf.path) for leaf in parse.leaves}
    marks |= {"broken " + re.sub(r"\[\d+\]", "[]", path) for path in parse.broken}
    marks.add(f"stop {re.sub('[0-9]+', '', str(parse.stop))} {parse.error.split(':')[0]}")
    return marks


class Pool:
    """Messages to mutate: the given ones, and every mutation that shows something new."""

    def __init__(self, parser):
        self.parser, self.marks, self.parents = parser, set(), []

    def take(self, messages):
        """(message, parse) of each."""
        for message in messages:
            parse = self.parser.parse(message)
            self.add(message, parse)
            yield message, parse

    def add(self, message, parse):
        fresh = signature(parse) - self.marks
        if fresh:
            self.marks |= fresh
            self.parents.append(message)

    def mutations(self, chance, count):
        """(message, parse) of each."""
        for _ in range(count):
            message = mutate.mutate(chance, self.parents)
            parse = self.parser.parse(message)
            self.add(message, parse)
            yield message, parse


def contexts_of(name, entries):
    """The defaults, and what CONTEXTS says besides."""
    defaults = {entry["name"]: entry["default"] for entry in entries}
    return [defaults] + [defaults | context for context in CONTEXTS.get(name, ())]


class Model:
    def __init__(self, path, module, roots, facts):
        self.path, self.name = path, path.stem
        self.imports = re.search(r"^ +imports:", path.read_text(), re.M)
        directions = (False, True) if facts["direction"] else (False,)
        self.parsers = [official.Parser(module, reply, roots, facts["context"], context)
                        for context in contexts_of(self.name, facts["context"])
                        for reply in directions]
        self.defaults = self.parsers[0].context
        self.corpus, self.cases = {b"": None}, {}
        self.opened = set()  # (parser, seed) whose embedded messages are known
        self.messages = self.fields = self.stops = self.disagreements = 0

    def seeds(self, parser):
        """Cases are many: they are read with the defaults only."""
        return list(self.corpus | self.cases if parser.context == self.defaults else self.corpus)

    def embedded(self):
        """(class, bytes, whether it is of the corpus) of every message of an imported model
        inside the seeds that were not asked before."""
        for parser in self.parsers if self.imports else ():
            for seed in self.seeds(parser):
                if (parser, seed) in self.opened:
                    continue
                self.opened.add((parser, seed))
                for owner, data in parser.parse(seed).embedded:
                    yield owner, data, seed in self.corpus

    def check(self, decoder, parser, pairs):
        """`pairs`: (message, parse by the official parser); so many at a time that percuss's start
        costs little and their parses fit in memory."""
        pairs = iter(pairs)
        while batch := list(itertools.islice(pairs, BATCH)):
            lines = decoder(self.path, [message for message, _ in batch], parser)
            for (message, theirs), line in zip(batch, lines, strict=True):
                self.compare(parser, message, theirs, line)

    def compare(self, parser, message, theirs, line):
        self.messages += 1
        self.stops += theirs.stop is not None
        try:
            self.fields += agreement.compare(theirs, json.loads(line))
        except agreement.Disagreement as problem:
            self.disagreements += 1
            if self.disagreements <= SHOWN:
                print(f"{self.name} {parser.context or ''}"
                      f"{' --reply' if parser.reply else ''}: {problem}\n"
                      f"  input {message.hex()}\n  percuss {line}")

    def run(self, decoder, seed, count):
        """Returns (messages, fields, disagreements)."""
        for parser in self.parsers:
            chance = random.Random(f"{seed} {self.name} {parser.reply}")
            pool = Pool(parser)
            self.check(decoder, parser, pool.take(self.seeds(parser)))
            self.check(decoder, parser, pool.mutations(chance, count // len(self.parsers)))
        print(f"{self.name}: {self.messages} messages, {self.fields} fields, "
              f"{self.stops} stopped early, {self.disagreements} disagreements", flush=True)
        return self.messages, self.fields, self.disagreements


def run_all(models, *arguments):
    """The sums over all models; as many at once as there are processors, the longest first."""
    MODELS.update(models)  # parsers cannot be sent to a process, but are there when it is forked
    with concurrent.futures.ProcessPoolExecutor(
            len(os.sched_getaffinity(0)), multiprocessing.get_context("fork")) as processes:
        longest = sorted(models, key=lambda name: -sum(map(len, models[name].cases)))
        counts = [processes.submit(run_one, name, *arguments) for name in longest]
        return [sum(column) for column in zip(*(count.result() for count in counts))]


def run_one(name, *arguments):
    return MODELS[name].run(*arguments)


def as_text(value):
    return str(value).lower() if isinstance(value, bool) else value


def decode(percuss, path, messages, parser):
    """What percuss says of them, a line a message."""
    command = [percuss, "decode", "--model", path, "--json", "--hex-lines", "-"]
    command += ["--reply"] if parser.reply else []
    if parser.context:
        command += ["--context", ",".join(f"{name}={as_text(value)}"
                                          for name, value in parser.context.items())]
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          input="".join(message.hex() + "\n" for message in messages))
    if done.returncode:
        raise SystemExit(f"differential: {path.name}: exit {done.returncode}: {done.stderr}")
    return done.stdout.splitlines()


def prepare(arguments):
    found = find_models()
    with concurrent.futures.ThreadPoolExecutor() as threads:
        cases_in = {folder: threads.submit(cases_of, arguments.percuss, folder, arguments.cases)
                    for folder in found}
        modules = official.compile_models(PROJECT, arguments.build / "differential", found)
    classes = {official.root_class(module): name for name, module in modules.items()}
    models = {}
    for folder, names in found.items():
        corpus = corpus_of(folder)
        cases = cases_in[folder].result()
        for name in names:
            facts = facts_of(arguments.percuss, folder / f"{name}.ksy")
            if not facts:
                continue  # only ever a part of another model
            models[name] = Model(folder / f"{name}.ksy", modules[name], tuple(classes), facts)
            models[name].corpus.update(dict.fromkeys(corpus))
            models[name].cases.update(dict.fromkeys(cases.get(name, [])))
    # An imported model's messages lie inside its importers'; imports nest, hence twice.
    for _ in range(2):
        for model in list(models.values()):
            for owner, data, kept in list(model.embedded()):
                if classes[owner] in models:
                    part = models[classes[owner]]
                    (part.corpus if kept else part.cases)[data] = None
    return models


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[1])
    parser.add_argument("percuss")
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--mutations", type=int, default=10000)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model")
    arguments = parser.parse_args()
    models = prepare(arguments)
    if arguments.model:
        models = {arguments.model: models[arguments.model]}
    messages, fields, disagreements = run_all(
        models, functools.partial(decode, arguments.percuss), arguments.seed, arguments.mutations)
    print(f"{len(models)} models, {messages} messages, {fields} fields, "
          f"{disagreements} disagreements")
    return 1 if disagreements or not fields else 0


if __name__ == "__main__":
    sys.exit(main())
