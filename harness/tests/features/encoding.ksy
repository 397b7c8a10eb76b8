meta:
  id: encoding
  endian: be
seq:
  - id: a
    type: str
    size: 4
    encoding: UTF-16LE
