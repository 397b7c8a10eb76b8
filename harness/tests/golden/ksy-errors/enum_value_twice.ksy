meta:
  id: m
  endian: be
enums:
  colour:
    1: red
    0x1: green
