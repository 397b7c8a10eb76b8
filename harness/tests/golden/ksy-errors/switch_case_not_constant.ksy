meta:
  id: m
  endian: be
seq:
  - {id: a, type: u1}
  - id: b
    type:
      switch-on: a
      cases:
        a + 1: u1
