meta:
  id: m
  endian: be
seq:
  - {id: a, type: str, size: 4, encoding: UTF-9}
