"""scripts/bench --only ethernet: cases/s on the emulated pump over its Ethernet, by each way, beside a
bare echo over the same way and board, run by run in turns."""
import os
import re
import select
import socket
import statistics
import subprocess
import tempfile

IMAGE = "pump-net-fixed-an385.elf"
NEEDS_ROOT = ("dgram", "tap")
SAMPLES = "epoch: 1000000\nsample-every: 64\ncheck-every: 100\n"

TAP = """
ip link set lo up
ip tuntap add wire mode tap
ip address add 10.0.2.2/24 dev wire
ip link set wire up
exec "$@"
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Board:
    """The pump in QEMU as percuss starts it, and its bare echo."""

    def __init__(self, build, echo, way, folder):
        wire, port = os.path.join(folder, "wire"), free_port()
        networks = {
            "user": ["-nic", f"user,restrict=on,ipv6=off,hostfwd=tcp:127.0.0.1:{port}-10.0.2.15:502"],
            "tap": ["-netdev", "tap,id=wire,ifname=wire,script=no,downscript=no", "-net", "nic,netdev=wire"],
            "frames": ["-netdev", f"dgram,id=wire,local.type=unix,local.path={wire},remote.type=unix,"
                       f"remote.path={wire}.peer", "-net", "nic,netdev=wire"]}
        self.asks = {"user": ["tcp", "127.0.0.1", str(port)], "tap": ["tcp", "10.0.2.15", "502"],
                     "frames": ["frames", wire]}[way]
        self.echo_program, self.inside = echo, []
        command = ["qemu-system-arm", "-machine", "mps2-an385", "-kernel", os.path.join(build, "firmware", IMAGE),
                   "-nodefaults", "-display", "none", "-accel", "tcg,tb-size=32", "-serial", "null", "-serial",
                   "stdio", *networks[way]]
        if way == "tap":
            command = ["unshare", "--net", "sh", "-ec", TAP, "tap", *command]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        if not select.select([self.process.stdout], [], [], 20)[0] or \
                b"reset=" not in self.process.stdout.readline():
            self.stop()
            raise RuntimeError(f"{way}: the board did not start")
        if way == "tap":
            self.inside = ["nsenter", f"--net=/proc/{self.process.pid}/ns/net"]

    def echo(self, count):
        """Echoes a second."""
        done = subprocess.run([*self.inside, self.echo_program, *self.asks, str(count)],
                              stdout=subprocess.PIPE, check=True)
        return count / float(done.stdout)

    def stop(self):
        self.process.kill()
        self.process.wait()


def bare(build, echo, way, count):
    with tempfile.TemporaryDirectory() as folder:
        # Frames that percuss carries to a tap have no bare counterpart: the tap itself is the measure.
        board = Board(build, echo, "tap" if way == "dgram" else way, folder)
        try:
            return board.echo(count)
        finally:
            board.stop()


def campaign_of(project, way, work, anomalies):
    """All cases but those of delivery, with fewer readings and checks between them."""
    target, name = ("ethernet", "pump-frames-fixed") if way == "frames" else ("modbus", "pump-net-fixed")
    folder = os.path.join(project, "targets", target)
    with open(os.path.join(folder, "campaigns", name + ".yaml"), encoding="utf-8") as file:
        text = file.read()
    text = re.sub(r"^( +(?:model|session): )\.\./", rf"\1{folder}/", text, flags=re.MULTILINE)
    text = re.sub(r"^(epoch|sample-every|check-every): .*\n", "", text, flags=re.MULTILINE)
    text = text[:text.index("budget:")].replace("kind: user", f"kind: {way}")
    path = os.path.join(work, f"ethernet-{way}.yaml")
    names = anomalies(os.path.join(folder, "campaigns", name + ".yaml"))
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{text}{SAMPLES}capture: {{live: false}}\nbudget: {{anomalies: '{names}'}}\n")
    return path


def measure_way(way, tools, cases, runs):
    rates, packets, echoes = [], [], []
    for _ in range(runs):
        echoes.append(bare(tools["build"], tools["echo"], way, 4 * cases))
        out = tools["run"](campaign_of(tools["project"], way, tools["work"], tools["anomalies"]),
                           tools["folder"](f"ethernet-{way}"), "--cases", f"1-{cases}", pin=False)
        times = list(tools["times"](os.path.join(out, "capture.pcapng")))
        took = times[-1][1] - times[0][1]
        rates.append(len({case for case, _ in times}) / took)
        packets.append(len(times) / 2 / took)
    return {"way": way, "cases_per_s": statistics.median(rates), "runs": rates,
            "exchanges_per_s": statistics.median(packets), "bare_per_s": statistics.median(echoes)}


def measure(tools, cases, runs, say):
    """`tools`: what scripts/bench has: project, build, work, echo (a program), anomalies (of a campaign),
    run, folder and times."""
    rows = []
    for way in ("user", "dgram", "tap", "frames"):
        if way in NEEDS_ROOT and os.geteuid():
            say(f"   {way}: left out, it needs root")
            continue
        rows.append(measure_way(way, tools, cases, runs))
        say("   " + line_of(rows[-1]))
    return rows


def line_of(row):
    return (f"{row['way']:7} {row['cases_per_s']:8,.0f} cases/s, {row['exchanges_per_s']:8,.0f} exchanges/s; "
            f"bare echo {row['bare_per_s']:8,.0f}/s: {row['cases_per_s'] / row['bare_per_s']:.2f} and "
            f"{row['exchanges_per_s'] / row['bare_per_s']:.2f} of it")
