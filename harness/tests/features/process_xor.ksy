meta:
  id: process_xor
  endian: be
seq:
  - id: key
    type: u1
  - id: a
    size: 4
    process: xor(key)
