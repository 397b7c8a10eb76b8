#!/usr/bin/env python3
"""Proves the pump firmware with an Ethernet port under QEMU: what test_pump.py says of requests holds
over Modbus TCP too, connections come and go as they like, HL7 messages are carried out or refused, and
every N and H entry of DEFECTS.md does what it says.

usage: test_pump_net.py [--requests N] FOLDER     (FOLDER holds the pump-net-*.elf)
Exit status: the number of failed checks, at most 100.
"""
import argparse
import os
import select
import socket
import struct
import sys
import time

sys.dont_write_bytecode = True  # leave the source folder as it was
import orders
from port import Pump
from emulator import Checks, run_images
from test_pump import H, check_refusals, check_valid_traffic, rate

READ_RATE = H("0300010001")
RATE = H("030201F4")
LONGEST = H("080000") + bytes(range(250))
CONNECTIONS = 4
WINDOW = 4 * 536


HL7_BOARDS = ("an385",)     # with memory for its messages


def message(pdu, unit=1, protocol=0, length=None, transaction=0x1234):
    length = len(pdu) + 1 if length is None else length
    return struct.pack(">HHHB", transaction, protocol, length, unit) + pdu


def free_ports(count):
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class NetPump(Pump):
    """An emulated pump that answers Modbus TCP; `port` is a connection to it."""

    def __init__(self, image, board):
        self.where, self.hl7 = (("127.0.0.1", port) for port in free_ports(2))
        forwards = (f"hostfwd=tcp:127.0.0.1:{outside[1]}-10.0.2.15:{inside}"
                    for outside, inside in ((self.where, 502), (self.hl7, 2575)))
        super().__init__(image, board, (
            "-nic", "user,restrict=on," + ",".join(forwards)))
        self.serial, self.port = self.port, self.connect()

    def __exit__(self, *_):
        super().__exit__()
        self.serial.close()

    def connect(self):
        return socket.create_connection(self.where, 5)

    def reconnect(self):
        self.port.close()
        self.port = self.connect()

    def drain(self):
        self.reconnect()

    def exchange(self, adu, seconds=1.0):
        """The reply's bytes, b"" for silence, None when the pump ended the connection."""
        try:
            self.port.sendall(adu)
            return self.receive(seconds)
        except OSError:
            return None

    def receive(self, seconds=1.0):
        reply, deadline = b"", time.monotonic() + seconds
        while len(reply) < 6 or len(reply) < 6 + struct.unpack(">H", reply[4:6])[0]:
            left = max(0, deadline - time.monotonic())
            ready = select.select([self.port, self.console_socket], [], [], left)[0]
            if self.console_socket in ready:
                self.read_console()
            if self.port in ready:
                data = self.port.recv(4096)
                if not data:
                    return None
                reply += data
            if not ready:
                break
        return reply

    def ask(self, pdu, seconds=2.0, tries=1):
        """The reply PDU; b"" for silence; None if what came is no reply to this."""
        reply = self.exchange(message(pdu), seconds)
        if reply is None:
            self.reconnect()
        if not reply:
            return reply
        return reply[7:] if reply[:7] == message(reply[7:])[:7] else None

    def is_alive(self):
        try:
            self.reconnect()
        except OSError:
            return False
        return (self.ask(READ_RATE, 5.0) or b"")[:2] == b"\x03\x02"


