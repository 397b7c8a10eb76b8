"""Mutations of messages, decided by the random numbers that are passed in."""

BOUNDARIES = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000,
              0xffffffff, 2**63 - 1, 2**63, 2**64 - 1]
LENGTH_MAXIMUM = 600


def flip_bit(chance, data, _parents):
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def set_byte(chance, data, _parents):
    if data:
        data[chance.randrange(len(data))] = chance.randrange(256)


def step_byte(chance, data, _parents):
    if data:
        index = chance.randrange(len(data))
        data[index] = (data[index] + chance.choice((-1, 1))) % 256


def truncate(chance, data, _parents):
    del data[chance.randrange(len(data) + 1):]


def extend(chance, data, _parents):
    data += chance.randbytes(chance.choice((1, 2, 3, 8, chance.randrange(1, 64))))


def splice(chance, data, parents):
    other = chance.choice(parents)
    data[chance.randrange(len(data) + 1):] = other[chance.randrange(len(other) + 1):]


def boundary(chance, data, _parents):
    width = chance.choice((1, 2, 4, 8))
    if len(data) >= width:
        value = chance.choice(BOUNDARIES) % (1 << (8 * width))
        start = chance.randrange(len(data) - width + 1)
        data[start:start + width] = value.to_bytes(width, chance.choice(("big", "little")))


def remove(chance, data, _parents):
    start = chance.randrange(len(data) + 1)
    del data[start:start + chance.randrange(1, 5)]


KINDS = (flip_bit, set_byte, step_byte, truncate, extend, splice, boundary, remove)


def mutate(chance, parents):
    """A parent with one to four mutations."""
    data = bytearray(chance.choice(parents))
    for _ in range(chance.choice((1, 1, 1, 2, 3, 4))):
        chance.choice(KINDS)(chance, data, parents)
    return bytes(data[:LENGTH_MAXIMUM])
