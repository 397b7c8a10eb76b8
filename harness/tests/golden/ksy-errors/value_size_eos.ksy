meta:
  id: m
  endian: be
seq:
  - {id: a, size-eos: maybe}
