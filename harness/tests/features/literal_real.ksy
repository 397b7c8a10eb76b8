meta:
  id: literal_real
  endian: be
seq:
  - id: a
    type: u1
  - id: b
    type: str
    size: 2
    encoding: ASCII
  - id: c
    size: 3
  - id: d
    type: u1
    repeat: expr
    repeat-expr: 2
  - id: e
    type: u1
    enum: kind
instances:
  x:
    value: '1.5 + 2e3'
enums:
  kind:
    0: zero
