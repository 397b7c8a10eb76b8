"""The sensor's port: APDUs of IEEE 11073-20601, and a sensor under QEMU with its manager."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "board"))
from emulator import Emulator

H = bytes.fromhex
BUTTON, HOLD = H("F0000000"), H("F0010000")
ABRT, RLRQ, RLRE = H("E60000020000"), H("E40000020000"), H("E50000020000")
AARQ = H("E2000032 80000000 0001 002A 5079 0026 80000000 8000 80000000 00000000 00800000"
         "0008 1122334455667788 4000 0001 0100 0000 0000")
INFORMATION = H("80000000 8000 80000000 00000000 80000000 0008 8877665544332211 0000 0000 0000"
                "0000 0000")
EVENT_CONFIG, EVENT_SCAN = 0x0D1C, 0x0D1D


def u2(value):
    return value.to_bytes(2, "big")


def counted(data):
    return u2(len(data)) + data


def apdu(choice, data):
    return u2(choice) + counted(data)


def aare(result=3, protocol=0x5079, information=INFORMATION):
    return apdu(0xE300, u2(result) + u2(protocol) + counted(information))


def prst(invoke, operation, data):
    return apdu(0xE700, counted(u2(invoke) + u2(operation) + counted(data)))


def event_response(invoke, event, info=b""):
    return prst(invoke, 0x0201, H("0000 00000000") + u2(event) + counted(info))


def config_response(invoke, config=0x4000, result=0):
    return event_response(invoke, EVENT_CONFIG, u2(config) + u2(result))


def get(*attributes, handle=0, invoke=7):
    ids = b"".join(map(u2, attributes))
    return prst(invoke, 0x0103, u2(handle) + u2(len(attributes)) + counted(ids))


def set_time(time_bcd, action=0x0C17, handle=0):
    return prst(8, 0x0107, u2(handle) + u2(action) + counted(time_bcd + bytes(4)))


def invoke_of(message):
    return int.from_bytes(message[6:8], "big")


class Sensor(Emulator):
    """An emulated sensor, and the manager's side of its port."""

    def receive(self, seconds):
        """The next APDU; b"" for silence."""
        def missing(reply):
            size = 4 + int.from_bytes(reply[2:4], "big") if len(reply) >= 4 else 4
            return size - len(reply)

        return self.collect(seconds, lambda reply: len(reply) >= 4 and not missing(reply), missing)

    def ask(self, data, seconds=2.0):
        self.port.sendall(data)
        return self.receive(seconds)

    def tell(self, data, seconds=0.05):
        """Sends what is not answered; returns what came all the same."""
        return self.ask(data, seconds)

    def configure(self):
        """From any state to configuring: the configuration report."""
        self.tell(ABRT)
        return self.ask(aare()) if self.ask(BUTTON) == AARQ else b""

    def operate(self):
        """From any state to operating; true if the sensor went along."""
        report = self.configure()
        return bool(report) and self.tell(config_response(invoke_of(report))) == b""

    def is_alive(self):
        return self.operate() and self.ask(get(0x0984)).endswith(
            H("0984 000A 0008 1122334455667788"))
