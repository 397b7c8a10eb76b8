meta:
  id: parent
  endian: be
seq:
  - id: a
    type: content
    parent: _root
types:
  content:
    seq:
      - id: b
        type: u1
