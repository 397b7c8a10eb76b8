meta:
  id: m
  endian: be
  encoding: ASCII
seq:
  - {id: mark, type: str, size: 1}
  - {id: a, terminator: 0x7c, -percuss-separator: mark}
