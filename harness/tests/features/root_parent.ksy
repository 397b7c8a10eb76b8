meta:
  id: root_parent
  endian: be
seq:
  - id: a
    type: content
types:
  content:
    seq:
      - id: b
        size: _root._io.size - 1
      - id: c
        type: u1
        if: _parent._io.size > 2
instances:
  x:
    value: '1'
