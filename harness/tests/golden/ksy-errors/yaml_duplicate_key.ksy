meta:
  id: m
  endian: be
seq: []
types: {}
seq: []
