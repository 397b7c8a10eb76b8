meta:
  id: enums
  endian: be
seq:
  - id: a
    type: u1
    enum: kind
enums:
  kind:
    0: zero
    1:
      id: one
      doc: text
