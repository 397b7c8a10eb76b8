#!/usr/bin/env python3
"""Proves the pump firmware under QEMU: valid traffic is always answered, the fixed image
refuses everything malformed, and every entry of DEFECTS.md does what it says.

usage: test_pump.py [--requests N] FOLDER     (FOLDER holds the four pump-*.elf)
Exit status: the number of failed checks, at most 100.
"""
import argparse
import os
import sys

sys.dont_write_bytecode = True  # leave the source folder as it was
from port import Pump, crc16, frame
from emulator import MACHINES, Checks, run_images

LOST_PER_MILLE = 1  # tolerated on a host so busy that frames split; each is sent again once
JOBS = 200

H = bytes.fromhex
UNLOCK = H("64015A17")
BLOCK = bytes(range(64))


# ------------------------------------------------------------------------- valid traffic
# Request and the start of its reply. HH stands for the handle of the open transfer.
EXEMPLARS = [
    ("01 0000 0010", "01 02"), ("02 0000 0010", "02 02"), ("02 0003 0009", "02 02"),
    ("03 0000 0020", "03 40"), ("03 0001 0001", "03 02 01F4"), ("04 0000 0010", "04 20"),
    ("05 0006 FF00", "05 0006 FF00"), ("05 0006 0000", "05 0006 0000"),
    ("06 0001 01F4", "06 0001 01F4"), ("06 000F FFFF", "06 000F FFFF"),
    ("06 0000 0000", "06 0000 0000"), ("07", "07"),
    ("08 0000 A537", "08 0000 A537"), ("08 0000 01020304", "08 0000 01020304"),
    ("08 000A 0000", "08 000A 0000"), ("08 000B 0000", "08 000B"), ("08 000C 0000", "08 000C"),
    ("08 000D 0000", "08 000D"), ("08 000E 0000", "08 000E"), ("08 000F 0000", "08 000F"),
    ("0F 0006 000A 02 FF03", "0F 0006 000A"), ("0F 0006 000A 02 0000", "0F 0006 000A"),
    ("10 0001 0003 06 01F4 01F4 0000", "10 0001 0003"),
    ("10 0010 0010 20" + "4A6F 686E 2044 6F65 2020 2020 2020 2020" * 2, "10 0010 0010"),
    ("10 0018 0002 04 4943 5520", "10 0018 0002"), ("11", "11 09 50 00 49502D3530 0102"),
    ("16 000F 00F2 0025", "16 000F 00F2 0025"),
    ("17 0010 0004 000E 0001 02 0007", "17 08 4A6F 686E 2044 6F65"),
    ("2B 0E 01 00", "2B0E 01 82 00 00 03 0007 70657263757373"),
    ("2B 0E 02 03", "2B0E 02 82 00 00 04 03"), ("2B 0E 04 05", "2B0E 04 82 00 00 01 05"),
    ("64 06 03 0180 80", "64 06 03 0180 80"), ("64 07 00 0A 0A 02", "64 07 00 05 03F2 03F4"),
    ("64 08 0010", "64 08 0010"),
    ("64 01 5A17", "64 01 1E"), ("64 02 00 0040", "64 02 00"),
    ("64 03 HH 0000 20" + BLOCK[:32].hex(), "64 03 HH 0000 20"),
    ("64 03 HH 0020 20" + BLOCK[32:].hex(), "64 03 HH 0020 20"),
    ("64 04 HH" + crc16(BLOCK).to_bytes(2, "big").hex(), "64 04 HH 00 0040"),
    ("64 06 00 0000 40", "64 06 00 0000 40" + BLOCK.hex()),
    ("64 09 00000010 1234", "64 09 00000010 1234"), ("64 05", "64 05"),
]


def run_exemplar(pump, exemplar, handle):
    """Returns the reply, whether it is right, the handle now open, and if it was lost once."""
    request, start = (text.replace("HH", f"{handle:02X}") for text in exemplar)
    reply = pump.ask(H(request), tries=1)
    lost = reply == b""
    if lost:
        reply = pump.ask(H(request), tries=1)
    if reply and reply[:2] == b"\x64\x02":
        handle = reply[3]
    return reply, bool(reply) and reply.startswith(H(start)), handle, lost


