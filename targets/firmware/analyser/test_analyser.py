#!/usr/bin/env python3
"""Proves the analyser's firmware under QEMU: the protocol of both directions, that the fixed
image refuses what is malformed, and that every entry of DEFECTS.md does what it says.

usage: test_analyser.py FOLDER     (FOLDER holds the two analyser-*.elf)
Exit status: the number of failed checks, at most 100.
"""
import sys

sys.dont_write_bytecode = True  # leave the source folder as it was
from port import ACK, ENQ, EOT, ETB, NAK, STX, Analyser, checksum, frame
from emulator import faults, prove

SESSIONS = 200
H, L, P = "H|\\^&|||HOST", "L|1|N", "P|1|PAT7|||Doe^Jane"
LATE = 3.0  # seconds; longer than the sender's wait of 1.5 s, LINK_SCALE 10
RECEIVER = 4.5  # likewise for the receiver's 3 s


def order(specimen, tests="^^^GLU", rest="|R"):
    return f"O|1|{specimen}||{tests}{rest}"


# ------------------------------------------------------------------------- valid traffic
def check_sessions(check, a, name):
    wrong = 0
    for i in range(SESSIONS):
        specimen = f"S{i}"
        replies = a.send([H, P, order(specimen, "^^^GLU\\^^^K"), L])
        records = a.query(specimen)
        wrong += replies != ACK * 5 or not records or len(records) != 6
    check(f"{name}: {SESSIONS} orders stored and their results sent", wrong == 0, wrong)
    records = a.query(f"S{SESSIONS - 1}", "^^^K")
    check(f"{name}: the answer's records", records is not None
          and records[0] == "H|\\^&|||CA-20^1.0|||||HOST||P|LIS2-A2"
          and records[1] == "P|1|PAT7|||Doe^Jane"
          and records[2] == f"O|1|S{SESSIONS - 1}||^^^GLU\\^^^K|R"
          and records[3].startswith("R|1|^^^K|") and records[3].endswith("|mmol/L|3.5 to 5.1|N||F")
          and records[4:] == ["L|1|F"])
    check(f"{name}: nothing known", a.query("NONE") == [
        "H|\\^&|||CA-20^1.0|||||HOST||P|LIS2-A2", "L|1|I"])
    everything = a.query("ALL")
    check(f"{name}: the latest 16 orders are kept",
          everything and sum(r.startswith("O|") for r in everything) == 16)
    check(f"{name}: no fault, no reset", a.guest_resets() == 0)


def check_messages(check, a, name):
    comment = "It was taken fasting; " * 13
    a.send([H, P, order("LONG"), f"C|1|I|{comment}|G", L])
    records = a.query("LONG")
    check(f"{name}: a record in two frames, there and back",
          records and f"C|1|I|{comment}|G" in records)
    a.send(["H!~*%", "P!1!P9!!!O%X7C%Hara*Mary", "O!1!ODD|1!!***GLU~***NA!S", L.replace("|", "!")])
    records = a.query("ODD&F&1")
    check(f"{name}: other delimiters, escapes", records and records[1:3] == [
        "P|1|P9|||O&F&Hara^Mary", "O|1|ODD&F&1||^^^GLU\\^^^NA|S"])
    a.send([H, P, order("GONE"), L])
    a.send([H, P, order("GONE", rest="|R||||||C"), L])
    check(f"{name}: an order is cancelled", a.orders("GONE") == [])
    check(f"{name}: results and maker's records are ignored",
          a.send([H, P, "M|1|x", order("MORE"), "R|1|^^^GLU|5", "S|1", L]) == ACK * 8
          and a.orders("MORE") == ["O|1|MORE||^^^GLU|R"])
    a.ask(ENQ)
    text = "\r".join([H, P, order("ONE"), L]).encode() + b"\r"
    check(f"{name}: several records in one frame", a.ask(frame(1, text)) == ACK
          and a.tell(EOT) == b"" and len(a.orders("ONE")) == 1)


