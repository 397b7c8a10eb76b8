#!/usr/bin/env python3
"""Proves the pump firmware that sends HL7 results under QEMU: it goes on when it is acknowledged, hangs up
on what is no acknowledgment, and every S entry of DEFECTS.md does what it says.

usage: test_pump_sender.py FOLDER     (FOLDER holds the two pump-sender-*.elf)
Exit status: the number of failed checks, at most 100.
"""
import argparse
import os
import socket
import sys

sys.dont_write_bytecode = True  # leave the source folder as it was
import orders
from port import Pump
from emulator import Checks, run_images


class Sender(Pump):
    """An emulated pump that connects to `receiver`."""

    def __init__(self, image, board):
        self.receiver = socket.create_server(("127.0.0.1", 0))
        self.receiver.settimeout(5)
        super().__init__(image, board, (
            "-nic", "user,model=lan9118,restrict=on,guestfwd=tcp:10.0.2.100:2575-cmd:"
            f"socat -t0 - TCP:127.0.0.1:{self.receiver.getsockname()[1]}"))

    def __exit__(self, *_):
        super().__exit__()
        self.receiver.close()

    def drain(self):
        """Those that were connected before a reset are no more."""
        self.receiver.setblocking(False)
        try:
            while True:
                self.receiver.accept()[0].close()
        except BlockingIOError:
            self.receiver.settimeout(5)

    def answer(self, *answers):
        """What the pump says on a connection: first, and behind each answer, made of its control id."""
        connection, _ = self.receiver.accept()
        with connection:
            said = [orders.receive(connection, 5.0)]
            for make in answers:
                try:
                    connection.sendall(orders.block(make(control_id(said[-1]))))
                except OSError:
                    return said + [None]
                said.append(orders.receive(connection, 3.0))
                if not said[-1]:
                    break
            return said

    def is_alive(self):
        for _ in range(3):
            said = self.answer(accept)
            if control_id(said[-1]):
                return True
        return False


def control_id(message):
    fields = (message or b"").split(b"\r")[0].split(b"|")
    return fields[9] if len(fields) > 9 else b""


def acknowledge(code, more=b""):
    return lambda number: (b"MSH|^~\\&|EHR||||20260101||ACK^R01^ACK|1|P|2.5\rMSA|" + code + b"|" +
                           number + b"\r" + more)


accept = acknowledge(b"AA")
ERROR = b"ERR||PID^1|%s|E\r"


def check_fixed(check, pump, name):
    said = pump.answer(accept, accept, accept, accept)
    numbers = [int(control_id(one)) for one in said if one]
    check(f"{name}: each acknowledged result is followed by the next, a round by another",
          len(numbers) == 5 and numbers == list(range(numbers[0], numbers[0] + 5)), numbers)
    check(f"{name}: results are ORU^R01 with rate, volume, state and battery", all(
        text in (one or b"") for text, one in ((b"RATE^Rate^L||50.0|ml/h", said[0]),
                                               (b"STATE^State^L||ready|", said[1]),
                                               (b"BATTERY^Battery^L||100|%", said[2]))), said)
    said = pump.answer(acknowledge(b"AE", ERROR % b"101"))
    check(f"{name}: a refused result is said and followed by the next", bool(said[-1]) and
          pump.console("refused") == "result refused 101\n")
    for what, make in (("another control id", lambda _: accept(b"1")),
                       ("an unknown code", acknowledge(b"XX")), ("no acknowledgment", lambda _: b"MSH|"),
                       ("a long one", acknowledge(b"AA", b"NTE|" + 1100 * b"A" + b"\r"))):
        said = pump.answer(make)
        check(f"{name}: {what} ends the connection", said[0] and said[-1] is None, said[-1])


DEFECTS = [("S01", "error code copied", acknowledge(b"AE", ERROR % (200 * b"1")), True),
           ("S02", "number believed", lambda _: accept(b"2147483648"), False)]


def check_defect(check, pump, variant, name, defect):
    number, what, trigger, goes_on = defect
    pump.reset()
    said = pump.answer(trigger)
    if variant == "fixed":
        good = bool(said[-1]) == goes_on and pump.is_alive() and pump.guest_resets() == 0
    else:
        said = pump.console("FAULT")
        good = (said and pump.console("reset=software") and pump.guest_resets() > 0 and
                pump.is_alive())
    check(f"{name}: {number} {what} {'refused' if variant == 'fixed' else 'shows'}", good,
          str(said)[:200].strip())


def check_image(check, folder, variant, board):
    name = f"sender-{variant}-{board}"
    with Sender(os.path.join(folder, f"pump-{name}.elf"), board) as pump:
        banner = pump.console("reset=")
        check(f"{name}: banner", banner == f"pump 1.2 {variant} reset=power-on\n", banner)
        check(f"{name}: sends", pump.is_alive())
        if variant == "fixed":
            check_fixed(check, pump, name)
        for defect in DEFECTS:
            check_defect(check, pump, variant, name, defect)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder")
    return run_images(Checks(), check_image, parser.parse_args().folder, ["an385"])


if __name__ == "__main__":
    sys.exit(main())
