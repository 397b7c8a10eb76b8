meta:
  id: terminator
  endian: be
seq:
  - id: a
    terminator: 0x0d
