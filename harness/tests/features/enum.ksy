meta:
  id: enum
  endian: be
seq:
  - id: a
    type: b4
    enum: kind
  - id: b
    type: b4
enums:
  kind:
    0: zero
