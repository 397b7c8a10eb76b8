meta:
  id: m
  endian: be
seq:
  - {id: a, type: u1, valid: {min: 9, max: 3}}
