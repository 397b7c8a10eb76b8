meta:
  id: contents
  endian: be
seq:
  - id: a
    contents: AB
  - id: b
    contents: [1, 0x41, 'x']
