meta:
  id: m
  endian: be
seq:
  - {id: Length, type: u1}
