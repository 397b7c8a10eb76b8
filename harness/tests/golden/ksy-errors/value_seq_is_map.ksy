meta:
  id: m
  endian: be
seq:
  a: u1
