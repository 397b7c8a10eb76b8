meta:
  id: m
  endian: be
seq:
  - {id: a, type: t, valid: 1}
types:
  t: {seq: [{id: x, type: u1}]}
