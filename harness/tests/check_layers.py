#!/usr/bin/env python3
"""Fails when an #include in harness/ points upward between layers, or the harness names libmodbus.

Layers, top first; a file may include its own layer and those below it (design: "Includes point
downward only"). `check_layers.py [FOLDER]`; --self-test proves that the check can fail."""
import pathlib
import re
import sys
import tempfile

RANK = {
    "cli": 9, "fuzz": 9, "bundle": 8, "report": 7, "criteria": 6, "engine": 5,
    "device": 4, "link": 4, "oracle": 4, "record": 4,
    "generate": 3, "model": 2, "core": 1, "plugin": 1,
}
# Same rank, but one stands on the other: oracles judge what devices show.
# The programs of fuzz read their command lines as percuss does.
BESIDE = {("oracle", "device"), ("fuzz", "cli")}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


def violations(harness):
    for path in sorted(harness.rglob("*.[ch]")):
        layer = path.relative_to(harness).parts[0]
        if layer not in RANK:
            continue
        for name in INCLUDE.findall(path.read_text()):
            if "modbus" in name:
                yield f"{path}: includes <{name}>: the harness knows no protocol library"
            other = name.split("/")[0]
            if "/" not in name or other not in RANK or other == layer:
                continue
            if RANK[other] < RANK[layer] or (layer, other) in BESIDE:
                continue
            yield f"{path}: {layer} may not include {name}"


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        core = pathlib.Path(folder) / "core"
        core.mkdir()
        (core / "a.c").write_text('#include "engine/engine.h"\n#include <modbus/modbus.h>\n')
        assert len(list(violations(pathlib.Path(folder)))) == 2
        (core / "a.c").write_text('#include "core/b.h"\n')
        assert not list(violations(pathlib.Path(folder)))


def main():
    self_test()
    default = pathlib.Path(__file__).resolve().parent.parent
    found = list(violations(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default))
    print("\n".join(found) or "includes point downward")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
