meta:
  id: m
  endian: be
enums:
  colour: {1: red, 2: green}
seq:
  - {id: a, type: u1, enum: colour, valid: 'colour::geren'}
