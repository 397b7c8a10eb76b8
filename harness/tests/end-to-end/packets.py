"""Packets and capture files made byte by byte: no library that percuss uses has a hand in them."""
import struct

ETHERNET, RAW, USER0 = 1, 101, 147
SYN, ACK, FIN, PUSH = 2, 16, 1, 8


def pcap(packets, link=RAW, cut=0):
    """packets: (time in ns, bytes)."""
    out = struct.pack('<IHHiIII', 0xa1b23c4d, 2, 4, 0, 0, 262144, link)
    for stamp, data in packets:
        out += struct.pack('<IIII', stamp // 10**9, stamp % 10**9, len(data), len(data)) + data
    return out[:len(out) - cut]


def block(kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack('<II', kind, len(body) + 12) + body + struct.pack('<I', len(body) + 12)


def pcapng(packets, link=USER0):
    """packets: (time in ns, bytes, 1 inbound, 2 outbound, 0 unknown)."""
    out = block(0x0a0d0d0a, struct.pack('<IHHq', 0x1a2b3c4d, 1, 0, -1))
    out += block(1, struct.pack('<HHI', link, 0, 262144) + struct.pack('<HHB3xHH', 9, 1, 9, 0, 0))
    for stamp, data, direction in packets:
        out += block(6, struct.pack('<IIIII', 0, stamp >> 32, stamp & 0xffffffff, len(data),
                                    len(data)) + data + bytes(-len(data) % 4) +
                     struct.pack('<HHIHH', 2, 4, direction, 0, 0))
    return out


def ip4(protocol, payload, source, target, identification=1, place=0):
    return struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), identification, place, 64,
                       protocol, 0, source, target) + payload


def ip6(protocol, payload, source, target):
    return struct.pack('>IHBB16s16s', 6 << 28, len(payload), protocol, 64, source, target) + payload


def fragments4(protocol, payload, source, target, size, identification):
    """The same datagram in pieces of `size` bytes, a multiple of 8."""
    return [ip4(protocol, payload[at:at + size], source, target, identification,
                at // 8 | (0x2000 if at + size < len(payload) else 0))
            for at in range(0, len(payload), size)]


def fragments6(protocol, payload, source, target, size, identification):
    return [ip6(44, struct.pack('>BBHI', protocol, 0, at | (at + size < len(payload)),
                                identification) + payload[at:at + size], source, target)
            for at in range(0, len(payload), size)]


def udp(source, target, payload):
    return struct.pack('>HHHH', source, target, 8 + len(payload), 0) + payload


def tcp(source, target, sequence, payload=b'', flags=ACK):
    return struct.pack('>HHIIBBHHH', source, target, sequence & 0xffffffff, 1, 5 << 4, flags, 8192,
                       0, 0) + payload