def check_valid_traffic(check, pump, name, requests):
    lost = wrong = handle = 0
    example = ""
    for i in range(requests):
        exemplar = EXEMPLARS[i % len(EXEMPLARS)]
        reply, right, handle, missed = run_exemplar(pump, exemplar, handle)
        lost += missed
        if not right:
            wrong += 1
            example = example or f"; {exemplar[0]} -> {reply and reply.hex()}"
    check(f"{name}: {requests} valid requests answered, rightly",
          wrong == 0 and lost * 1000 <= requests * LOST_PER_MILLE,
          f"{wrong} wrong, {lost} lost at first{example}")
    check(f"{name}: no fault, no reset, rate unchanged",
          pump.guest_resets() == 0 and rate(pump) == 500, f"rate {rate(pump)}")


# ---------------------------------------------------------------------------- fixed image
REFUSALS = [  # request, reply; nothing changes
    ("00", "80 01"), ("09", "89 01"), ("14 07 06 0001 0000 0001", "94 01"), ("7F", "FF 01"),
    ("01 0000 07D1", "81 03"), ("01 0000 0011", "81 02"), ("01 FFFF 0001", "81 02"),
    ("02 0000 0000", "82 03"), ("02 0010 0001", "82 02"),
    ("03 0000 0000", "83 03"), ("03 0000 007E", "83 03"), ("03 0000 0021", "83 02"),
    ("03 FFFF 0001", "83 02"), ("04 000F 0002", "84 02"), ("04 FFFF 0001", "84 02"),
    ("05 0010 FF00", "85 02"), ("05 0006 FF01", "85 03"), ("05 0001 FF00", "85 04"),
    ("06 0001 0000", "86 03"), ("06 0001 2710", "86 03"), ("06 0020 0001", "86 02"),
    ("06 0010 0141", "86 03"), ("06 0000 0040", "86 03"),
    ("08 0003 0000", "88 01"), ("08 0015 0000", "88 01"), ("08 000B 0001", "88 03"),
    ("08 0001 0001", "88 03"),
    ("0F 0000 0000 00", "8F 03"), ("0F 000F 0002 01 03", "8F 02"),
    ("0F 0001 0001 01 01", "8F 04"), ("0F 0000 0005 01 11", "8F 04"),
    ("10 0001 0000 00", "90 03"), ("10 0001 0001 02 2710", "90 03"),
    ("10 001F 0002 04 4141 4141", "90 02"), ("10 0001 0002 04 0001 0000", "90 03"),
    ("16 0001 0000 2710", "96 03"), ("16 0020 0000 0000", "96 02"),
    ("17 0000 0000 000F 0001 02 0001", "97 03"), ("17 0000 0001 0020 0001 02 0001", "97 02"),
    ("17 0000 0001 0001 0001 02 2710", "97 03"),
    ("2B 0D 00 00", "AB 01"), ("2B 0E 05 00", "AB 03"), ("2B 0E 04 07", "AB 02"),
    ("64 00", "E4 01"), ("64 0A", "E4 01"), ("64 01 5A18", "E4 04"), ("64 02 00 0040", "E4 04"),
    ("64 03 21 0000 01 00", "E4 04"), ("64 04 21 0000", "E4 04"),
    ("64 06 04 0000 01", "E4 03"), ("64 06 00 0000 81", "E4 03"), ("64 06 00 0200 01", "E4 03"),
    ("64 07 04 00 01 01", "E4 03"), ("64 07 00 3B 02 01", "E4 03"), ("64 07 00 00 01 0B", "E4 03"),
    ("64 08 0000", "E4 03"), ("64 08 0011", "E4 03"), ("64 09 00000010 1234", "E4 04"),
]

