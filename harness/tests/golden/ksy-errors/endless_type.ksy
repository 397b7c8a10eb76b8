meta:
  id: m
  endian: be
seq:
  - {id: first, type: node}
types:
  node:
    seq:
      - {id: value, type: u1}
      - {id: next, type: node}
