meta:
  id: meta_endian_be
  endian: be
seq:
  - id: a
    type: u2