SERVICE_REFUSALS = [  # after an unlock and the begin of a 64-byte transfer with handle HH
    ("64 02 04 0040", "E4 03"), ("64 02 00 0000", "E4 03"), ("64 02 00 0201", "E4 03"),
    ("64 03 00 0000 01 00", "E4 04"), ("64 03 HH 0040 01 00", "E4 03"),
    ("64 03 HH FFFF 02 0000", "E4 03"), ("64 03 HH 0000 00", "E4 03"),
    ("64 03 HH 0000 02 00", "E4 03"), ("64 04 HH 0000", "E4 04"),
    ("64 09 000000FF 1234", "E4 03"), ("64 09 00000100 1234", "E4 03"),
]


def rate(pump):
    reply = pump.ask(H("0300010001"))
    return int.from_bytes(reply[2:], "big") if reply and len(reply) == 4 else None


def settings(pump):
    return pump.ask(H("0300000020")), pump.ask(H("0100000010"))


def check_refusals(check, pump, name):
    before = settings(pump)
    wrong = [(request, reply) for request, reply in REFUSALS if pump.ask(H(request)) != H(reply)]
    check(f"{name}: {len(REFUSALS)} malformed requests get their exception", not wrong, wrong)
    pump.ask(UNLOCK)
    handle = f"{pump.ask(H('6402000040'))[3]:02X}"
    wrong = [(request, reply) for request, reply in SERVICE_REFUSALS
             if pump.ask(H(request.replace("HH", handle))) != H(reply)]
    check(f"{name}: {len(SERVICE_REFUSALS)} in service mode", not wrong, wrong)
    pump.ask(H("6405"))
    check(f"{name}: and have no effect", settings(pump) == before)


def check_lengths(check, pump, name):
    """A valid request cut short or with a byte too many: exception 3, no effect. An unlock
    first, so that the service requests are judged by their length. A diagnostics echo of
    other even length is valid."""
    before, wrong, count = settings(pump), [], 0
    for request, _ in EXEMPLARS:
        pdu = H(request.replace("HH", "01"))
        pump.ask(UNLOCK)
        for changed in [pdu[:n] for n in range(1, len(pdu))] + [pdu + b"\0"]:
            if pdu[:3] == b"\x08\0\0" and len(changed) >= 5 and len(changed) % 2 == 1:
                continue
            if pdu[0] == 0x64 and len(changed) == 2 and changed[1] == 5:
                continue
            count += 1
            reply = pump.ask(changed)
            if reply != bytes([pdu[0] | 0x80, 3]):
                wrong.append((changed.hex(), reply and reply.hex()))
    pump.ask(H("6405"))
    check(f"{name}: {count} requests of wrong length get exception 3", not wrong, wrong[:3])
    check(f"{name}: and have no effect", settings(pump) == before)


def count_some(pump, silent):
    pump.ask(H("08000A0000"))
    pump.exchange(silent["wrong CRC"], 0.05)
    pump.exchange(silent["another address"], 0.05)
    pump.ask(H("03FFFF0001"))
    return [pump.ask(H(f"08{sub:04X}0000"))[3:].hex() for sub in range(11, 16)]


def check_framing(check, pump, name):
    read = frame(H("0300010001"))
    silent = {
        "wrong CRC": read[:-1] + bytes([read[-1] ^ 1]),
        "another address": frame(H("0300010001"), 2),
        "too short": H("01"),
        "only a CRC": crc16(b"").to_bytes(2, "little") + b"\0",
        "overlong": frame(H("0800") + bytes(257)),
        "broadcast read": frame(H("0300010001"), 0),
    }
    for what, adu in silent.items():
        check(f"{name}: silence for {what}", pump.exchange(adu, 0.1) == b"" and pump.is_alive())
    pump.exchange(frame(H("0600010258"), 0), 0.05)
    check(f"{name}: a broadcast write is obeyed", rate(pump) == 600, rate(pump))
    pump.ask(H("06000101F4"))
    expected = ["0003", "0001", "0001", "0005", "0000"]
    counts = count_some(pump, silent)
    if counts != expected:  # a split frame counts as damaged
        counts = count_some(pump, silent)
    check(f"{name}: diagnostics count", counts == expected, counts)
    longest = H("0800 00") + bytes(range(250))
    check(f"{name}: the longest frame is answered", pump.ask(longest) == longest)


