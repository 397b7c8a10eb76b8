meta:
  id: gate
  title: Line of the gate
  license: CC0-1.0
  ks-version: 0.10
  endian: be
  bit-endian: be
doc: One line on the gate's serial port (README.md).
-percuss-invalid: reject|silence
-percuss-framing:
  kind: terminator
  start: 0x3a
  end: [0x0d, 0x0a]
  restart: true
  minimum: 7
  maximum: 35
seq:
  - id: start
    contents: [0x3a]
  - id: request
    type: request
    terminator: 0x0d
    process: percuss_hex
  - id: line_feed
    contents: [0x0a]
types:
  request:
    seq:
      - id: number
        type: u1
        doc: numbers the request; the reply repeats it
        -percuss-sequence: true
      - id: command
        type: u1
        enum: command
      - id: body
        type:
          switch-on: command
          cases:
            command::ping: ping
            command::open: key
            _: answer
  ping:
    seq:
      - id: value
        type: u2
  key:
    seq:
      - id: first
        type: b4
      - id: second
        type: b4
      - id: third
        type: b4
      - id: fourth
        type: b4
  answer:
    seq:
      - id: status
        type: u1
        enum: status
enums:
  command:
    1: ping
    2: open
    0x81: ping_reply
    0x82: open_reply
  status:
    0: done
    1: refused
