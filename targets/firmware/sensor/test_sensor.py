#!/usr/bin/env python3
"""Proves the sensor's firmware under QEMU: its states, that the fixed image refuses what is
malformed or out of place, and that every entry of DEFECTS.md does what it says.

usage: test_sensor.py FOLDER     (FOLDER holds the two sensor-*.elf)
Exit status: the number of failed checks, at most 100.
"""
import sys

sys.dont_write_bytecode = True  # leave the source folder as it was
from port import (AARQ, ABRT, BUTTON, EVENT_SCAN, H, HOLD, INFORMATION, RLRE, RLRQ, Sensor, aare,
                  apdu, config_response, counted, event_response, get, invoke_of, prst, set_time,
                  u2)
from emulator import faults, prove

ROUNDS = 50
TIME = H("2026 11 21 08 30 00 00")
REPORT = H("0101 003C 0000 FFFFFFFF 0D1C 0032 4000 0002 002C"
           "0006 0001 0002 000E 092F 0004 0002 4BB8 0996 0002 0220"
           "0006 000A 0002 000E 092F 0004 0002 481A 0996 0002 0AA0")
SECOND = H("0101 0026 0000 FFFFFFFF 0D1C 001C 0190 0001 0016"
           "0006 0001 0002 000E 092F 0004 0002 4BB8 0996 0002 0220")
SCAN = H("0101 002E 0000 FFFFFFFF 0D1D 0024 F000 0000 0002 001C"
         "0001 000A 005F 20260101 12000000 000A 000A 003C 20260101 12000000")
ABORTED, TIMED_OUT, NOT_CONFIGURED, TOO_LONG = (apdu(0xE600, u2(n)) for n in (0, 2, 3, 1))
REJECTED, PATIENCE = apdu(0xE300, H("0001 0000 0000")), 2.0  # seconds; every wait is shorter


def operation(message):
    """What a PRST APDU holds behind its invoke identifier."""
    return message[8:]


def answer(code, data):
    return u2(code) + counted(data)


# --------------------------------------------------------------------------- valid traffic
def check_states(check, s, name):
    wrong = 0
    for _ in range(ROUNDS):
        right = s.operate() and operation(s.ask(get()))[:2] == H("0203")
        report = s.ask(BUTTON)
        s.tell(event_response(invoke_of(report), EVENT_SCAN))
        wrong += not right or s.ask(RLRQ) != RLRE or s.tell(ABRT) != b""
    check(f"{name}: {ROUNDS} associations, readings and releases", wrong == 0, wrong)
    s.reset()
    check(f"{name}: association request", s.ask(BUTTON) == AARQ and s.ask(BUTTON) == AARQ)
    report = s.ask(aare())
    check(f"{name}: configuration report", operation(report) == REPORT, report.hex())
    check(f"{name}: attributes before the configuration is accepted",
          operation(s.ask(get(0x0A44))) == answer(0x0203, H("0000 0001 0006 0A44 0002 4000")))
    second = s.ask(config_response(invoke_of(report), result=1))
    check(f"{name}: the second configuration", operation(second) == SECOND, second.hex())
    check(f"{name}: no more configurations", s.ask(config_response(
        invoke_of(second), 0x0190, 1)) == apdu(0xE400, u2(1)) and s.tell(RLRE) == b"")
    s.ask(BUTTON)
    check(f"{name}: a known configuration", s.tell(aare(0)) == b"" and
          operation(s.ask(BUTTON)) == SCAN)
    check(f"{name}: attributes", operation(s.ask(get())) == answer(
        0x0203, H("0000 0005 0042 0A5A 0008 0001 0004 1004 0001"
                  "0928 0012 0008 7065726375737320 0006 504F2D313020"
                  "0984 000A 0008 1122334455667788 0A44 0002 4000 0987 0008 20260101 12000000")))
    check(f"{name}: sets the time", operation(s.ask(set_time(TIME))) ==
          answer(0x0207, H("0000 0C17 0000")) and s.ask(get(0x0987)).endswith(TIME))
    check(f"{name}: switched off", s.ask(HOLD) == RLRQ and s.ask(BUTTON) == RLRQ
          and s.ask(RLRQ) == RLRE and s.tell(RLRE) == b"" and s.tell(HOLD) == b"")
    check(f"{name}: no fault, no reset", s.guest_resets() == 0)


# ------------------------------------------------------------------ out of place, malformed
def to_unassociated(s):
    s.tell(ABRT)


def to_associating(s):
    to_unassociated(s)
    s.ask(BUTTON)


def to_disassociating(s):
    s.operate()
    s.ask(HOLD)


GOOD = {"AARQ": AARQ, "AARE": aare(), "RLRQ": RLRQ, "RLRE": RLRE, "ABRT": ABRT,
        "get": get(0x0A44), "response": config_response(0x7777), "button": BUTTON}
