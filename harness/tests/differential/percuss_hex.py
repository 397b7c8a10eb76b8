"""`process: percuss_hex` for the official compiler's Python parsers: upper-case hexadecimal text to
bytes."""
import binascii


class PercussHex:
    @staticmethod
    def decode(data):
        if data != data.upper():
            raise ValueError("lower-case digits")
        return binascii.unhexlify(data)
