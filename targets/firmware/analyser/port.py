"""The analyser's port: frames of ASTM E1381, and an analyser under QEMU to speak with."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "board"))
from emulator import Emulator

STX, ETX, EOT, ENQ, ACK, NAK, ETB = (bytes([c]) for c in (2, 3, 4, 5, 6, 0x15, 0x17))
TEXT_MAX = 240


def checksum(data):
    return b"%02X" % (sum(data) & 0xFF)


def frame(number, text, end=ETX):
    body = b"%d" % (number % 8) + text + end
    return STX + body + checksum(body) + b"\r\n"


def frames(records):
    """One record a frame, long ones in several: the frames of a whole message."""
    out = []
    for record in records:
        text = record.encode() + b"\r"
        pieces = [text[i:i + TEXT_MAX] for i in range(0, len(text), TEXT_MAX)]
        for piece in pieces[:-1]:
            out.append(frame(len(out) + 1, piece, ETB))
        out.append(frame(len(out) + 1, pieces[-1]))
    return out


class Analyser(Emulator):
    """An emulated analyser, and the host's side of its port."""

    def receive(self, seconds):
        """What comes next: a control character or a whole frame; b"" for silence."""
        return self.collect(
            seconds, lambda reply: reply and (reply[:1] != STX or reply[-1:] == b"\n"),
            lambda reply: 1)

    def ask(self, data, seconds=2.0):
        self.port.sendall(data)
        return self.receive(seconds)

    def tell(self, data, seconds=0.15):
        """Sends what is not answered; returns what came all the same."""
        return self.ask(data, seconds)

    def send(self, records):
        """A whole session; returns the replies: ACK for ENQ and each frame. EOT is sent, and
        what follows it is left to the caller."""
        replies = self.ask(ENQ)
        for data in frames(records):
            replies += self.ask(data)
        self.port.sendall(EOT)
        return replies

    def take(self):
        """The host's part in an upload, after its ENQ: the records, None if it broke off."""
        text, number = b"", 1
        reply = self.ask(ACK)
        while reply != EOT:
            if not reply or reply != frame(number, reply[2:-5], reply[-5:-4]):
                return None
            text += reply[2:-5]
            number += 1
            reply = self.ask(ACK)
        return text.decode().split("\r")[:-1]

    def query(self, specimen, test="ALL"):
        self.send(["H|\\^&", f"Q|1|^{specimen}||{test}", "L|1|N"])
        return self.take() if self.receive(2.0) == ENQ else None

    def orders(self, specimen):
        """The O records the analyser holds for a specimen; None if it does not answer."""
        records = self.query(specimen)
        return records and [r for r in records if r.startswith("O|")]

    def is_alive(self):
        """After EOT, which ends whatever was going on, a query is answered."""
        self.port.sendall(EOT)
        while self.receive(0.1):
            pass
        return bool(self.query("NONE"))
