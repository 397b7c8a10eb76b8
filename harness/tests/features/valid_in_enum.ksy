meta:
  id: valid_in_enum
  endian: be
seq:
  - id: a
    type: u1
    enum: kind
    valid:
      in-enum: true
enums:
  kind:
    0: zero
