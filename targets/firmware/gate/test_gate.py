#!/usr/bin/env python3
"""Proves the gate's firmware under QEMU: its line, that no answer tells of the key, and DEFECTS.md.

usage: test_gate.py FOLDER     (FOLDER holds the two gate-*.elf)
Exit status: the number of failed checks, at most 100.
"""
import os
import sys

sys.dont_write_bytecode = True  # leave the source folder as it was
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "board"))
from emulator import Emulator, faults, prove

KEY = ":01025EB3\r\n"


class Gate(Emulator):
    def ask(self, line, seconds=2.0):
        """The next line; "" for silence."""
        self.port.sendall(line.encode())
        return self.collect(seconds, lambda reply: reply.endswith(b"\n")).decode()

    def tell(self, line):
        """What is not answered, and a ping behind it that is."""
        return self.ask(line + ":7F010000\r\n")

    def is_alive(self):
        return self.ask(":05010000\r\n") == ":058100\r\n"


def check_line(check, g, name):
    check(f"{name}: ping", g.ask(":07011234\r\n") == ":078100\r\n")
    for line in (":0701123\r\n", ":07\r\n", ":0701123g\r\n", ":07011234\n", "07011234\r\n",
                 ":" + "07" * 17 + "\r\n", ":07011234\r \n"):
        reply = g.tell(line)
        check(f"{name}: {line!r} is ignored", reply == ":7F8100\r\n", reply)
    check(f"{name}: a colon begins anew", g.ask(":0702:07011234\r\n") == ":078100\r\n")
    for line, reply in ((":070112\r\n", ":078101\r\n"), (":0702123456\r\n", ":078201\r\n"),
                        (":0705\r\n", ":078501\r\n")):
        check(f"{name}: {line!r} is refused", g.ask(line) == reply)


def check_key(check, g, name):
    """Every key that is right up to a place is refused as any other."""
    for key in ("0000", "5000", "5E00", "5EB0", "5EB4", "0EB3"):
        check(f"{name}: key {key}", g.ask(f":0102{key}\r\n") == ":018201\r\n" and g.is_alive())


DEFECTS = [("G01", "the right key", lambda g: g.ask(KEY, 0.3) or None, faults,
            lambda g, reply: (reply == ":018201\r\n" and g.is_alive(), reply))]

if __name__ == "__main__":
    sys.exit(prove(Gate, "gate 1.0", [check_line, check_key], [], DEFECTS, __doc__))
