"""A pump under QEMU: both serial ports and QMP on unix sockets in a folder of its own."""
import json
import os
import select
import shutil
import socket
import subprocess
import tempfile
import time

MACHINES = {"an385": "mps2-an385", "lm3s6965": "lm3s6965evb"}

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


class Emulator:
    """One QEMU process. Use as a context manager: leaving ends it by its own handle."""

    def __init__(self, image, board, extra=()):
        self.folder = tempfile.mkdtemp(prefix="pump-")
        path = {name: os.path.join(self.folder, name) for name in ("port", "console", "qmp")}
        self.command = [
            "qemu-system-arm", "-machine", MACHINES[board], "-kernel", image,
            "-display", "none", "-monitor", "none", "-nodefaults",
            "-chardev", f"socket,id=port,path={path['port']},server=on,wait=off",
            "-chardev", f"socket,id=console,path={path['console']},server=on,wait=off",
            "-serial", "chardev:port", "-serial", "chardev:console",
            "-qmp", f"unix:{path['qmp']},server=on,wait=off", "-S", *extra]
        self.process = subprocess.Popen(self.command, stderr=subprocess.PIPE)
        self.port, self.console_socket, self.qmp_socket = (
            self._connect(path[name]) for name in ("port", "console", "qmp"))
        self.text, self.events, self._qmp_text = "", [], b""
        self._qmp_next()
        self.qmp("qmp_capabilities")
        self.qmp("cont")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        for connection in (self.port, self.console_socket, self.qmp_socket):
            connection.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _connect(self, path):
        deadline = time.monotonic() + 10
        while True:
            try:
                connection = socket.socket(socket.AF_UNIX)
                connection.connect(path)
                return connection
            except OSError:
                connection.close()
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(self.process.stderr.read().decode())
                time.sleep(0.005)

    def _qmp_next(self):
        while b"\n" not in self._qmp_text:
            data = self.qmp_socket.recv(4096)
            if not data:
                raise EOFError("QEMU ended")
            self._qmp_text += data
        line, self._qmp_text = self._qmp_text.split(b"\n", 1)
        return json.loads(line)

    def qmp(self, command):
        self.qmp_socket.sendall(json.dumps({"execute": command}).encode() + b"\n")
        while True:
            answer = self._qmp_next()
            if "event" not in answer:
                return answer
            self.events.append(answer)

    def guest_resets(self):
        """How often the guest reset itself so far."""
        self.qmp("query-status")
        return sum(1 for event in self.events
                   if event["event"] == "RESET" and event["data"]["guest"])

    def console(self, wanted, seconds=5.0):
        """Reads the console until `wanted` shows up; returns the text up to its line's end,
        and forgets it. None if it does not come."""
        deadline = time.monotonic() + seconds
        while True:
            at = self.text.find(wanted)
            end = self.text.find("\n", at) + 1 if at >= 0 else 0
            if end > 0:
                found, self.text = self.text[:end], self.text[end:]
                return found
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.console_socket], [], [], left)[0]:
                return None
            if not self.read_console():
                return None

    def exchange(self, adu, seconds=1.0):
        """Sends one frame; returns the reply's bytes, b"" for silence. The reply is whole
        when its CRC is right, or when nothing more came for a while."""
        self.port.sendall(adu)
        return self.receive(seconds)

    def receive(self, seconds=1.0):
        """Reads the console meanwhile: a console nobody reads stops the emulated PL011, and
        QEMU with it, after some 280 bytes."""
        reply, deadline = b"", time.monotonic() + seconds
        while True:
            left = max(0, deadline - time.monotonic())
            ready = select.select([self.port, self.console_socket], [], [], left)[0]
            if self.console_socket in ready:
                self.read_console()
            if self.port in ready:
                reply += self.port.recv(4096)
                if len(reply) >= least_length(reply) and crc16(reply) == 0:
                    return reply
                deadline = time.monotonic() + 0.1
            if not ready:
                return reply

    def read_console(self):
        data = self.console_socket.recv(4096)
        self.text += data.decode("ascii", "replace")
        return data

    def drain(self):
        while select.select([self.port], [], [], 0)[0] and self.port.recv(4096):
            pass

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