def break_off(connection):
    """Ends it with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


# ---------------------------------------------------------------------------- fixed image
def check_framing(check, pump, name):
    for unit in (0, 1, 255):
        reply = pump.exchange(message(READ_RATE, unit))
        check(f"{name}: unit {unit} is answered", reply == message(RATE, unit), reply)
    for what, adu in (("another unit", message(READ_RATE, 2)),
                      ("another protocol", message(READ_RATE, protocol=1))):
        check(f"{name}: silence for {what}, and the next is answered",
              pump.exchange(adu, 0.1) == b"" and pump.ask(READ_RATE) == RATE)
    for length in (0, 1, 255, 65535):
        reply = pump.exchange(message(READ_RATE, length=length))
        check(f"{name}: length {length} ends the connection", reply is None, reply)
        pump.reconnect()
    check(f"{name}: the longest message is answered", pump.ask(LONGEST) == LONGEST)
    for byte in message(READ_RATE):
        pump.port.sendall(bytes([byte]))
        time.sleep(0.002)
    check(f"{name}: byte by byte", pump.receive() == message(RATE))
    check(f"{name}: half a message is waited for no longer than half a second",
          pump.exchange(message(READ_RATE)[:5], 3) is None and pump.is_alive())
    pump.port.sendall(message(READ_RATE) * 100)
    replies = b""
    while len(replies) < 100 * len(message(RATE)) and select.select([pump.port], [], [], 2)[0]:
        replies += pump.port.recv(65536)
    check(f"{name}: a hundred messages at once get a hundred replies",
          replies == message(RATE) * 100, len(replies))
    pump.port.sendall(message(READ_RATE))
    pump.port.shutdown(socket.SHUT_WR)
    check(f"{name}: a half-closed connection is answered, then ended",
          pump.receive() == message(RATE) and pump.port.recv(1) == b"")
    pump.reconnect()


def check_connections(check, pump, name):
    many = [pump.connect() for _ in range(CONNECTIONS + 1)]
    pump.port = many[-1]
    check(f"{name}: one connection too many takes the place of the oldest",
          pump.ask(READ_RATE) == RATE)
    for one in many[:-1]:
        one.close()
    for i in range(50):
        pump.port = pump.connect()
        pump.port.sendall(message(READ_RATE)[:i % 12])
        time.sleep(0.01)  # QEMU accepts one at a time, and what it misses comes again after a second
        break_off(pump.port)
    check(f"{name}: lives after 50 broken connections", pump.is_alive())
    greedy = pump.connect()
    greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    greedy.setblocking(False)
    try:
        while True:
            greedy.send(message(LONGEST) * 20)
    except BlockingIOError:
        check(f"{name}: who does not read keeps nobody from being answered", pump.is_alive())
    break_off(greedy)
    time.sleep(0.7)
    check(f"{name}: and is forgotten", pump.is_alive())


# -------------------------------------------------------------------------------- defects
def faults(pump):
    line = pump.console("FAULT")
    banner = line and pump.console("reset=software")
    return bool(banner) and pump.guest_resets() > 0 and pump.is_alive(), line


def n01(pump):
    """A length of more than a message may have, with that many bytes."""
    reply = pump.exchange(message(H("0800") + b"A" * 298), 0.5)
    return reply, faults


def n02(pump):
    reply = pump.exchange(message(LONGEST), 0.5)
    return reply == message(LONGEST), lambda _: (reply != message(LONGEST), reply)


def n03(pump):
    refused = message(H("00"))
    answered = 0
    for _ in range(WINDOW // len(refused) + 20):
        if pump.exchange(refused, 1.0) != message(H("8001")):
            break
        answered += 1
    return answered, lambda one: (answered <= WINDOW // len(refused) and one.is_alive(), answered)


def n04(pump):
    pump.port.sendall(message(READ_RATE)[:5])
    time.sleep(0.1)
    break_off(pump.port)
    time.sleep(1)
    return None, faults


DEFECTS = [("N01", "length believed", n01), ("N02", "pbuf chain", n02), ("N03", "window runs dry", n03),
           ("N04", "broken inside a message", n04)]


def check_defect(check, pump, variant, name, defect):
    number, what, trigger = defect
    pump.reset()
    seen, judge = trigger(pump)
    if variant == "fixed":
        good = pump.is_alive() and pump.guest_resets() == 0 and rate(pump) == 500
        if number in ("N02", "N03"):
            good, seen = good and not judge(pump)[0], judge(pump)[1]
    else:
        good, seen = judge(pump)
    check(f"{name}: {number} {what} {'refused' if variant == 'fixed' else 'shows'}", good,
          str(seen)[:200].strip())


def check_order_defect(check, pump, variant, name, defect):
    number, what, trigger, refused = defect
    pump.reset()
    seen = trigger(pump)
    if variant == "fixed":
        seen = seen if number == "H04" else orders.code(seen)
        good = seen == refused and pump.guest_resets() == 0 and orders.is_alive(pump)
    elif number == "H04":
        good = seen == orders.WRAPPED
    else:
        good, seen = faults(pump)
        good = good and orders.is_alive(pump)
    check(f"{name}: {number} {what} {'refused' if variant == 'fixed' else 'shows'}", good,
          str(seen)[:200].strip())


# ------------------------------------------------------------------------------------ run
def check_image(check, folder, variant, board, requests):
    name = f"net-{variant}-{board}"
    with NetPump(os.path.join(folder, f"pump-{name}.elf"), board) as pump:
        banner = pump.console("reset=")
        check(f"{name}: banner", banner == f"pump 1.2 {variant} reset=power-on\n", banner)
        check_valid_traffic(check, pump, name, requests)
        if variant == "fixed":
            pump.reset()
            check_refusals(check, pump, name)
            pump.reset()
            check_framing(check, pump, name)
            check_connections(check, pump, name)
            if board in HL7_BOARDS:
                pump.reset()
                orders.check_hl7(check, pump, name)
            check(f"{name}: never reset itself", pump.guest_resets() == 0)
        for defect in DEFECTS:
            check_defect(check, pump, variant, name, defect)
        for defect in orders.DEFECTS if board in HL7_BOARDS else ():
            check_order_defect(check, pump, variant, name, defect)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--requests", type=int, default=2000, help="valid requests per image")
    parser.add_argument("folder")
    options = parser.parse_args()
    return run_images(Checks(), check_image, options.folder, ["an385", "lm3s6965"], options.requests)


if __name__ == "__main__":
    sys.exit(main())
