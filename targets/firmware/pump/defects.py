"""Which planted defect (DEFECTS.md) a finding shows: by what its minimised reproducer sends."""
import json
import os


def word(frame, at):
    return int.from_bytes(frame[at:at + 2], "big")


def service(pdu, sub):
    return pdu[:2] == bytes([0x64, sub])


# What the request has that DEFECTS.md names: the fixed pump refuses each of these. `p` is the
# request without address and CRC, `f` the same with the CRC: a count that is cut off is read there.
DEFECTS = {
    "D01": lambda p, f: p[0] == 0x10 and 16 <= word(p, 1) < 32 and len(f) > 5 and f[5] >= 0x11,
    "D02": lambda p, f: service(p, 6) and len(p) > 5,
    "D03": lambda p, f: p[0] == 4 and len(p) == 5 and word(p, 1) + word(p, 3) > 16,
    "D04": lambda p, f: service(p, 7) and len(p) == 6 and p[5] == 0,
    "D05": lambda p, f: service(p, 9) and len(p) == 8 and p[2] >= 0x80,
    "D06": lambda p, f: p[0] == 8 and len(p) > 2 and 2 <= word(p, 1) <= 9,
    "D07": lambda p, f: service(p, 8) and len(p) == 4 and word(p, 2) > 16,
    "D08": lambda p, f: p[0] == 6 and len(p) != 5,
    "D09": lambda p, f: p[0] == 0x16 and len(p) == 7,
    "D10": lambda p, f: p[:2] == b"\x2b\x0e",
    "D11": lambda p, f: service(p, 3) and len(p) > 5 and word(p, 3) + p[5] > 0x40,
    "D12": lambda p, f: p[0] == 1 and len(p) == 5 and word(p, 3) == 0,
    "D13": lambda p, f: p[0] == 5 and len(p) == 5 and word(p, 3) not in (0, 0xff00),
    "D14": lambda p, f: p[0] == 0x0f and len(p) > 5 and (word(p, 3) + 7) // 8 != p[5],
    "D15": lambda p, f: p[0] == 0x17 and len(p) > 8 and
           (word(p, 1) + word(p, 3) > 0xffff or word(p, 5) + word(p, 7) > 0xffff),
    "D16": lambda p, f: service(p, 1) and len(p) < 4,
    "D17": lambda p, f: p[0] == 8 and len(p) > 2 and word(p, 1) == 0 and len(p) % 2 == 0,
}
# What is done silently shows in values that are read; a fault says where it was.
SHOWN_BY = {"D09": {"invariant", "state"}}
PLACES = {"write_label": "D01"}


def defect_of(folder):
    """(defect, title): the planted defect of which a finding's reproducer has the trigger, its
    last message first, as that is what failed; None when it has none."""
    with open(os.path.join(folder, "reproducer.percuss"), encoding="utf-8") as file:
        reproducer = json.load(file)
    for place, name in PLACES.items():
        if place in reproducer["title"]:
            return name, reproducer["title"]
    for step in reversed(reproducer["steps"]):
        frame = bytes.fromhex(step["bytes"])[1:]
        for name, has_trigger in DEFECTS.items():
            if (len(frame) > 2 and reproducer["oracle"] in
                    SHOWN_BY.get(name, {reproducer["oracle"]}) and has_trigger(frame[:-2], frame)):
                return name, reproducer["title"]
    return None, reproducer["title"]
