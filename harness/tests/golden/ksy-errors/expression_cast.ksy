meta:
  id: m
  endian: be
seq:
  - {id: a, type: u1}
  - id: b
    type: u1
    if: _parent.as<haed>.a == 1
types:
  head: {seq: []}
