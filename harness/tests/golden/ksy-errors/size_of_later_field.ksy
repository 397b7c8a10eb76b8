meta:
  id: m
  endian: be
seq:
  - id: data
    size: len
  - {id: len, type: u1}