# ------------------------------------------------------------------------------ link layer
def check_receiving(check, a, name):
    check(f"{name}: idle is silent", a.tell(b"x" + EOT + ACK + frame(1, b"H\r")) == b"")
    check(f"{name}: ENQ is acknowledged", a.ask(ENQ) == ACK)
    good = frame(1, H.encode() + b"\r")
    wrong = {
        "wrong checksum": good[:-4] + b"00\r\n", "frame number 2": frame(2, H.encode() + b"\r"),
        "frame number 0": frame(0, H.encode() + b"\r"),
        "no ETX": STX + b"1" + H.encode() + b"\r" + b"00\r\n",
        "no CR": good[:-2] + b"\n", "short": STX + b"\n",
        "text of 241": frame(1, b"x" * 241), "text of 3000": frame(1, b"x" * 3000),
        "ENQ in the text": frame(1, b"H" + ENQ), "letter as number": STX + b"A\x03" + checksum(
            b"A\x03") + b"\r\n",
        "number 8": STX + b"8\x03" + checksum(b"8\x03") + b"\r\n",
    }
    for what, data in wrong.items():
        check(f"{name}: NAK for {what}", a.ask(data) == NAK)
    check(f"{name}: the good one is acknowledged, noise before it or not", a.ask(b"noise" + good)
          == ACK)
    check(f"{name}: so is its repetition", a.ask(good) == ACK)
    check(f"{name}: STX begins anew", a.ask(STX + b"2P|1" + frame(2, P.encode() + b"\r")) == ACK)
    for i, text in enumerate([order("WRAP")] + ["C|1|I|x|G"] * 8 + [L]):
        if a.ask(frame(3 + i, text.encode() + b"\r")) != ACK:
            check(f"{name}: frame numbers wrap", False, i)
    a.tell(EOT)
    check(f"{name}: the repeated frame counted once, numbers wrapped", a.orders("WRAP") ==
          ["O|1|WRAP||^^^GLU|R"])
    a.ask(ENQ)
    longest = b"C|1|I|" + b"y" * 234
    check(f"{name}: text of 240", a.ask(frame(1, longest)) == ACK)
    check(f"{name}: EOT in a frame ends the session", a.tell(STX + b"2" + EOT) == b""
          and a.is_alive())


def check_timeouts(check, a, name):
    a.ask(ENQ)
    a.ask(frame(1, H.encode() + b"\r"))
    check(f"{name}: the receiver gives up", a.console("receiving -> idle", RECEIVER) is not None
          and a.ask(ENQ) == ACK)
    a.tell(EOT)
    ask = [H, "Q|1|^NONE||ALL", L]
    a.send(ask)
    check(f"{name}: the sender gives up after ENQ", a.receive(2) == ENQ
          and a.receive(LATE) == EOT and a.ask(ENQ) == ACK)
    a.tell(EOT)
    a.send(ask)
    check(f"{name}: and after a frame", a.receive(2) == ENQ and a.ask(ACK)[:2] == STX + b"1"
          and a.receive(LATE) == EOT)
    a.send(ask)
    check(f"{name}: NAK to ENQ: it calls again, and is busy meanwhile", a.receive(2) == ENQ
          and a.ask(NAK, 0.2) == b"" and a.ask(ENQ) == NAK and a.receive(LATE) == ENQ)
    check(f"{name}: contention: the analyser goes first", a.ask(ENQ, 2) == ENQ
          and a.take() is not None)
    a.send(ask)
    a.receive(2)
    first = a.ask(ACK)
    again = [a.ask(NAK) for _ in range(6)]
    check(f"{name}: a frame is sent six times", again == [first] * 5 + [EOT])
    a.send(ask)
    check(f"{name}: EOT interrupts it", a.receive(2) == ENQ and a.ask(ACK) == first
          and a.ask(EOT) == EOT and a.ask(ENQ) == ACK)
    a.tell(EOT)


# ------------------------------------------------------------------------- malformed input
REFUSED = [  # records of a message that must have no effect
    [order("BAD")], [P, order("BAD"), L], [H, order("BAD"), L], [H, H, P, order("BAD"), L],
    [H, P, order("BAD")], [H, P, order("BAD"), "L|x|N"], [H, P, order("BAD"), "L|1|X"],
    [H, P, order("BAD"), "L|1|T"], [H, P, order("BAD"), ""], [H, P, order("BAD"), "Z|1", L],
    [H, P, order("BAD"), "l|1|N"], [H, P, order("BAD"), "PX|1", L],
    ["H||||", P, order("BAD"), L], ["H|\\^A", P, order("BAD"), L], ["H|\\", P, order("BAD"), L],
    ["H|\\^\\|", P, order("BAD"), L], ["H|\\^&x", P, order("BAD"), L],
    [H, "P|a|x", order("BAD"), L], [H, "P|1|" + "9" * 21, order("BAD"), L],
    [H, "P|1|P||| " + "n" * 33, order("BAD"), L], [H, "P|1|P|||" + "^" * 6, order("BAD"), L],
    [H, P, order("BAD") + "X", L], [H, P, order("BAD", "^^^XYZ"), L],
    [H, P, order("BAD", ""), L], [H, P, order("BAD", "\\".join(["^^^GLU"] * 9)), L],
    [H, P, order("BAD", "^" * 9), L], [H, P, order("BAD", rest="|R||||||Z"), L],
    [H, P, order("BAD"), order(""), L], [H, P, order("BAD"), order("B" * 21), L],
    [H, P, order("BAD"), "O|0|S||^^^GLU", L], [H, P] + [order("BAD")] * 5 + [L],
    [H, P, order("BAD"), "C|1|I|" + "c" * 301 + "|G", L],
    [H, P, order("BAD"), "C|1|I|&X41|G", L], [H, P, order("BAD"), "C|1|I|&X0A&|G", L],
    [H, P, order("BAD"), "C|1|I|" + "c" * 1100 + "|G", L],
    [H, P, order("BAD"), "Q|1|^S||ALL", L], [H, "Q|1|^S||ALL", "Q|1|^S||ALL", L],
    [H, "Q|1|^S||ALL", P, order("BAD"), L],
    [H, "Q|1|||ALL", L], [H, "Q|1|^S||^^^XYZ", L], [H, "Q|1|^S||ALL"], ["Q|1|^S||ALL", L],
]


