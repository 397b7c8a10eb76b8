meta:
  id: terminator_long
  endian: be
seq:
  - id: a
    terminator: [0x0d, 0x0a]
