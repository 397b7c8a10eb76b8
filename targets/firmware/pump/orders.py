"""The pump's HL7 port under test: messages to it in blocks, what the fixed image does with them, and the
H entries of DEFECTS.md."""
import socket

HEADER = "MSH|^~\\&|BCMA|WARD1|IP-50||20260101120000||{}|{}|P|2.5\r"
RATE, VTBI, PATIENT, WARD = 1, 2, 16, 24


def message(kind, *segments, control_id="MSG1"):
    return (HEADER.format(kind, control_id) + "".join(segment + "\r" for segment in segments)).encode()


def order(rate="", volume="", rate_unit="ml/h", volume_unit="ml"):
    return message("RGV^O15^RGV_O15", "ORC|RE|4711",
                   f"RXG|1||||{volume}||{volume_unit}||||||||{rate}|{rate_unit}")


def block(text):
    return b"\x0b" + text + b"\x1c\r"


def connect(pump):
    return socket.create_connection(pump.hl7, 5)


def receive(connection, seconds=2.0):
    """One block's message; None when the connection ended, b"" for silence."""
    connection.settimeout(seconds)
    reply = b""
    try:
        while not reply.endswith(b"\x1c\r"):
            data = connection.recv(65536)
            if not data:
                return None
            reply += data
    except TimeoutError:
        return reply
    except OSError:
        return None
    return reply[1:-2] if reply[:1] == b"\x0b" else reply


def exchange(pump, text, seconds=2.0):
    with connect(pump) as connection:
        connection.sendall(block(text))
        return receive(connection, seconds)


def code(reply):
    """MSA-1, MSA-2, and ERR-3 where there is one."""
    segments = [segment.split("|") for segment in (reply or b"").decode("latin-1").split("\r")]
    return tuple(field for name, fields in (("MSA", (1, 2)), ("ERR", (3,))) for segment in segments
                 if segment[0] == name for field in (segment[i] for i in fields))


def register(pump, address, count=1):
    reply = pump.ask(bytes([3, 0, address, 0, count])) or b""
    return reply[2:] if len(reply) == 2 + 2 * count else None


def number(pump, address):
    return int.from_bytes(register(pump, address) or b"", "big")


def is_alive(pump):
    return code(exchange(pump, message("ADT^A08"), 5.0)) == ("AA", "MSG1")


# ---------------------------------------------------------------------------- fixed image
def check_orders(check, pump, name):
    for rate, volume, units, wanted, shown in (
            ("12.5", "250", (), ("AA",), (125, 250)), ("", "40", (), ("AA",), (125, 40)),
            ("999.9", "", (), ("AA",), (9999, 40)), ("0.1", "9999", (), ("AA",), (1, 9999)),
            ("0", "", (), ("AE", "103"), (1, 9999)), ("1000", "", (), ("AE", "102"), (1, 9999)),
            ("6554", "", (), ("AE", "102"), (1, 9999)), ("1.25", "", (), ("AE", "102"), (1, 9999)),
            ("-1", "", (), ("AE", "102"), (1, 9999)), ("1e2", "", (), ("AE", "102"), (1, 9999)),
            ("50", "0", (), ("AE", "103"), (1, 9999)), ("50", "2.5", (), ("AE", "102"), (1, 9999)),
            ("50", "", ("l/h",), ("AE", "103"), (1, 9999)), ("50", "", ("",), ("AE", "101"), (1, 9999))):
        answer = code(exchange(pump, order(rate, volume, *units)))
        check(f"{name}: order of rate {rate or '-'} volume {volume or '-'} {' '.join(units)} gets "
              f"{' '.join(wanted)}", answer == (wanted[0], "MSG1", *wanted[1:]) and
              (number(pump, RATE), number(pump, VTBI)) == shown, answer)


