"""The pump's Modbus RTU port: frames, and a pump under QEMU to exchange them with."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "board"))
from emulator import Emulator

# Least RTU reply to each sub-function of the vendor function.
LEAST_SERVICE = {1: 6, 2: 7, 3: 9, 4: 9, 5: 5, 6: 10, 7: 9, 8: 9, 9: 11}


def crc16(data):
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def least_length(reply):
    """The least an RTU reply with this beginning can be: the CRC of a shorter prefix may
    happen to be right."""
    if len(reply) < 3 or reply[1] & 0x80:
        return 5
    if reply[1] in (1, 2, 3, 4, 17, 23):
        return 5 + reply[2]
    if reply[1] == 100:
        return LEAST_SERVICE.get(reply[2], 5)
    return {5: 8, 6: 8, 8: 8, 15: 8, 16: 8, 22: 10, 43: 11}.get(reply[1], 5)


def frame(pdu, address=1):
    body = bytes([address]) + pdu
    return body + crc16(body).to_bytes(2, "little")


class Pump(Emulator):
    """An emulated pump that answers Modbus RTU."""

    def exchange(self, adu, seconds=1.0):
        """Sends one frame; returns the reply's bytes, b"" for silence. The reply is whole
        when its CRC is right, or when nothing more came for a while."""
        self.port.sendall(adu)
        return self.receive(seconds)

    def receive(self, seconds=1.0):
        return self.collect(
            seconds, lambda reply: len(reply) >= least_length(reply) and crc16(reply) == 0,
            pause=0.1)

    def ask(self, pdu, seconds=1.0, tries=2):
        """The reply PDU; b"" for silence; None if what came is no frame from address 1.
        Silence is met by asking again: a busy host may split a frame."""
        reply = b""
        while tries > 0 and not reply:
            reply = self.exchange(frame(pdu), seconds)
            tries -= 1
        if not reply:
            return b""
        if reply[0] != 1 or len(reply) < 4 or crc16(reply) != 0:
            return None
        return reply[1:-2]

    def is_alive(self):
        return self.ask(b"\x03\x00\x01\x00\x01", 2.0)[:2] == b"\x03\x02"
