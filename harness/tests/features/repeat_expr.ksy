meta:
  id: repeat_expr
  endian: be
seq:
  - id: count
    type: u1
  - id: a
    type: u2
    repeat: expr
    repeat-expr: count
