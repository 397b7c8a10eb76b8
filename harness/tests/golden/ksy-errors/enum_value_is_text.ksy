meta:
  id: m
  endian: be
enums:
  colour: {red: 1}
