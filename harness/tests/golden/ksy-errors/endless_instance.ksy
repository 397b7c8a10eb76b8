meta:
  id: m
  endian: be
instances:
  a: {value: b + 1}
  b: {value: c}
  c: {value: a}
