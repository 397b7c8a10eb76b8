meta:
  id: m
  endian: be
  encoding: ASCII
seq:
  - {id: mark, type: u1}
  - {id: a, size: 4, terminator: 0x7c, -percuss-separator: mark}
