meta:
  id: m
  endian: be
enums:
  colour: {1: red}
seq:
  - {id: a, type: u1, enum: color}
