"""`process: percuss_hex` for the official compiler's Python parsers: hexadecimal text to bytes."""
import binascii


class PercussHex:
    @staticmethod
    def decode(data):
        return binascii.unhexlify(data)
