meta:
  id: to_string
  endian: be
to-string: '"x"'
seq:
  - id: a
    type: u1
