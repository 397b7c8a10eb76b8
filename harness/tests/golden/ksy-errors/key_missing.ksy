meta:
  endian: be
seq:
  - {id: a, type: u1}
