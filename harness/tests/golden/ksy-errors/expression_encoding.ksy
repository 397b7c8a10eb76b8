meta:
  id: m
  endian: be
seq:
  - {id: a, size: 4}
instances:
  text:
    value: a.to_s('UTF8')