# What answers each of GOOD; None: checked elsewhere.
PLACES = {
    "unassociated": (to_unassociated, [REJECTED, ABORTED, ABORTED, b"", b"", ABORTED, ABORTED,
                                       AARQ]),
    "associating": (to_associating, [REJECTED, None, ABORTED, ABORTED, b"", ABORTED, ABORTED,
                                     AARQ]),
    "configuring": (Sensor.configure, [ABORTED, ABORTED, RLRE, ABORTED, b"", None, ABORTED,
                                       None]),
    "operating": (Sensor.operate, [ABORTED, ABORTED, RLRE, ABORTED, b"", None, ABORTED, None]),
    "disassociating": (to_disassociating, [ABORTED, ABORTED, RLRE, b"", b"", ABORTED, ABORTED,
                                           RLRQ]),
}


def check_places(check, s, name):
    for place, (go, replies) in PLACES.items():
        wrong = []
        for (what, message), expected in zip(GOOD.items(), replies):
            if expected is not None:
                go(s)
                reply = s.ask(message, 2.0 if expected else 0.1)
                if reply != expected:
                    wrong.append((what, reply.hex()))
        check(f"{name}: {place}: what is out of place", not wrong, wrong)


INFO = INFORMATION
BAD_AARE = {
    "other protocol": aare(protocol=0x5078), "no information": aare(information=b""),
    "version 2": aare(information=b"\x40" + INFO[1:]),
    "XER": aare(information=INFO[:4] + H("4000") + INFO[6:]),
    "an agent": aare(information=INFO[:14] + H("00800000") + INFO[18:]),
    "identifier of 7": aare(information=INFO[:18] + H("0007") + INFO[20:]),
    "identifier of FFFF": aare(information=INFO[:18] + H("FFFF") + INFO[20:]),
    "our own identifier": aare(information=INFO[:20] + H("1122334455667788") + INFO[28:]),
    "an option": aare(information=INFO[:-4] + H("0001 0000")),
    "a byte too many": aare(information=INFO + b"\0"), "result alone": apdu(0xE300, H("0003")),
    "nothing": apdu(0xE300, b""),
}


def check_association(check, s, name):
    wrong = []
    for what, message in BAD_AARE.items():
        to_associating(s)
        if s.ask(message) != ABORTED or s.ask(BUTTON) != AARQ:
            wrong.append(what)
    check(f"{name}: {len(BAD_AARE)} bad responses abort the association", not wrong, wrong)
    to_associating(s)
    check(f"{name}: turned down", s.tell(aare(1)) == b"" and s.ask(get()) == ABORTED)


STRUCTURE, NO_OBJECT, NO_ACTION, NOT_ALLOWED, UNKNOWN, RESOURCES = (
    H(text) for text in ("0400 0002 0002", "0300 0004 0001 0000", "0300 0004 0009 0000",
                         "0300 0004 0018 0000", "0400 0002 0065", "0400 0002 0067"))
REFUSED = [  # request, what stands in the reply behind the invoke identifier
    (get(handle=1), NO_OBJECT), (prst(7, 0x0103, H("0000 0001 0004 0984 0928")), STRUCTURE),
    (prst(7, 0x0103, H("0000 0002 0002 0984")), STRUCTURE), (prst(7, 0x0103, b""), STRUCTURE),
    (prst(7, 0x0103, H("0000 FFFF 0000")), STRUCTURE), (get(*[0x0A5A] * 50), RESOURCES),
    (prst(7, 0x0103, H("0000 0001 0003 0984")), STRUCTURE),
    (set_time(TIME, action=0x0C18), NO_ACTION), (set_time(TIME, handle=1), NO_OBJECT),
    (set_time(TIME + b"\0"), STRUCTURE), (set_time(TIME[:-1]), STRUCTURE),
    (set_time(H("2026 13 21 08 30 00 00")), STRUCTURE),
    (set_time(H("2026 11 00 08 30 00 00")), STRUCTURE),
    (set_time(H("2026 1A 21 08 30 00 00")), STRUCTURE),
    (prst(7, 0x0105, b""), NOT_ALLOWED), (prst(7, 0x0104, b""), NOT_ALLOWED),
    (prst(7, 0x0101, b""), UNKNOWN), (prst(7, 0x0000, b""), UNKNOWN),
]
BROKEN = [  # abort the association
    apdu(0xE700, b""), apdu(0xE700, H("0002 0001")), apdu(0xE700, H("0007 0007 0103 0000")),
    apdu(0xE700, H("0006 0007 0103 0001")), apdu(0xE700, H("FFFF 0007 0103 0000")),
    prst(7, 0x0200, b""), prst(7, 0x0300, H("0001 0000")), prst(7, 0xFFFF, b""),
    apdu(0xE400, b""), apdu(0xE500, H("000000")), apdu(0x0000, b""), apdu(0xE701, b""),
    H("E7000000 00"), H("E700"), H("E70000FF 00"),
]


def check_operations(check, s, name):
    s.operate()
    wrong = [(m.hex(), r.hex()) for m, want in REFUSED
             for r in [s.ask(m)] if operation(r) != want or r[6:8] != m[6:8]]
    check(f"{name}: {len(REFUSED)} operations refused", not wrong, wrong)
    check(f"{name}: without effect", s.ask(get(0x0987)).endswith(H("20260101 12000000")))
    wrong = [(m.hex()) for m in BROKEN if not s.operate() or s.ask(m) != ABORTED]
    check(f"{name}: {len(BROKEN)} broken APDUs abort the association", not wrong, wrong)
    s.operate()
    check(f"{name}: too long", s.ask(apdu(0xE700, bytes(221))) == TOO_LONG
          and s.ask(apdu(0xE700, bytes(9000))) == TOO_LONG and s.is_alive())


