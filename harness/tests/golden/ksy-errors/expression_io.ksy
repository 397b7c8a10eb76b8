meta:
  id: m
  endian: be
seq:
  - id: a
    size: _io.lenght
