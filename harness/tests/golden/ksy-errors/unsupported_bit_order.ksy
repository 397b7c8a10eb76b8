meta:
  id: m
  bit-endian: middle
