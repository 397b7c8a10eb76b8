meta:
  id: parcel
  title: Small frames for the tests of deliveries
  endian: be
-percuss-framing:
  kind: length
  offset: 0
  width: 1
  adjust: 1
  minimum: 3
  maximum: 64
seq:
  - id: length
    type: u1
    doc: what is behind it
  - id: tag
    type: u1
    doc: numbers the request; the reply repeats it
    -percuss-sequence: true
  - id: what
    type: u1
    enum: what
  - id: content
    size: length - 2
enums:
  what:
    1: echo
    2: add
    255: refused