def check_responses(check, s, name):
    wrong = []
    for what, change in {
            "invoke identifier": lambda i: config_response(i + 1),
            "other configuration": lambda i: config_response(i, 0x4001),
            "configuration 0": lambda i: config_response(i, 0),
            "result 3": lambda i: config_response(i, result=3),
            "other event": lambda i: event_response(i, EVENT_SCAN),
            "no result": lambda i: event_response(i, 0x0D1C, H("4000")),
            "an error": lambda i: prst(i, 0x0300, H("0001 0000"))}.items():
        report = s.configure()
        if s.ask(change(invoke_of(report))) != ABORTED:
            wrong.append(what)
    check(f"{name}: bad responses to the configuration", not wrong, wrong)
    s.operate()
    report = s.ask(BUTTON)
    response = event_response(invoke_of(report), EVENT_SCAN)
    check(f"{name}: a reading is repeated until it is confirmed", s.ask(BUTTON) == report
          and s.tell(response) == b"" and s.ask(BUTTON) not in (report, b""))
    check(f"{name}: an old response aborts", s.ask(response) == ABORTED)


def check_patience(check, s, name):
    to_associating(s)
    check(f"{name}: association is tried three times", [s.receive(PATIENCE) for _ in range(4)] ==
          [AARQ, AARQ, TIMED_OUT, b""])
    s.configure()
    check(f"{name}: configuration times out", s.receive(PATIENCE) == NOT_CONFIGURED)
    s.operate()
    s.ask(BUTTON)
    check(f"{name}: a reading times out", s.receive(PATIENCE) == TIMED_OUT)
    to_disassociating(s)
    check(f"{name}: release times out", s.receive(PATIENCE) == TIMED_OUT)


# ---------------------------------------------------------------------------------- defects
def overlong(s):
    s.operate()
    return s.ask(prst(7, 0x0103, H("0000 0000 0000") + b"A" * 400), 0.5)


def long_identifier(s):
    to_associating(s)
    return s.ask(aare(information=INFO[:18] + H("00B0") + b"A" * 0xB0), 0.5)


def trusted_count(s):
    s.operate()
    s.ask(get(0x0A44, 0x0A44, 0x0A44))
    return s.ask(prst(7, 0x0103, H("0000 0003 0002 0A44")))


def unassociated_get(s):
    to_unassociated(s)
    return s.ask(get(0x0A44))


def stale_response(s):
    report = s.configure()
    return s.tell(config_response(invoke_of(report) + 1)) or operation(s.ask(BUTTON))[10:12]


def configuration(number):
    def run(s):
        report = s.configure()
        return s.ask(config_response(invoke_of(report), number), 0.5)
    return run


def many_attributes(s):
    s.operate()
    return s.ask(get(*[0x0A5A] * 100), 0.5)


def other_protocol(s):
    to_associating(s)
    return s.ask(aare(protocol=0x5078), 0.5)


def no_date(s):
    s.operate()
    s.ask(set_time(H("9999 99 99 99 99 99 99")))
    return s.ask(get(0x0987))[-8:]


def aborts_and_faults(s, reply):
    good, detail = faults(s, b"")
    return good and reply == ABORTED, detail


def gives(reply):
    return lambda s, found: (found == reply and s.guest_resets() == 0, found.hex())


def ends(reply):
    return lambda s, found: (found[8:] == reply and s.guest_resets() == 0, found.hex())


# id, what, trigger, judge of the defective image, judge of the fixed image
DEFECTS = [
    ("S01", "overlong APDU", overlong, faults, gives(TOO_LONG)),
    ("S02", "identifier's length", long_identifier, aborts_and_faults, gives(ABORTED)),
    ("S03", "count trusted", trusted_count,
     ends(answer(0x0203, H("0000 0003 0012") + H("0A44 0002 4000") * 3)), ends(STRUCTURE)),
    ("S04", "data before association", unassociated_get,
     ends(answer(0x0203, H("0000 0001 0006 0A44 0002 4000"))), gives(ABORTED)),
    ("S05", "invoke identifier", stale_response, gives(H("0D1D")), gives(ABORTED)),
    ("S06", "configuration identifier", configuration(0), faults, gives(ABORTED)),
    ("S07", "reply overflow", many_attributes, faults, ends(RESOURCES)),
    ("S08", "protocol not compared", other_protocol,
     lambda s, found: (found[:2] == H("E700"), found.hex()), gives(ABORTED)),
    ("S09", "no date", no_date, gives(H("9999999999999999")), gives(H("2026010112000000"))),
]


if __name__ == "__main__":
    sys.exit(prove(Sensor, "sensor 1.0", [check_states],
                   [check_places, check_association, check_operations, check_responses,
                    check_patience],
                   DEFECTS, __doc__))