def check_therapy(check, pump, name):
    check(f"{name}: ready after boot", pump.ask(H("0400040001")) == H("04020001"))
    pump.ask(H("050000FF00"))
    check(f"{name}: infuses", pump.console("state ready -> infusing") is not None
          and pump.ask(H("0200000001")) == H("020101"))
    check(f"{name}: titrates within the range", pump.ask(H("06000101FE")) == H("06000101FE")
          and pump.ask(H("0600012710")) == H("8603") and rate(pump) == 510)
    check(f"{name}: no standby while infusing", pump.ask(H("050004FF00")) == H("8504"))
    pump.ask(H("0600040032"))
    pump.ask(H("06000107D0"))
    check(f"{name}: occlusion alarm", pump.console("alarm occlusion") is not None
          and pump.console("state infusing -> alarm") is not None)
    check(f"{name}: does not start in alarm", pump.ask(H("050000FF00")) == H("8504"))
    pump.ask(H("050003FF00"))
    check(f"{name}: acknowledged", pump.console("state alarm -> ready") is not None)
    pump.ask(H("10 0001 0004 08 07D0 0001 01F4 0190"))
    pump.ask(H("060001270F"))
    pump.ask(H("050000FF00"))
    check(f"{name}: VTBI complete", pump.console("alarm vtbi-complete", 10) is not None
          and pump.ask(H("0200090001")) == H("020101"))
    pump.ask(H("050003FF00"))
    check(f"{name}: idle until a new VTBI", pump.console("state alarm -> idle") is not None
          and pump.ask(H("050000FF00")) == H("8504"))
    pump.ask(H("06000201F4"))
    check(f"{name}: ready again", pump.console("state idle -> ready") is not None)


# -------------------------------------------------------------------------------- defects
def begin_transfer(pump):
    pump.ask(UNLOCK)
    return pump.ask(H("6402000040"))[3]


def faults(pump, _before, reply):
    line = pump.console("FAULT")
    banner = line and pump.console("reset=software")
    return bool(banner) and reply == b"" and pump.guest_resets() > 0 and pump.is_alive(), line


def hangs(pump, _before, reply):
    return reply == b"" and not pump.is_alive() and pump.console("reset=", 1.5) is None, ""


def starves_watchdog(pump, _before, reply):
    line = pump.console("WATCHDOG")
    banner = line and pump.console("reset=watchdog")
    return bool(banner) and reply == b"" and pump.guest_resets() > 0 and pump.is_alive(), line


def replies(start, length):
    def judge(_pump, _before, reply):
        return bool(reply) and reply.startswith(H(start)) and len(reply) == length, \
            reply and reply[:16].hex()
    return judge


def sets_rate(value, answer):
    def judge(pump, _before, reply):
        return reply == H(answer) and rate(pump) == value, f"rate {rate(pump)}"
    return judge


def turns_busy(pump, _before, reply):
    for _ in range(JOBS - 1):
        pump.ask(H("2B0E0107"))
    return bool(reply) and reply[0] == 0x2B and pump.ask(H("0300010001")) == H("8306"), ""


def writes_coils(mask):
    def judge(pump, _before, reply):
        coils = pump.ask(H("0100000010"))[2:]
        return bool(reply) and reply[0] < 0x80 and bool(coils[mask[0]] & mask[1]), coils.hex()
    return judge


