meta:
  id: meta_endian_le
  endian: le
seq:
  - id: a
    type: u2
