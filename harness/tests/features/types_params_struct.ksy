meta:
  id: types_params_struct
  endian: be
seq:
  - id: a
    type: content(_root)
types:
  content:
    params:
      - id: root
        type: struct
    seq:
      - id: b
        type: u1
