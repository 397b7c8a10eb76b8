meta:
  id: valid_expr
  endian: be
seq:
  - id: a
    type: u1
    valid:
      expr: _ % 2 == 0
