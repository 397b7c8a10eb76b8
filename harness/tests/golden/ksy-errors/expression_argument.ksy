meta:
  id: m
  endian: be
seq:
  - {id: kind, type: u1}
  - {id: body, type: t(knid)}
types:
  t: {params: [{id: x, type: u1}]}
