meta:
  id: bytes_size
  endian: be
seq:
  - id: length
    type: u1
  - id: a
    size: length
