meta:
  id: strz
  endian: be
seq:
  - id: a
    type: strz
    encoding: ASCII
  - id: b
    type: strz
    size: 8
    encoding: ASCII
