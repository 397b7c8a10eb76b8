meta:
  id: valid_value
  endian: be
seq:
  - id: a
    type: u1
    valid: 7
