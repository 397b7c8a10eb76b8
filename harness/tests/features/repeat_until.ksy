meta:
  id: repeat_until
  endian: be
seq:
  - id: a
    type: u1
    repeat: until
    repeat-until: _ == 0
