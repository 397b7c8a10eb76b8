"""The known defects that scripts/bench bugs looks for, and the campaigns on the servers that have
them. No seed, dictionary, model or session was written from one of them.

Not among them, of what is known of these versions and can be sent over the wire:

mosquitto  CVE-2021-41039: a CONNECT with very many user properties takes long (0.8 s for 63 KB, in
           process under AddressSanitizer), which is no failure that one input shows by itself.
           CVE-2021-34434: needs access rules that change while clients are subscribed.
           CVE-2023-28366: memory grows with messages that a client sends and never answers; it is
           freed at the end, so no leak detector sees it.
           CVE-2024-8376: not established; 150 s of libFuzzer did not show it.
libcoap    CVE-2023-30362: only where a response passes through a proxy.
           CVE-2023-35862, CVE-2024-0962: in OSCORE, which 4.3.1 has not.
DCMTK      CVE-2024-34508, CVE-2024-34509 and others: no in-process target is built of it.
"""
import re

ALLOCATION = "max_allocation_size_mb=100:allocator_may_return_null=0"
NULL_INSTEAD = "makes the sanitizer return NULL for what is too large, whatever it is told"
AT_THE_END = "looks for leaks when a process ends, which it does not between inputs"


class Bug:
    """What is wrong, where, and by what it is known."""

    def __init__(self, name, what, target, report, server, mended=True, asan="", blind=None,
                 first=None):
        self.name, self.what, self.target = name, what, target
        self.report = re.compile(report, re.DOTALL)  # of the sanitizer's words
        self.server = server  # the campaign's lines on its target, device and link
        self.mended = mended  # by Debian's patches
        self.asan = asan      # further options of the sanitizer, for all engines
        self.blind = blind or {}  # engines that cannot see it, and why
        self.first = first    # of the first byte of a connection in a reproducer over the wire


MODBUS = """\
target:
  model: {targets}/modbus/modbus_tcp.ksy
  session: {targets}/modbus/registers.yaml
device:
  kind: process
  command: ['{project}/build/devices/modbus-server-original', --start, '0x0160', --registers, '32',
            --bits, '64', --response-timeout-ms, '5', --port, '${{port}}']
  ready: '^listening on '
link:
  kind: tcp
  address: 127.0.0.1:${{port}}
timing:
  answer: 500ms
epoch: 20000
"""
MQTT = """\
target:
  model: {targets}/mqtt/mqtt_5.ksy
  session: {targets}/mqtt/session_5.yaml
device:
  kind: process
  command: ['{build}/devices/mosquitto-server-original', -c, '{out}/mosquitto.conf', -p, '${{port}}']
  ready: 'mosquitto version .* running'
  environment:
    ASAN_OPTIONS: abort_on_error=0:detect_leaks=0:exitcode=99:color=never:{asan}
link:
  kind: tcp
  address: 127.0.0.1:${{port}}
connection: per-case
timing:
  answer: 1s
epoch: 2000
"""
# Its log apart from the sanitizer's report.
MQTT_FILE = "allow_anonymous true\nlog_dest stdout\nlog_type information\nlog_type notice\n"
COAP = """\
target:
  model: {targets}/coap/coap.ksy
  session: {targets}/coap/session.yaml
device:
  kind: process
  command: ['{build}/devices/coap-server-original', -A, 127.0.0.1, -p, '${{port}}', -d, '16',
            -L, '3', -v, '7']
  ready: 'created UDP +endpoint '
link:
  kind: udp
  address: 127.0.0.1:${{port}}
connection: per-case
timing:
  answer: 500ms
epoch: 2000
"""

BUGS = [
    Bug("CVE-2022-0367", "libmodbus 3.1.6: write-and-read below the map", "modbus",
        r"(heap-buffer-overflow|SEGV).*?#0 \S+ in modbus_reply\b", MODBUS),
    Bug("CVE-2022-0367-direct", "the same, modbus_reply called without sockets", "modbus_direct",
        r"(heap-buffer-overflow|SEGV).*?#0 \S+ in modbus_reply\b", None),
    Bug("CVE-2024-46304", "libcoap 4.3.1: block-wise request without a body", "coap",
        r"SEGV.*?#0 \S+ in coap_handle_request_put_block\b", COAP, mended=False),
    Bug("CVE-2023-0809", "mosquitto 2.0.11: memory for a first packet that is no CONNECT", "mqtt_5",
        r"requested allocation size.*?\bin packet__read\b", MQTT,
        asan=ALLOCATION, blind=dict.fromkeys(["afl", "afl+model"], NULL_INSTEAD),
        first=lambda byte: byte >> 4 != 1),
    Bug("CVE-2023-3592", "mosquitto 2.0.11: leak of a will's properties", "mqtt_5",
        r"detected memory leaks.*?\bin property__read_all\b.*?\bin will__read\b", MQTT,
        blind=dict.fromkeys(["afl", "afl+model", "percuss", "percuss+san"], AT_THE_END)),
]
