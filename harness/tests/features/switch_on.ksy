meta:
  id: switch_on
  endian: be
seq:
  - id: kind
    type: u1
  - id: a
    size: 4
    type:
      switch-on: kind
      cases:
        0: one
        _: two
types:
  one:
    seq:
      - id: b
        type: u4
  two:
    seq:
      - id: c
        size-eos: true
