"""A device under QEMU: both serial ports and QMP on unix sockets in a folder of its own,
and the counting of checks that the devices' tests share."""
import json
import os
import select
import shutil
import socket
import subprocess
import tempfile
import threading
import time

MACHINES = {"an385": "mps2-an385", "lm3s6965": "lm3s6965evb"}


class Checks:
    """Counts and prints; shared by the threads, one an image."""

    def __init__(self):
        self.lock, self.passed, self.failed = threading.Lock(), 0, 0

    def __call__(self, name, good, detail=""):
        with self.lock:
            self.passed, self.failed = self.passed + bool(good), self.failed + (not good)
            print(f"{'ok  ' if good else 'FAIL'} {name}{': ' + str(detail) if detail else ''}",
                  flush=True)


def run_images(check, check_image, folder, boards, *arguments):
    """Calls check_image(check, folder, variant, board, ...) for every image at once. Returns
    the number of failed checks, at most 100."""
    def guarded(variant, board):
        try:
            check_image(check, folder, variant, board, *arguments)
        except Exception as error:  # a thread's end must not pass for success
            check(f"{variant}-{board}: test ran to its end", False, repr(error))

    threads = [threading.Thread(target=guarded, args=(variant, board))
               for board in boards for variant in ("fixed", "defective")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{check.passed} passed, {check.failed} failed")
    return min(check.failed, 100)


class Emulator:
    """One QEMU process. Use as a context manager: leaving ends it by its own handle."""

    def __init__(self, image, board, extra=()):
        self.folder = tempfile.mkdtemp(prefix="device-")
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

    def read_console(self):
        data = self.console_socket.recv(4096)
        self.text += data.decode("ascii", "replace")
        return data

    def drain(self):
        while select.select([self.port], [], [], 0)[0] and self.port.recv(4096):
            pass

    def reset(self):
        """Restarts the device from outside; returns once its banner was read."""
        self.qmp("system_reset")
        self.drain()
        self.text = ""
        assert self.console("reset=") is not None
        self.qmp("query-status")
        self.events.clear()
        time.sleep(0.005)
        self.drain()