def check_refusals(check, a, name):
    wrong = []
    for records in REFUSED:
        a.text = ""
        replies = a.send(records)
        if set(replies) != set(ACK) or a.receive(0.1) or not a.console("message refused", 1) \
                or a.orders("BAD") != []:
            wrong.append(records)
    check(f"{name}: {len(REFUSED)} malformed messages have no effect", not wrong, wrong)
    a.ask(ENQ)
    a.ask(frame(1, H.encode()))
    a.tell(EOT)
    check(f"{name}: a record without CR", a.console("refused: record without end") is not None)


# -------------------------------------------------------------------------------- defects
def starves_watchdog(a, _reply):
    line = a.console("WATCHDOG")
    banner = line and a.console("reset=watchdog")
    return bool(banner) and a.guest_resets() > 0 and a.is_alive(), line


def orders_are(number):
    def judge(a, _reply):
        a.tell(EOT)
        found = a.orders("DUP")
        return found is not None and len(found) == number, found
    return judge


def is_acknowledged(_a, reply):
    return reply == ACK, reply


def stays_deaf(a, _reply):
    came = a.receive(2 * LATE)
    return came == b"" and a.ask(ENQ, 0.5) != ACK, came


def overlong(a):
    a.ask(ENQ)
    return a.ask(frame(1, b"H" + b"x" * 999), 0.5)


def lower_case(a):
    a.ask(ENQ)
    text = next(t for t in (b"C|1|I|%d\r" % i for i in range(99)) if b"A" <= frame(1, t)[-3:-2]
                or b"A" <= frame(1, t)[-4:-3])
    return a.ask(frame(1, text)[:-4] + frame(1, text)[-4:].lower())


def repeat(a):
    for i, record in enumerate([H, P, order("DUP"), L]):
        i or a.ask(ENQ)
        a.ask(frame(1 + i, record.encode() + b"\r"))
        if record.startswith("O"):
            a.ask(frame(1 + i, record.encode() + b"\r"))
    a.tell(EOT)


def no_terminator(a):
    a.send([H, P, order("DUP")])


def unanswered(a):
    a.send([H, "Q|1|^NONE||ALL", L])
    return a.receive(2)


def exchange(*records):
    """Sends the records; the reply to the last one is returned."""
    def run(a):
        a.ask(ENQ)
        reply = b""
        for i, record in enumerate(records):
            reply = a.ask(frame(1 + i, record.encode() + b"\r"), 1.0)
        return reply
    return run


def long_record(a):
    a.ask(ENQ)
    a.ask(frame(1, H.encode() + b"\r"))
    for i in range(5):
        a.ask(frame(2 + i, b"C|1|I|" + b"A" * 234, ETB))
    return a.ask(frame(7, b"A|G\r"), 0.5)


def gets(reply):
    return lambda a, found: (found == reply and a.guest_resets() == 0 and a.is_alive(), found)


def gives_up(a, _reply):
    return a.receive(LATE) == EOT and a.ask(ENQ) == ACK, ""


# id, what, trigger, judge of the defective image, judge of the fixed image
DEFECTS = [
    ("A01", "overlong text", overlong, faults, gets(NAK)),
    ("A02", "lower-case checksum", lower_case, is_acknowledged, gets(NAK)),
    ("A03", "repeated frame", repeat, orders_are(2), orders_are(1)),
    ("A04", "components by another delimiter", exchange(
        "H|\\!&", P, order("S", "!" * 200)), faults, gets(ACK)),
    ("A05", "no terminator", no_terminator, orders_are(1), orders_are(0)),
    ("A06", "host does not reply", unanswered, stays_deaf, gives_up),
    ("A07", "name too long", exchange(H, "P|1|P|||" + "A" * 200), faults, gets(ACK)),
    ("A08", "record too long", long_record, faults, gets(ACK)),
    ("A09", "record type without handler", exchange(H, "Z|1"), faults, gets(ACK)),
    ("A10", "unknown escape", exchange(H, P, order("S"), "C|1|I|&Z&|G"), starves_watchdog,
     gets(ACK)),
]


if __name__ == "__main__":
    sys.exit(prove(Analyser, "analyser 1.0", [check_sessions, check_messages],
                   [check_receiving, check_timeouts, check_refusals],
                   DEFECTS, __doc__))
