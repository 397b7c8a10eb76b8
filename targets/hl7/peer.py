#!/usr/bin/python3 -B
"""An MLLP server of python3-hl7 on loopback: answers each message with its acknowledgment.

Usage: peer.py PORT

What the library raises ends the connection's task and is left to asyncio, which prints it; only
the end of the stream is expected here. The acknowledgment is the library's default, AA.
"""
import asyncio
import sys

import hl7.mllp


async def serve(reader, writer):
    try:
        while not writer.is_closing():
            message = await reader.readmessage()
            writer.writemessage(message.create_ack())
            await writer.drain()
    except asyncio.IncompleteReadError:
        writer.close()


async def main(port):
    server = await hl7.mllp.start_hl7_server(serve, host='127.0.0.1', port=port)
    async with server:
        print(f'listening on {port}', flush=True)
        await server.serve_forever()


if len(sys.argv) != 2 or not sys.argv[1].isdigit():
    sys.exit('peer.py: expected a port, as in: peer.py 2575')
asyncio.run(main(int(sys.argv[1])))
