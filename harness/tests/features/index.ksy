meta:
  id: index
  endian: be
seq:
  - id: a
    size: _index + 1
    repeat: expr
    repeat-expr: 3
