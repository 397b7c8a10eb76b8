meta:
  id: size_eos
  endian: be
seq:
  - id: a
    size-eos: true
