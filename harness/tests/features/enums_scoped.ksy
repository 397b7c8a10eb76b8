meta:
  id: enums_scoped
  endian: be
seq:
  - id: a
    type: u1
    enum: content::kind
types:
  content:
    seq:
      - id: b
        type: u1
    enums:
      kind:
        0: zero
