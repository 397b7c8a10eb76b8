meta:
  id: m
  endian: be
  encoding: ASCII
seq:
  - {id: head, type: head}
  - {id: a, terminator: 0x7c, -percuss-separator: _root.head.mrak}
types:
  head: {seq: [{id: mark, type: u1}]}
