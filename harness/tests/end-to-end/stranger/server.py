#!/usr/bin/env python3
"""Devices for test_stranger.py, one a protocol, over UDP: server.py KIND PORT [--planted].

KIND: tlv, header, nested or query; what they speak is in KIND.ksy. With --planted a defect is
in: a length that lies by much or an address out of range ends the device, a wrong version or a
wrong inner length is accepted."""
import argparse
import socket
import struct
import sys

REGISTERS = 64


class Refused(Exception):
    """The request breaks its grammar."""


def need(condition):
    if not condition:
        raise Refused


class Tlv:
    SIZES = {1: 4, 3: 2, 0x80: 1}

    def __init__(self, planted):
        self.planted = planted

    def record(self, data):
        need(len(data) >= 3)
        kind, length = struct.unpack('>BH', data[:3])
        value = data[3:3 + length]
        if self.planted and length >= 0x8000 and length > len(value):
            sys.exit('fatal: a length below zero')
        need(len(value) == length and self.SIZES.get(kind, length) == length)
        return data[:3 + length]

    def answer(self, data):
        first = b'\1\0\4\0\0\0\0'
        try:
            first = self.record(data)
            rest = data[len(first):]
            while rest:
                rest = rest[len(self.record(rest)):]
        except Refused:
            return first + b'\x80\0\1\1'
        return first + b'\x80\0\1\0'


class Header:
    def __init__(self, planted):
        self.planted = planted

    def answer(self, data):
        word = int.from_bytes(data[:3].ljust(3, b'\0'), 'big')
        right = (len(data) >= 4 and len(data) == 4 + data[3]
                 and (self.planted or word >> 20 == 1))
        flags = 8 if right and word & 15 < 3 else 9
        return (1 << 20 | flags << 16 | word & 0xffff).to_bytes(3, 'big') + b'\0'


class Nested:
    def __init__(self, planted):
        self.planted = planted

    def answer(self, data):
        tag = data[2:4].ljust(2, b'\0')
        try:
            need(len(data) >= 6 and len(data) == 2 + int.from_bytes(data[:2], 'big'))
            inner = data[6:6 + data[5]]
            need(len(inner) == data[5])
            if self.planted:
                inner = data[6:]
            need(inner)
            items = inner[1:1 + 2 * inner[0]]
            need(len(items) == 2 * inner[0])
            need(self.planted or len(inner) == 1 + len(items))
        except Refused:
            return b'\0\5' + tag + b'\1\1\0'
        total = sum(struct.unpack(f'>{inner[0]}H', items)) & 0xffff
        return b'\0\7' + tag + b'\0\3\1' + struct.pack('>H', total)


class Query:
    def __init__(self, planted):
        self.planted = planted
        self.registers = list(range(100, 100 + REGISTERS))

    def read(self, address, count):
        need(1 <= count <= 32 and (self.planted or address + count <= REGISTERS))
        values = [self.registers[at] for at in range(address, address + count)]
        return struct.pack(f'>BB{count}H', 0x81, count, *values)

    def write(self, address, value):
        need(address < REGISTERS)
        self.registers[address] = value
        return struct.pack('>BH', 0x82, address)

    def answer(self, data):
        head, body = data[:2].ljust(2, b'\0'), data[3:]
        try:
            need(len(data) >= 3)
            if data[2] == 1 and len(body) == 3:
                return head + self.read(*struct.unpack('>HB', body))
            if data[2] == 2 and len(body) == 4:
                return head + self.write(*struct.unpack('>HH', body))
        except Refused:
            pass
        return head + b'\xff\1'


KINDS = {'tlv': Tlv, 'header': Header, 'nested': Nested, 'query': Query}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('kind', choices=KINDS)
    parser.add_argument('port', type=int)
    parser.add_argument('--planted', action='store_true')
    options = parser.parse_args()
    device = KINDS[options.kind](options.planted)
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(('127.0.0.1', options.port))
    print(f'listening on {options.port}', flush=True)
    while True:
        data, peer = server.recvfrom(65536)
        server.sendto(device.answer(data), peer)


if __name__ == '__main__':
    main()
