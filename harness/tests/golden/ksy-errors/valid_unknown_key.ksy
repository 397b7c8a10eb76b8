meta:
  id: m
  endian: be
seq:
  - {id: a, type: u1, valid: {any_of: [1]}}
