"""The official parser: Python classes made by the Kaitai Struct compiler, run on one message.

Two things about the generated text are changed, and nothing else: a broken `valid` or `contents`
is noted where it would be raised, so that what follows is compared as well; and texts keep bytes
that their encoding does not know."""
import dataclasses
import importlib
import io
import os
import pathlib
import re
import subprocess
import sys

import kaitaistruct

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import npm  # noqa: E402


class Position(int):
    """A position that knows whether it is inside a byte."""
    bits = 0


class Stream(kaitaistruct.KaitaiStream):
    def pos(self):
        position = Position(self._io.tell())
        if self.bits_left:
            position.bits = self.bits_left
        return position


NUMBERS = set()  # names of the classes whose types have -percuss-codec: one number each
NOTES = []  # (object, where in its .ksy) of every broken rule of the message at hand

kaitaistruct.KaitaiStream = Stream
kaitaistruct.KaitaiStruct._note = lambda item, error: NOTES.append((item, error.src_path))


@dataclasses.dataclass
class Leaf:
    path: str
    value: object
    start: int
    end: int


@dataclasses.dataclass
class Parse:
    leaves: list = dataclasses.field(default_factory=list)
    broken: list = dataclasses.field(default_factory=list)  # paths whose rule does not hold
    stop: str = None  # the path where an exception ended the parse
    stop_start: int = 0
    between: bool = False  # it was raised by an expression between two fields
    error: str = ""
    unread: set = dataclasses.field(default_factory=set)  # streams that are not at their end
    embedded: list = dataclasses.field(default_factory=list)  # (class, bytes) of imported types


def install(project):
    """The compiler's packages in build/kaitai; does nothing when they are there."""
    try:
        return npm.install(pathlib.Path(__file__).parent / "package.json",
                           project / "build" / "kaitai")
    except RuntimeError as error:
        raise SystemExit(f"differential: {error}") from error


def rewrite(path):
    text = path.read_text()
    text = re.sub(r"raise (kaitaistruct\.Validation\w+\(.*\))$", r"self._note(\1)",
                  text, flags=re.M)
    text = re.sub(r'\.decode\(u"(ASCII|UTF-?8)"\)', r'.decode(u"\1", "surrogateescape")', text,
                  flags=re.IGNORECASE)
    path.write_text(text)


def compile_models(project, out, models):
    """Compiles {folder: [names]} into OUT and returns {name: module}."""
    packages = install(project)
    script = pathlib.Path(__file__).parent / "compile.js"
    out.mkdir(parents=True, exist_ok=True)
    for folder, names in models.items():
        for name in names:
            text = (pathlib.Path(folder) / f"{name}.ksy").read_text()
            NUMBERS.update(found.title().replace("_", "") for found in re.findall(
                r"^ +(\w+):\n +-percuss-codec:", text, re.M))
    for old in out.glob("*.py"):
        old.unlink()
    for folder, names in models.items():
        done = subprocess.run(["node", script, out, folder, *names], capture_output=True, text=True,
                              env=os.environ | {"NODE_PATH": str(packages)},
                              check=False)
        if done.returncode:
            raise SystemExit(f"differential: the official compiler refuses {done.stderr.strip()}")
    for path in out.glob("*.py"):
        rewrite(path)
    sys.path.insert(0, str(out))
    sys.dont_write_bytecode = True
    return {name: importlib.import_module(name) for names in models.values() for name in names}


def root_class(module):
    return getattr(module, "".join(part.capitalize() for part in module.__name__.split("_")))


def parameters(module):
    """Of the root type: names, in the constructor's order."""
    code = root_class(module).__init__.__code__
    names = code.co_varnames[1:code.co_argcount]
    return names[:names.index("_io")]


def argument(module, entry, value):
    """What the constructor takes for a value as percuss has it; `entry` is of `percuss model`."""
    if entry["type"] == "bytes":
        return bytes.fromhex(value.removeprefix("hex:"))
    if "enum" not in entry:
        return value
    name = "".join(part.capitalize() for part in entry["enum"].split("_"))
    return kaitaistruct.KaitaiStream.resolve_enum(getattr(root_class(module), name), value)


