meta:
  id: m
  endian: be
  encoding: ASCII
seq:
  - {id: mark, type: u1}
  - {id: a, terminator: 0x7c, -percuss-separator: mark + 1}
