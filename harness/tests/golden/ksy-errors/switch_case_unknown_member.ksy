meta:
  id: m
  endian: be
enums:
  kind: {1: read}
seq:
  - {id: a, type: u1, enum: kind}
  - id: b
    type:
      switch-on: a
      cases:
        'kind::raed': u1
