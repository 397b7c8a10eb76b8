meta:
  id: query
  title: Registers over UDP
  endian: be
seq:
  - id: id
    type: u2
  - id: opcode
    type: u1
    enum: opcode
  - id: body
    type:
      switch-on: opcode
      cases:
        opcode::read: read
        opcode::read_reply: read_reply
        opcode::write: write
        opcode::write_reply: write_reply
        opcode::error: error
types:
  read:
    seq:
      - id: address
        type: u2
      - id: count
        type: u1
        valid:
          min: 1
          max: 32
  read_reply:
    seq:
      - id: count
        type: u1
      - id: values
        type: u2
        repeat: expr
        repeat-expr: count
  write:
    seq:
      - id: address
        type: u2
      - id: value
        type: u2
  write_reply:
    seq:
      - id: address
        type: u2
  error:
    seq:
      - id: code
        type: u1
enums:
  opcode:
    1: read
    2: write
    0x81: read_reply
    0x82: write_reply
    0xff: error
