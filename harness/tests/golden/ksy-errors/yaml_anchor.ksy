meta:
  id: m
  endian: be
seq:
  - &first {id: a, type: u1}
