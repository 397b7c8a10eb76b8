meta:
  id: include
  endian: be
seq:
  - id: a
    terminator: 0x0d
    include: true
