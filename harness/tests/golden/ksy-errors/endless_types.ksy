meta:
  id: m
  endian: be
seq:
  - {id: first, type: one}
types:
  one:
    seq:
      - {id: a, type: two}
  two:
    seq:
      - id: b
        type: one
        repeat: expr
        repeat-expr: 2
