"""A device under QEMU: both serial ports and QMP on unix sockets in a folder of its own,
and what the devices' tests share: counting checks, the images, the proof of DEFECTS.md."""
import argparse
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


# ------------------------------------------------------------- a device of one board and its defects
def faults(device, reply):
    """Judges a defect: no reply, a fault on the console, and a device that starts anew."""
    line = device.console("FAULT")
    banner = line and device.console("reset=software")
    return (bool(banner) and reply in (b"", None) and device.guest_resets() > 0
            and device.is_alive(), line)


def check_defect(check, device, variant, name, defect):
    """`defect`: id, what, trigger, judge of the defective image, judge of the fixed image. A
    trigger returns the reply, a judge whether the image did what DEFECTS.md says, and a detail."""
    ident, what, trigger, defective, fixed = defect
    device.reset()
    good, detail = (defective if variant == "defective" else fixed)(device, trigger(device))
    outcome = "refused" if variant == "fixed" else "shows"
    check(f"{name}: {ident} {what} {outcome}", good, str(detail or "").strip().split("\n")[-1])


def prove(device, banner, valid, fixed, defects, description):
    """The main program of a device's test: its images pass the checks `valid`, the fixed one also
    `fixed`, each from a reset device that never resets itself; then the defects."""
    def check_image(check, folder, variant, board):
        name, resets = f"{variant}-{board}", 0
        with device(os.path.join(folder, f"{banner.split()[0]}-{name}.elf"), board) as one:
            first = one.console("reset=")
            check(f"{name}: banner", first == f"{banner} {variant} reset=power-on\n", first)
            for some in valid + (fixed if variant == "fixed" else []):
                one.reset()
                some(check, one, name)
                resets += one.guest_resets()
            check(f"{name}: never reset itself", resets == 0, resets)
            for defect in defects:
                check_defect(check, one, variant, name, defect)

    parser = argparse.ArgumentParser(description=description.split("\n\n")[0])
    parser.add_argument("folder")
    return run_images(Checks(), check_image, parser.parse_args().folder, ["an385"])


class Emulator:
    """One QEMU process. Use as a context manager: leaving ends it by its own handle."""
    start_seconds = 5.0

    def __init__(self, image, board, extra=()):
        self.folder = tempfile.mkdtemp(prefix="device-")
        path = {name: os.path.join(self.folder, name) for name in ("port", "console", "qmp")}
        self.command = [
            *self.machine(image, board), "-display", "none", "-monitor", "none", "-nodefaults",
            "-chardev", f"socket,id=port,path={path['port']},server=on,wait=off",
            "-chardev", f"socket,id=console,path={path['console']},server=on,wait=off",
            "-qmp", f"unix:{path['qmp']},server=on,wait=off", "-S", *extra]
        self.process = subprocess.Popen(self.command, stderr=subprocess.PIPE)
        self.port, self.console_socket, self.qmp_socket = (
            self._connect(path[name]) for name in ("port", "console", "qmp"))
        self.text, self.events, self._qmp_text = "", [], b""
        self._qmp_next()
        self.qmp("qmp_capabilities")
        self.qmp("cont")

    def machine(self, image, board):
        """QEMU, its machine with what boots, and what its ports are."""
        return ["qemu-system-arm", "-machine", MACHINES[board], "-kernel", image,
                "-serial", "chardev:port", "-serial", "chardev:console"]

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

    def collect(self, seconds, whole, wanted=lambda reply: 4096, pause=None):
        """What comes from the port until whole(reply), or until nothing came for `seconds`, once
        something came for `pause` (default: what is left of `seconds`). wanted(reply) bytes are
        taken at a time. The console is read meanwhile: one that nobody reads stops the emulated
        PL011, and QEMU with it, after some 280 bytes."""
        reply, deadline = b"", time.monotonic() + seconds
        while not whole(reply):
            left = max(0, deadline - time.monotonic())
            ready = select.select([self.port, self.console_socket], [], [], left)[0]
            if self.console_socket in ready:
                self.read_console()
            if self.port in ready:
                reply += self.port.recv(wanted(reply))
                if pause:
                    deadline = time.monotonic() + pause
            if not ready:
                break
        return reply

    def drain(self):
        while select.select([self.port], [], [], 0)[0] and self.port.recv(4096):
            pass

    def reset(self):
        """Restarts the device from outside; returns once its banner was read."""
        self.qmp("system_reset")
        self.drain()
        self.text = ""
        assert self.console("reset=", self.start_seconds) is not None
        self.qmp("query-status")
        self.events.clear()
        time.sleep(0.005)
        self.drain()
