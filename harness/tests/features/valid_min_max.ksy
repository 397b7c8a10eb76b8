meta:
  id: valid_min_max
  endian: be
seq:
  - id: a
    type: u1
    valid:
      min: 1
      max: 9
