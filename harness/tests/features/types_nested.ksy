meta:
  id: types_nested
  endian: be
seq:
  - id: a
    type: outer::inner
types:
  outer:
    types:
      inner:
        seq:
          - id: b
            type: u1
    seq:
      - id: c
        type: inner
