meta:
  id: instance_io
  endian: be
seq:
  - id: a
    type: content
    size: 2
types:
  content:
    seq:
      - id: b
        type: u1
    instances:
      c:
        io: _root._io
        pos: 0
        type: u1
