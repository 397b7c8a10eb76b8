meta:
  id: repeat_eos
  endian: be
seq:
  - id: a
    type: u2
    repeat: eos
