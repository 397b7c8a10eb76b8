meta:
  id: meta_bit_endian_be
  bit-endian: be
seq:
  - id: a
    type: b4
  - id: b
    type: b4
