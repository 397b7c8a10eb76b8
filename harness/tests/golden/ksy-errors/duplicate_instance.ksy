meta:
  id: m
  endian: be
seq:
  - {id: a, type: u1}
instances:
  a: {value: 1}
