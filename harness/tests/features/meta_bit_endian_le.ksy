meta:
  id: meta_bit_endian_le
  bit-endian: le
seq:
  - id: a
    type: b4
  - id: b
    type: b4
