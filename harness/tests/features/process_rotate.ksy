meta:
  id: process_rotate
  endian: be
seq:
  - id: a
    size: 4
    process: rol(3)
  - id: b
    size: 4
    process: ror(1)
