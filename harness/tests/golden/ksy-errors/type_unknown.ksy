meta:
  id: m
  endian: be
seq:
  - id: a
    type: haeder
types:
  header:
    seq: []
