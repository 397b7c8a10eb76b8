meta:
  id: m
  endian: be
seq:
  - {id: a, size: 4}
  - id: b
    type: u1
    if: a.szie == 4
