meta:
  id: stream_methods
  endian: be
seq:
  - id: a
    type: u1
  - id: b
    type: u1
    if: not _io.eof and _io.pos < _io.size
instances:
  x:
    value: '_io.size'
