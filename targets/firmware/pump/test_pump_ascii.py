#!/usr/bin/env python3
"""Proves the pump firmware with an ASCII port under QEMU: what test_pump.py says of requests holds
here too, damaged lines stay unanswered, and every A entry of DEFECTS.md does what it says.

usage: test_pump_ascii.py [--requests N] FOLDER     (FOLDER holds the two pump-ascii-*.elf)
Exit status: the number of failed checks, at most 100.
"""
import argparse
import os
import sys

sys.dont_write_bytecode = True  # leave the source folder as it was
from port import Pump
from emulator import Checks, run_images
from test_pump import H, check_refusals, check_valid_traffic, faults, rate, settings

READ_RATE = H("0300010001")
SET_RATE = H("0600010258")  # 60.0 ml/h


def line(pdu, address=1):
    body = bytes([address]) + pdu
    return b":" + (body + bytes([-sum(body) & 0xFF])).hex().upper().encode() + b"\r\n"


class AsciiPump(Pump):
    """An emulated pump that answers Modbus ASCII."""

    def receive(self, seconds=1.0):
        return self.collect(seconds, lambda reply: reply.endswith(b"\r\n"), pause=1)

    def ask(self, pdu, seconds=1.0, tries=2):
        reply = b""
        while tries > 0 and not reply:
            reply = self.exchange(line(pdu), seconds)
            tries -= 1
        return reply and parse(reply)


def parse(reply):
    """The PDU of a reply; None if it is no line from address 1, written as 2.5.2 wants it."""
    text = reply[1:-2].decode("ascii", "replace")
    if reply[:1] != b":" or reply[-2:] != b"\r\n" or len(text) % 2 or \
            not set(text) <= set("0123456789ABCDEF"):
        return None
    body = bytes.fromhex(text)
    return body[1:-1] if len(body) > 2 and body[0] == 1 and sum(body) % 256 == 0 else None


def quiet(pump, text):
    """Whether the pump has no answer to these characters, and lives."""
    return pump.exchange(text, 0.1) == b"" and pump.is_alive()


def check_framing(check, pump, name):
    read, overlong = line(READ_RATE), line(H("0800") + bytes(254))
    silent = {
        "wrong LRC": read[:-3] + (b"0" if read[-3:-2] != b"0" else b"1") + read[-2:],
        "another address": line(READ_RATE, 2),
        "lower-case digits": line(H("08000000AB")).lower(),
        "a character that is no digit": read[:5] + b"G" + read[6:],
        "an odd number of digits": read[:-2] + b"0\r\n",
        "no digits": b":\r\n",
        "too short": b":01FF\r\n",
        "overlong": overlong,
        "no colon": read[1:],
        "something between CR and LF": read[:-1] + b" \n",
        "no CR": read[:-2] + b"\n",
        "broadcast read": line(READ_RATE, 0),
    }
    for what, text in silent.items():
        check(f"{name}: silence for {what}", quiet(pump, text))
    pump.port.sendall(read[:7])
    check(f"{name}: a colon begins anew", pump.exchange(read, 2) == line(H("030201F4")))
    pump.exchange(read[:7], 0.5)
    check(f"{name}: half a second between characters", pump.exchange(read[7:], 2) != b"")
    pump.exchange(read[:7], 1.5)
    check(f"{name}: no more than a second", quiet(pump, read[7:]))
    check(f"{name}: noise before a colon",
          pump.exchange(b"\r\nnoise 01" + read, 2) == line(H("030201F4")))
    pump.exchange(line(SET_RATE, 0), 0.05)
    check(f"{name}: a broadcast write is obeyed", rate(pump) == 600, rate(pump))
    longest = H("0800 00") + bytes(range(250))
    reply = pump.exchange(line(longest), 2)
    check(f"{name}: the longest line is answered", parse(reply) == longest, reply)


# -------------------------------------------------------------------------------- defects
def sets_rate(pump, reply):
    return parse(reply) == SET_RATE and rate(pump) == 600, f"rate {rate(pump)}"


def a01_faults(pump, reply):
    return faults(pump, None, reply)


# id, what, the characters, judge of the defective image
DEFECTS = [
    ("A01", "overlong line", b":" + b"0" * 600 + b"\r\n", a01_faults),
    ("A02", "half a byte left over", line(SET_RATE)[:-2] + b"7\r\n", sets_rate),
    ("A03", "no LRC", line(SET_RATE)[:-4] + b"00\r\n", sets_rate),
]


def check_defect(check, pump, variant, name, defect):
    number, what, text, judge = defect
    pump.reset()
    before = settings(pump)
    reply = pump.exchange(text, 0.3)
    if variant == "fixed":
        good, detail = (reply == b"" and settings(pump) == before
                        and pump.guest_resets() == 0), reply
    else:
        good, detail = judge(pump, reply)
    check(f"{name}: {number} {what} {'refused' if variant == 'fixed' else 'shows'}", good,
          str(detail or "").strip().split("\n")[-1])


# ------------------------------------------------------------------------------------ run
def check_image(check, folder, variant, board, requests):
    name = f"ascii-{variant}-{board}"
    with AsciiPump(os.path.join(folder, f"pump-{name}.elf"), board) as pump:
        banner = pump.console("reset=")
        check(f"{name}: banner", banner == f"pump 1.2 {variant} reset=power-on\n", banner)
        check_valid_traffic(check, pump, name, requests)
        if variant == "fixed":
            pump.reset()
            check_refusals(check, pump, name)
            pump.reset()
            check_framing(check, pump, name)
            check(f"{name}: never reset itself", pump.guest_resets() == 0)
        for defect in DEFECTS:
            check_defect(check, pump, variant, name, defect)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--requests", type=int, default=1000, help="valid requests per image")
    parser.add_argument("folder")
    options = parser.parse_args()
    return run_images(Checks(), check_image, options.folder, ["an385"], options.requests)


if __name__ == "__main__":
    sys.exit(main())
