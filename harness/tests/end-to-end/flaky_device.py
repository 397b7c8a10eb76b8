#!/usr/bin/env python3
"""The Modbus server of hostile_device.py with a bad line: a device for the tests, no test itself.

flaky_device.py --port N --starts FILE [--seed N] [--noise PER-MILLE] [--defect NAME]

Of 1000 answers it drops PER-MILLE and delays as many by 150 ms, by chance: seeded, and counted on
in FILE from start to start, so that a restart does not repeat it. Defects, NAME:
  mute   a write of one register is not answered from value 0x8000 on (and is not carried out)
  crash  a write of one register ends the device from value 0x8000 on
"""
import argparse
import os
import random
import socket
import struct
import threading
import time

from hostile_device import Device


class Options:
    mode, log, mark, after = 'good', None, None, 0


class Flaky(Device):
    def __init__(self, options):
        super().__init__(Options)
        self.noise, self.defect = options.noise, options.defect
        starts = os.path.getsize(options.starts) if os.path.exists(options.starts) else 0
        with open(options.starts, 'a', encoding='utf-8') as file:
            file.write('.')
        self.random = random.Random(options.seed * 1000003 + starts)

    def is_defect(self, frame):
        return (self.defect and frame[7] == 6 and len(frame) == 12
                and struct.unpack('>H', frame[10:12])[0] >= 0x8000)

    def reply(self, frame, identifier=None):
        if self.is_defect(frame):
            if self.defect == 'crash':
                os._exit(9)
            return b''
        chance = self.random.randrange(1000)
        if chance < self.noise:
            return b''
        if chance < 2 * self.noise:
            time.sleep(0.15)
        return super().reply(frame, identifier)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--port', type=int, required=True)
    parser.add_argument('--starts', required=True)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--noise', type=int, default=10)
    parser.add_argument('--defect', choices=['mute', 'crash'])
    options = parser.parse_args()
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(('127.0.0.1', options.port))
    server.listen(16)
    print(f'listening on {options.port}', flush=True)
    device = Flaky(options)
    while True:
        peer = server.accept()[0]
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=device.serve, args=(peer,), daemon=True).start()


if __name__ == '__main__':
    main()
