meta:
  id: m
  endian: be
enums:
  colour: {1: red}
seq:
  - {id: a, size: 4, enum: colour}
