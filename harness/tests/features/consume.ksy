meta:
  id: consume
  endian: be
seq:
  - id: a
    terminator: 0x0d
    consume: false
  - id: b
    type: u1
