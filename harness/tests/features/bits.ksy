meta:
  id: bits
  endian: be
seq:
  - id: a
    type: b1
  - id: b
    type: b7
  - id: c
    type: b12le
  - id: d
    type: b4le
