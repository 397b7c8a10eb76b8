meta:
  id: valid_any_of
  endian: be
seq:
  - id: a
    type: u1
    valid:
      any-of: [1, 2]
