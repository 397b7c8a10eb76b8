meta:
  id: text_methods
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
    value: 'b.length + b.reverse.to_i(16) + b.substring(0, 1).to_i'
enums:
  kind:
    0: zero
