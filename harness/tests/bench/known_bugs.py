"""The known defects that scripts/bench bugs looks for, and the campaigns on the servers that have
them. No seed, dictionary, model or session was written from one of them.

Not among them, of what is known of these versions and can be sent over the wire:

mosquitto  CVE-2021-41039: a CONNECT with very many user properties takes long (0.8 s for 63 KB, in
           process under AddressSanitizer), which is no failure that one input shows by itself.
           CVE-2021-34434: needs access rules that change while clients are subscribed.
           CVE-2023-28366: memory grows with messages that a client sends and never answers; it is
           freed at the end, so no leak detector sees it.
           CVE-2024-8376: not established; 150 s of libFuzzer did not show it.
           CVE-2024-3935: only in a broker that is a bridge whose topics are remapped.
           CVE-2024-10525: in the client library, by what a broker sends.
libcoap    CVE-2023-30362: only where a response passes through a proxy.
           CVE-2023-35862, CVE-2024-0962, CVE-2026-29013: in OSCORE, which 4.3.1 has not.
           CVE-2024-31031: an unsigned number that wraps, on purpose or not: no sanitizer here calls
           that an error.
           CVE-2025-34468: in coap_resolve_address_info, which 4.3.1 has not.
           CVE-2025-65493 and its neighbours up to 65501: in DTLS, which is not built.
DCMTK      CVE-2022-2119, CVE-2022-2120: a file is written outside of the folder of received objects;
           no sanitizer calls that an error.
           CVE-2022-43272, CVE-2025-14841, CVE-2026-10194: in dcmqrscp, of which no target is built.
           CVE-2025-14607: not established; strings of odd length in command and data set, written by
           hand, end with a zero here before anybody reads behind them.
           CVE-2026-50254, CVE-2026-35505: memory that association requests leave behind; not
           established: no seed leaves any, and no description says which request does.
           CVE-2026-50003, CVE-2026-52868, CVE-2026-44628: in clients and in the worklist server.
           CVE-2026-5663: only where storescp is told to run commands.
           CVE-2024-27628, CVE-2024-28130, CVE-2024-47796, CVE-2024-52333, CVE-2025-2357,
           CVE-2025-9732, CVE-2025-25472, CVE-2025-25474, CVE-2025-25475, CVE-2026-12805: in how
           images, presentation states and XML are read, which no server of the network layer does.
           CVE-2022-4981: in a configuration file.
           CVE-2024-34508 and CVE-2024-34509 are mended by one patch of two places: here the first is
           who reads the value that is not there in a command, the second in a data set, which is
           not looked for over the wire: storescp writes its file first, fails, and reads no more.
"""
import re

ALLOCATION = "max_allocation_size_mb=100:allocator_may_return_null=0"
SPARE = "max_allocation_size_mb=64:allocator_may_return_null=1"  # lengths of up to 4 GiB are believed
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
DICOM = """\
target:
  model: {targets}/dicom/dicom_ul.ksy
  session: {targets}/dicom/session.yaml
device:
  kind: process
  command: ['{targets}/dicom/peer.sh', '${{port}}', '{build}/devices/storescp-original']
  ready: '^listening on '
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
    Bug("CVE-2024-34508", "DCMTK 3.6.7: a command's last element is its header alone", "dicom",
        r"SEGV.*?\bin getString\(DcmDataset", DICOM, asan=SPARE),
    Bug("CVE-2024-34509", "DCMTK 3.6.7: a data set's last element is its header alone", "dicom",
        r"SEGV.*?\bin DU_getStringDOElement\b", None, asan=SPARE),
]