class Parser:
    """One model in one direction and context. `roots` are the classes of all models; `context`
    is {param: value}, and `entries` describe the params."""

    def __init__(self, module, reply, roots, entries, context):
        self.root = root_class(module)
        self.reply = reply
        self.roots = roots
        self.context = context
        values = {entry["name"]: argument(module, entry, context[entry["name"]])
                  for entry in entries}
        self.arguments = [reply if name == "is_reply" else values[name]
                          for name in parameters(module)]
        self.data = b""

    def parse(self, data):
        NOTES.clear()
        stream = Stream(io.BytesIO(data))
        root = self.root(*self.arguments, stream)
        parse, chain = Parse(), []
        self.data = data
        try:
            root._read()
        except Exception as error:  # pylint: disable=broad-except
            parse.error = f"{type(error).__name__}: {error}"
            chain = frames(error)
        self.walk(parse, root, "", 0, chain)
        if chain and parse.stop is None:
            parse.stop, parse.between = "", True
        if parse.stop is None:
            self.note_unread(parse, root, "")
        return parse

    def walk(self, parse, item, path, base, chain):
        """Collects the leaves of `item`, whose stream starts at byte `base` of the message."""
        broken = {source for owner, source in NOTES if owner is item}
        chain = chain[1:]
        for number, name in enumerate(item.SEQ_FIELDS):
            spot = item._debug.get(name)
            if spot is None:
                continue
            here = f"{path}.{name}" if path else name
            if any(source.endswith(f"/seq/{number}") for source in broken):
                parse.broken.append(here)
            value = getattr(item, name, None)
            if isinstance(value, list):
                self.walk_array(parse, item, value, here, spot, base, chain)
            else:
                self.walk_value(parse, item, value, here, spot, base, chain)

    def walk_array(self, parse, item, values, path, spot, base, chain):
        for index, place in enumerate(spot.get("arr", [])):
            here = f"{path}[{index}]"
            value = values[index] if index < len(values) else None
            self.walk_value(parse, item, value, here, place, base, chain)
        if "end" not in spot and parse.stop is None:
            parse.stop, parse.stop_start = path, base + spot["start"]

    def walk_value(self, parse, item, value, path, spot, base, chain):
        start = base + spot["start"] - (spot["start"].bits > 0)
        complete = "end" in spot
        if not complete and chain:
            value = chain[0]
        if type(value).__name__ in NUMBERS:
            self.walk_number(parse, value, path, spot, base)
        elif isinstance(value, kaitaistruct.KaitaiStruct):
            own = value._io is not item._io
            outer = self.data
            processed = hasattr(item, "_raw__raw_" + path.rsplit(".", 1)[-1])
            if processed:
                # what the bytes hold is decoded: offsets count from its start
                self.data = getattr(item, "_raw_" + path.rsplit(".", 1)[-1], b"")
            self.walk(parse, value, path, 0 if processed else start if own else base,
                      chain if not complete else [])
            self.data = outer
            if complete and own:
                self.note_unread(parse, value, path)
            if complete and isinstance(value, self.roots):
                parse.embedded.append((type(value), self.data[start:base + spot["end"]]))
        elif complete and value is not None:
            parse.leaves.append(Leaf(path, plain(value), start, base + spot["end"]))
        if not complete and parse.stop is None:
            parse.stop, parse.stop_start, parse.between = path, start, bool(chain)

    def walk_number(self, parse, value, path, spot, base):
        inner = Parse()
        self.walk(inner, value, path, base, [])
        if "end" in spot:
            start, end = base + spot["start"], base + spot["end"]
            number = self.data[start:end] if inner.broken else value.value
            parse.leaves.append(Leaf(path, number, start, end))
        elif parse.stop is None:
            parse.stop, parse.stop_start = path, base + spot["start"]
        if inner.broken:
            parse.broken.append(path)

    @staticmethod
    def note_unread(parse, item, path):
        item._io.align_to_byte()
        if not item._io.is_eof():
            parse.unread.add(path)


def plain(value):
    """Integers and bytes, whatever the generated code makes of them."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, (bytes, float)):
        return value
    return int(getattr(value, "value", value))


def frames(error):
    """The objects that were being read, outermost first."""
    chain, trace = [], error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_name == "_read":
            chain.append(trace.tb_frame.f_locals["self"])
        trace = trace.tb_next
    return chain
