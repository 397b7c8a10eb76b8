meta:
  id: types_params
  endian: be
seq:
  - id: a
    type: content(2)
types:
  content:
    params:
      - id: count
        type: u1
    seq:
      - id: b
        size: count
