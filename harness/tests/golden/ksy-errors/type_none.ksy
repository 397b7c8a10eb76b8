meta:
  id: m
  endian: be
seq:
  - id: a
