#!/usr/bin/env python3
"""A Modbus TCP register server that turns bad: a device for the tests, no test itself.

hostile_device.py --port N [--mode MODE] [--after REQUESTS] [--log FILE] [--mark FILE]

Answers REQUESTS requests as targets/modbus/registers.yaml wants it, then does MODE for good:
  good        nothing bad              silent    no answers any more
  garbage     bytes that mean nothing  flood     bytes without end
  late        answers a second late    close     closes every connection at once
  half        the first half of a frame  wrong-id  another request's transaction identifier
  exit        ends                     die       ends, and every later start fails (needs --mark)
  many        each answer 50 times     stop      stops, as if it hung
--log takes a line for each frame that came in; --mode dead ends before it listens.
"""
import argparse
import os
import random
import signal
import socket
import struct
import sys
import threading
import time

FIRST, REGISTERS, BITS = 0x160, 32, 64


class Device:
    def __init__(self, options):
        self.options = options
        self.registers = [0] * REGISTERS
        self.bits = [0] * BITS
        self.requests = 0
        self.lock = threading.Lock()
        self.random = random.Random(1)

    # --- a right answer ----------------------------------------------------------------------

    def words(self, start, count):
        return list(range(start - FIRST, start - FIRST + count))

    @staticmethod
    def inside(start, count, limit, size):
        return 1 <= count <= limit and FIRST <= start and start + count <= FIRST + size

    def read_bits(self, start, count):
        if not 1 <= count <= 2000:
            return 3
        if not self.inside(start, count, 2000, BITS):
            return 2
        packed = bytearray((count + 7) // 8)
        for i, at in enumerate(self.words(start, count)):
            packed[i // 8] |= self.bits[at] << (i % 8)
        return bytes([len(packed)]) + bytes(packed)

    def read_registers(self, start, count):
        if not 1 <= count <= 125:
            return 3
        if not self.inside(start, count, 125, REGISTERS):
            return 2
        return bytes([count * 2]) + struct.pack(
            f'>{count}H', *(self.registers[at] for at in self.words(start, count)))

    def answer(self, function, body):
        """The reply's body, or an exception code."""
        if function in (1, 2) and len(body) == 4:
            return self.read_bits(*struct.unpack('>HH', body))
        if function in (3, 4) and len(body) == 4:
            return self.read_registers(*struct.unpack('>HH', body))
        if function == 5 and len(body) == 4:
            at, value = struct.unpack('>HH', body)
            if value not in (0, 0xff00):
                return 3
            if not self.inside(at, 1, 1, BITS):
                return 2
            self.bits[at - FIRST] = int(value != 0)
            return body
        if function == 6 and len(body) == 4:
            at, value = struct.unpack('>HH', body)
            if not self.inside(at, 1, 1, REGISTERS):
                return 2
            self.registers[at - FIRST] = value
            return body
        if function == 16 and len(body) >= 5:
            start, count, size = struct.unpack('>HHB', body[:5])
            if not 1 <= count <= 123 or size != count * 2 or len(body) != 5 + size:
                return 3
            if not self.inside(start, count, 123, REGISTERS):
                return 2
            for at, value in zip(self.words(start, count),
                                 struct.unpack(f'>{count}H', body[5:])):
                self.registers[at] = value
            return body[:4]
        return 3 if function in (1, 2, 3, 4, 5, 6, 16) else 1

    def reply(self, frame, identifier=None):
        transaction, protocol, _, unit, function = struct.unpack('>HHHBB', frame[:8])
        result = self.answer(function, frame[8:])
        if isinstance(result, int):
            function, result = function | 0x80, bytes([result])
        return struct.pack('>HHHBB', transaction if identifier is None else identifier, protocol,
                           2 + len(result), unit, function) + result

    # --- and wrong ones ----------------------------------------------------------------------

    def misbehave(self, peer, frame):
        """False: the connection is to be closed."""
        mode = self.options.mode
        if mode == 'garbage':
            peer.sendall(self.random.randbytes(self.random.randrange(1, 300)))
        elif mode == 'flood':
            while True:
                peer.sendall(self.random.randbytes(65536))
        elif mode == 'late':
            time.sleep(1)
            peer.sendall(self.reply(frame))
        elif mode == 'close':
            return False
        elif mode == 'half':
            whole = self.reply(frame)
            peer.sendall(whole[:len(whole) // 2])
        elif mode == 'wrong-id':
            peer.sendall(self.reply(frame, (frame[0] << 8 | frame[1]) ^ 0x5555))
        elif mode == 'many':
            peer.sendall(self.reply(frame) * 50)
        elif mode == 'stop':
            os.kill(os.getpid(), signal.SIGSTOP)
        elif mode in ('exit', 'die'):
            if mode == 'die':
                with open(self.options.mark, 'w', encoding='utf-8') as file:
                    file.write('dead\n')
            os._exit(7)
        return True

    def log(self, frame):
        if self.options.log:
            with self.lock, open(self.options.log, 'a', encoding='utf-8') as file:
                file.write(frame.hex() + '\n')

    def serve(self, peer):
        pending = b''
        try:
            while True:
                part = peer.recv(65536)
                if not part:
                    if pending:
                        self.log(pending)
                    return
                pending += part
                while len(pending) >= 8:
                    length = 6 + struct.unpack('>H', pending[4:6])[0]
                    if length < 8 or length > 260 or pending[2:4] != b'\0\0':
                        self.log(pending)
                        return
                    if len(pending) < length:
                        break
                    frame, pending = pending[:length], pending[length:]
                    self.log(frame)
                    self.requests += 1
                    if self.options.mode == 'good' or self.requests <= self.options.after:
                        peer.sendall(self.reply(frame))
                    elif not self.misbehave(peer, frame):
                        return
        except OSError:
            return
        finally:
            peer.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--port', type=int, required=True)
    parser.add_argument('--mode', default='good')
    parser.add_argument('--after', type=int, default=0)
    parser.add_argument('--log')
    parser.add_argument('--mark')
    options = parser.parse_args()
    if options.mode == 'dead' or (options.mode == 'die' and os.path.exists(options.mark)):
        sys.exit('the battery is empty')
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind(('127.0.0.1', options.port))
    except OSError as error:
        sys.exit(f'cannot listen on {options.port}: {error.strerror}')
    server.listen(16)
    print(f'listening on {server.getsockname()[1]}', flush=True)
    device = Device(options)
    while True:
        peer = server.accept()[0]
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=device.serve, args=(peer,), daemon=True).start()


if __name__ == '__main__':
    main()
