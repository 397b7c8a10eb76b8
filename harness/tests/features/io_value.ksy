meta:
  id: io_value
  endian: be
seq:
  - id: a
    type: content(_io)
types:
  content:
    params:
      - id: stream
        type: io
    seq:
      - id: b
        type: u1
instances:
  x:
    value: '1'
