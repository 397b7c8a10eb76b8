meta:
  id: if
  endian: be
seq:
  - id: flag
    type: u1
  - id: a
    type: u1
    if: flag != 0
