meta:
  id: str
  endian: be
seq:
  - id: a
    type: str
    size: 3
    encoding: ASCII
  - id: b
    type: str
    terminator: 0x2c
    encoding: ASCII
  - id: c
    type: str
    size-eos: true
    encoding: ASCII
