#!/usr/bin/env python3
"""A device for test_delivery.py: device.py PORT [--defect DEFECT]. Frames are as in parcel.ksy.

DEFECT is what it ends of: coalesced (two frames in one read), half-closed (an end of the
peer's side right behind a frame), slow (a frame that is not whole after 50 ms), sum (adding up, in
whatever way it came). Without one it lives."""
import argparse
import socket
import sys


class Device:
    def __init__(self, defect):
        self.defect = defect

    def die(self, defect):
        if self.defect == defect:
            sys.exit(f'fatal: {defect}')

    def answer(self, frame):
        tag, what, content = frame[1], frame[2], frame[3:]
        if what == 2:
            self.die('sum')
            content = bytes([sum(content) & 255])
        elif what != 1:
            what, content = 255, b''
        return bytes([2 + len(content), tag, what]) + content

    def frames(self, connection):
        """Every frame of a connection, until it ends or makes no sense."""
        pending = b''
        while True:
            connection.settimeout(0.05 if pending and self.defect == 'slow' else None)
            try:
                came = connection.recv(4096)
            except socket.timeout:
                self.die('slow')
            if not came:
                return
            if not pending and len(came) > 1 and len(came) > 1 + came[0]:
                self.die('coalesced')
            pending += came
            while pending and len(pending) > pending[0]:
                if pending[0] < 2 or pending[0] > 63:
                    return
                frame, pending = pending[:1 + pending[0]], pending[1 + pending[0]:]
                yield frame

    def serve(self, connection):
        answered = False
        for frame in self.frames(connection):
            connection.sendall(self.answer(frame))
            answered = True
        if answered:
            self.die('half-closed')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('port', type=int)
    parser.add_argument('--defect', default='none')
    options = parser.parse_args()
    device = Device(options.defect)
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(('127.0.0.1', options.port))
    server.listen(64)
    print(f'listening on {server.getsockname()[1]}', flush=True)
    while True:
        connection, _ = server.accept()
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                device.serve(connection)
            except OSError:
                pass        # the peer reset it


if __name__ == '__main__':
    main()
