meta:
  id: meta_encoding
  encoding: UTF-8
seq:
  - id: a
    type: str
    size: 4
