meta:
  id: m
  endian: be
  encoding: ASCII
seq:
  - {id: mark, type: u2}
  - {id: a, terminator: 0x7c, -percuss-separator: mark}
