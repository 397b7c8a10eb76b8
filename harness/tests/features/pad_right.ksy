meta:
  id: pad_right
  endian: be
seq:
  - id: a
    size: 8
    pad-right: 0x20
