meta:
  id: integers
  endian: be
seq:
  - id: f_u1
    type: u1
  - id: f_u2
    type: u2
  - id: f_u4
    type: u4
  - id: f_u8
    type: u8
  - id: f_s1
    type: s1
  - id: f_s2le
    type: s2le
  - id: f_s4be
    type: s4be
  - id: f_s8
    type: s8