def check_messages(check, pump, name):
    for what, text, wanted in (
            ("admission", message("ADT^A01^ADT_A01", "EVN||20260101", "PID|||1||M\\T\\\\X41\\x^Y",
                                  "PV1||I|WARD 7^101"), ("AA", "MSG1")),
            ("result", message("ORU^R01", "OBX|1|NM|HR||72"), ("AA", "MSG1")),
            ("result that is no number", message("ORU^R01", "OBX|1|NM|HR||7x"), ("AE", "MSG1", "102")),
            ("unknown type", message("QBP^Q11"), ("AR", "MSG1", "200")),
            ("unknown event", message("ADT^A99"), ("AR", "MSG1", "201")),
            ("training", message("ADT^A08").replace(b"|P|", b"|T|"), ("AR", "MSG1", "202")),
            ("another version", message("ADT^A08").replace(b"|2.5", b"|3.0"), ("AR", "MSG1", "203")),
            ("no control id", message("ADT^A08", control_id=""), ("AR", "", "101")),
            ("separators that are letters", message("ADT^A08").replace(b"MSH|^", b"MSH|A"),
             ("AR", "", "102")),
            ("no header", b"PID|1\r", ()), ("acknowledgment", message("ACK^A01", "MSA|AA|1"), ())):
        answer = code(exchange(pump, text, 2.0 if wanted else 0.1))
        check(f"{name}: {what} gets {' '.join(wanted) or 'silence'}", answer == wanted, answer)
    labels = register(pump, PATIENT, 8), register(pump, WARD, 8)
    check(f"{name}: labels are those of the admission",
          labels == (b"M&Ax".ljust(16, b"\0"), b"WARD 7".ljust(16, b"\0")), labels)


def check_blocks(check, pump, name):
    with connect(pump) as connection:
        connection.sendall(b"?" + block(message("ADT^A08", control_id="1")) +
                           block(message("ADT^A08", control_id="2")))
        text = receive(connection) or b""
        check(f"{name}: two blocks at once are both answered", b"MSA|AA|1\r" in text and
              b"MSA|AA|2\r" in text + (b"" if b"MSA|AA|2" in text else receive(connection) or b""))
        for byte in block(message("ADT^A08")):
            connection.sendall(bytes([byte]))
        check(f"{name}: byte by byte", code(receive(connection)) == ("AA", "MSG1"))
    long_id = "x" * 65000
    check(f"{name}: a control id of 65,000 characters comes back",
          code(exchange(pump, message("ADT^A08", control_id=long_id), 5.0)) == ("AA", long_id))
    with connect(pump) as connection:
        connection.sendall(b"\x0b" + b"A" * 65537)
        check(f"{name}: a block that is too long ends the connection",
              receive(connection, 5.0) is None and is_alive(pump))
    with connect(pump) as connection:
        connection.sendall(b"\x0bMSH|")
        check(f"{name}: half a block is waited for no longer than half a second",
              receive(connection, 3.0) is None and is_alive(pump))


def check_hl7(check, pump, name):
    check(f"{name}: lives on both ports", pump.is_alive() and is_alive(pump))
    check_orders(check, pump, name)
    check_messages(check, pump, name)
    check_blocks(check, pump, name)


# -------------------------------------------------------------------------------- defects
def h01(pump):
    return exchange(pump, message("ADT^A08", control_id="1" * 200), 0.5)


def h02(pump):
    return exchange(pump, message("ADT^A01", *34 * ["OBX|1"]), 0.5)


def h03(pump):
    return exchange(pump, message("ADT^A01", "PID|||||" + 100 * "\\\\"), 0.5)


def h04(pump):
    answer = code(exchange(pump, order("6554")))
    return answer, number(pump, RATE) if pump.is_alive() else None


# Of each: what it is, its trigger, and what the fixed image answers; h04 shows in the rate, the others fault.
DEFECTS = [("H01", "control id copied", h01, ("AA", "1" * 200)),
           ("H02", "segments not counted", h02, ("AE", "MSG1", "207")),
           ("H03", "escapes not counted", h03, ("AA", "MSG1")),
           ("H04", "rate wraps", h04, (("AE", "MSG1", "102"), 500))]
WRAPPED = (("AA", "MSG1"), 4)
