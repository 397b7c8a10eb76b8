meta:
  id: valid_eq
  endian: be
seq:
  - id: a
    type: u1
    valid:
      eq: 7
