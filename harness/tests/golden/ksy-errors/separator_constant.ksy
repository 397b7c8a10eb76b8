meta:
  id: m
  endian: be
  encoding: ASCII
seq:
  - {id: a, terminator: 0x7c, -percuss-separator: 256}
