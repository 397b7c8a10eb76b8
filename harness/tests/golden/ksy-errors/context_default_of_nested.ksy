meta:
  id: m
seq:
  - id: a
    type: t(1)
types:
  t:
    params:
      - id: x
        type: u1
        -percuss-default: 1
