meta:
  id: header
  title: A header of bits
  endian: be
  bit-endian: be
seq:
  - id: version
    type: b4
    valid: 1
  - id: flags
    type: b4
    doc: 8 a reply, 1 refused
  - id: number
    type: b12
    doc: numbers the command; the reply repeats it
  - id: command
    type: b4
    enum: command
  - id: length
    type: u1
  - id: body
    size: length
enums:
  command:
    0: ping
    1: read
    2: set
