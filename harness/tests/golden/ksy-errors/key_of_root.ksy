meta:
  id: m
  endian: be
sequence:
  - {id: a, type: u1}
