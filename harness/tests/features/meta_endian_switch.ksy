meta:
  id: meta_endian_switch
seq:
  - id: mark
    type: u1
  - id: body
    type: content
types:
  content:
    meta:
      endian:
        switch-on: _root.mark
        cases:
          0: be
          1: le
    seq:
      - id: a
        type: u2
