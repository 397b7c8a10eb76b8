meta:
  id: m
  endian: be
seq:
  - {id: a, type: u1, valid: {eq: 1, min: 0}}
