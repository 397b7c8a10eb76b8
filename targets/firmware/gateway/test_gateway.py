#!/usr/bin/env python3
"""Proves the gateway's images under QEMU: valid traffic on both ports is answered, and every G entry
of DEFECTS.md is shown by the defective image and refused by the fixed one, without effect.

usage: test_gateway.py FOLDER     (FOLDER holds what build.sh makes)
Exit status: the number of failed checks, at most 100.
"""
import os
import re
import select
import socket
import struct
import sys
import time

sys.dont_write_bytecode = True  # leave the source folder as it was
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "board"))
from emulator import Emulator, prove

APPEND = "console=ttyAMA0 quiet panic=-1 printk.time=0 nokaslr mitigations=off cryptomgr.notests"
READ_RATE, RATE = bytes.fromhex("0300010001"), bytes.fromhex("030201f4")
CONNECTIONS = 8


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def message(pdu, length=None):
    return struct.pack(">HHHB", 1, 0, len(pdu) + 1 if length is None else length, 1) + pdu


class Gateway(Emulator):
    """`port` is its service line."""
    start_seconds = 60.0

    def __init__(self, image, board):
        self.where, self.number = ("127.0.0.1", free_port()), 0
        super().__init__(image, board, (
            "-nic", f"user,restrict=on,ipv6=off,hostfwd=tcp:{self.where[0]}:{self.where[1]}-10.0.2.15:502"))

    def machine(self, image, board):
        stem = re.sub("-[^-]*$", "", image)
        return ["qemu-system-aarch64", "-machine", "virt", "-cpu", "cortex-a53", "-m", "128",
                "-kernel", os.path.join(os.path.dirname(image), "gateway-vmlinuz"),
                "-initrd", stem + ".cpio", "-append", APPEND,
                "-serial", "chardev:console", "-device", "pci-serial,chardev=port"]

    def console(self, wanted, seconds=60.0):
        text = super().console(wanted, seconds)
        return text and text.splitlines()[-1] + "\n"

    def reset(self):
        super().reset()
        time.sleep(0.5)  # the line is open as soon as the banner is there; the console goes on
        self.drain()

    def guest_resets(self):
        return super().guest_resets() + self.text.count("reset=")

    def is_alive(self):
        return self.ask("get rate") == "ok rate=500"

    def ask(self, line, seconds=10.0):
        """The reply to a line without its number, None: none came."""
        self.number = (self.number + 1) % 256
        self.port.sendall(f":{self.number:02X} {line}\r\n".encode())
        reply = self.collect(seconds, lambda reply: reply.endswith(b"\n")).decode("ascii", "replace")
        start = f":{self.number:02X} "
        return reply[len(start):-2] if reply.startswith(start) and reply.endswith("\r\n") else None

    def connect(self):
        return socket.create_connection(self.where, 20)

    def listen(self, seconds=0.0):
        """Reads the console for a while: one that nobody reads stops the machine."""
        end = time.monotonic() + seconds
        while select.select([self.console_socket], [], [], max(0, end - time.monotonic()))[0]:
            self.read_console()

    def read_rate(self):
        """The reply's PDU to a new connection's request, b"": there was none."""
        with self.connect() as one:
            one.settimeout(10)
            one.sendall(message(READ_RATE))
            try:
                return one.recv(300)[7:]
            except OSError:
                return b""

    def holds(self, what):
        """What the console says next of `what`, memory or handles."""
        self.listen(3)
        self.text = ""
        self.console("holds ")
        line = self.console("holds ")
        return int(re.search(what + r"=(\d+)", line).group(1))


# --------------------------------------------------------------------------------- triggers
def abort(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def long_length(device):
    with device.connect() as one:
        one.sendall(message(b"\x08\0\0" + b"A" * 600, 604))
        time.sleep(0.5)


def half_messages(device):
    before = device.holds("memory")
    for _ in range(20):
        with device.connect() as one:
            one.sendall(message(READ_RATE) + b"\0\1\0")
            one.recv(300)
        device.listen()
    return device.holds("memory") - before


def broken_message(device):
    one = device.connect()
    one.sendall(b"\0\1\0")
    time.sleep(0.5)
    abort(one)


def many_connections(device):
    before = device.holds("handles")
    some = []
    for _ in range(CONNECTIONS + 6):
        some.append(device.connect())
        some[-1].sendall(message(READ_RATE))
        some[-1].recv(300)
        device.listen()
    for one in some:
        one.close()
    return device.holds("handles") - before


# ----------------------------------------------------------------------------------- judges
def starts_anew(pattern):
    def judge(device, _):
        line = device.console(pattern)
        banner = line and device.console("reset=")
        return bool(banner) and device.is_alive() and device.read_rate() == RATE, line
    return judge


def says(expected):
    return lambda device, reply: (reply == expected and device.is_alive(), reply)


def unharmed(device, _):
    return device.is_alive() and device.read_rate() == RATE, ""


def grown(least):
    return lambda device, growth: (growth >= least, growth)


def not_grown(most):
    return lambda device, growth: (growth <= most and device.read_rate() == RATE, growth)


def line(text):
    return lambda device: device.ask(text)


def restarts_program(device, reply):
    return starts_anew("FAULT SIG")(device, reply)


DEFECTS = [
    ("G01", "MBAP length", long_length, restarts_program, unharmed),
    ("G02", "half messages", half_messages, grown(600), not_grown(200)),
    ("G03", "broken message", broken_message, restarts_program, unharmed),
    ("G04", "fourteen connections", many_connections, grown(6), not_grown(0)),
    ("G05", "text as format", line("log %n%s%x"), restarts_program, says("ok logged")),
    ("G06", "relay number", line("relay 2147483648=1"), starts_anew("pc : relay_switch"),
     says("error relay")),
    ("G07", "long label", line("label " + 60 * "A"), restarts_program, says("error length")),
    ("G08", "name for a shell", line("host '; echo owned >/dev/console; '"),
     lambda device, _: (bool(device.console("owned", 10)), ""), says("error host")),
    ("G09", "letter for the kernel", line("diagnose c"), starts_anew("Kernel panic"),
     says("error diagnosis")),
    ("G10", "long test", line("test 99999"), starts_anew("softdog: Initiating"),
     says("error time")),
]


def check_valid(check, device, name):
    check(f"{name}: Modbus is answered", device.read_rate() == RATE)
    for text, reply in (("get rate", "ok rate=500"), ("set volume=480", "ok volume=480"),
                        ("set volume=0", "error value"), ("set volume=500", "ok volume=500"),
                        ("log nurse called", "ok logged"), ("relay 7=1", "ok relay=7"),
                        ("label bed 12", "ok labelled"), ("host monitor", "ok 10.0.2.2"),
                        ("diagnose s", "ok done"), ("test 10", "ok tested=0"), ("make tea", "error command"),
                        ("relay -0=1", "error relay"), ("relay 07=1", "error relay"),
                        ("get rate\0", "error character"), ("label bed\r12", "error character")):
        said = device.ask(text)
        check(f"{name}: {text!r} is answered", said[:8] == reply[:8] if said else False, said)


sys.exit(prove(Gateway, "gateway 1.0", [check_valid], [], DEFECTS, __doc__))