# id, what, preparation, trigger PDU (H: handle), fixed image's reply, judge of the defective
DEFECTS = [
    ("D01", "label overflow", None, "10 0010 0008 FF" + "41" * 16, "90 03", faults),
    ("D02", "block over-read", None, "64 06 03 0200 10", "E4 03",
     replies("64 06 03 0200 10 5A17", 22)),
    ("D02", "overlong reply", None, "64 06 00 0000 FF", "E4 03",
     replies("64 06 00 0000 FF", 261)),
    ("D03", "quantity wraps", None, "04 0100 0001", "84 02", replies("04 02", 4)),
    ("D04", "endless loop", None, "64 07 00 0A 0A 00", "E4 03", hangs),
    ("D05", "wild store", begin_transfer, "64 09 80000010 1234", "E4 03", faults),
    ("D06", "null call", None, "08 0002 0000", "88 01", faults),
    ("D07", "watchdog starved", None, "64 08 FFFF", "E4 03", starves_watchdog),
    ("D08", "silent rate change", None, "06 0001 0258 00", "86 03", sets_rate(600, "")),
    ("D09", "refused but done", None, "16 0001 0000 FFFF", "96 03", sets_rate(65535, "9603")),
    ("D10", "job leak", None, "2B 0E 01 07", None, turns_busy),
    ("D11", "offset wraps", begin_transfer,
     "64 03 HH 0200 20" + BLOCK[32:].hex(), "E4 03", faults),
    ("D12", "quantity zero", None, "01 0000 0000", "81 03", replies("01 00", 2)),
    ("D13", "coil value", None, "05 0006 1234", "85 03", writes_coils((0, 0x40))),
    ("D14", "byte count ignored", None, "0F 0000 0010 01 00", "8F 03", writes_coils((1, 0xFF))),
    ("D15", "quantity wraps", None, "17 FFFF 0001 000F 0001 02 0000", "97 02",
     replies("17 02 0000", 4)),
    ("D16", "empty code unlocks", None, "64 01", "E4 03", replies("64 01 1E", 3)),
    ("D17", "odd echo leaks", None, "08 0000 A537 00", "88 03", replies("08 0000 A537 00", 7)),
]


def trigger(pump, prepare, request):
    handle = prepare(pump) if prepare else 0
    return pump.ask(H(request.replace("HH", f"{handle:02X}")), 0.3, tries=1)


def try_defect(pump, variant, defect):
    """Returns whether the image did what DEFECTS.md says, and a detail to print."""
    _, _, prepare, request, refusal, judge = defect
    pump.reset()
    before = settings(pump)
    reply = trigger(pump, prepare, request)
    if variant == "defective":
        return judge(pump, before, reply)
    refused = reply == H(refusal) if refusal else not judge(pump, before, reply)[0]
    return (refused and settings(pump) == before and pump.guest_resets() == 0,
            reply and reply.hex())


def check_defect(check, pump, variant, name, defect):
    good, detail = try_defect(pump, variant, defect)
    if not good:  # once more: a busy host may have split the frame
        good, detail = try_defect(pump, variant, defect)
    outcome = "refused" if variant == "fixed" else "shows"
    check(f"{name}: {defect[0]} {defect[1]} {outcome}", good,
          str(detail or "").strip().split("\n")[-1])


# ------------------------------------------------------------------------------------ run
def check_image(check, folder, variant, board, requests):
    name = f"{variant}-{board}"
    with Pump(os.path.join(folder, f"pump-{name}.elf"), board) as pump:
        banner = pump.console("reset=")
        check(f"{name}: banner", banner == f"pump 1.2 {variant} reset=power-on\n")
        check_valid_traffic(check, pump, name, requests)
        pump.reset()
        check_therapy(check, pump, name)
        if variant == "fixed":
            pump.reset()
            check_refusals(check, pump, name)
            check_lengths(check, pump, name)
            check_framing(check, pump, name)
            check(f"{name}: never reset itself", pump.guest_resets() == 0)
        for defect in DEFECTS:
            check_defect(check, pump, variant, name, defect)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--requests", type=int, default=10000, help="valid requests per image")
    parser.add_argument("folder")
    options = parser.parse_args()
    return run_images(Checks(), check_image, options.folder, MACHINES, options.requests)


if __name__ == "__main__":
    sys.exit(main())
