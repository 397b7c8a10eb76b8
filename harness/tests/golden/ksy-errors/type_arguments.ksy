meta:
  id: m
  endian: be
seq:
  - id: a
    type: t(1)
types:
  t:
    params: [{id: x, type: u1}, {id: y, type: u1}]
