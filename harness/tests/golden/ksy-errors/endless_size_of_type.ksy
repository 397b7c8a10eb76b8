meta:
  id: m
  endian: be
seq:
  - {id: a, type: t}
types:
  t:
    seq:
      - {id: x, size: sizeof<t>}
