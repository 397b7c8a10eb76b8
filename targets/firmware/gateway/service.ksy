meta:
  id: service
  title: Service line of the gateway
  license: CC0-1.0
  ks-version: 0.10
  encoding: ASCII
  endian: be
doc: One line on the gateway's serial port (README.md, Service line).
-percuss-invalid: reject|silence
-percuss-framing:
  kind: terminator
  start: 0x3a
  end: [0x0d, 0x0a]
  restart: true
  minimum: 7
  maximum: 400
seq:
  - id: start
    contents: [0x3a]
  - id: tag
    type: tag
    size: 2
    process: percuss_hex
    doc: two hexadecimal digits
  - id: space
    contents: [0x20]
  - id: verb
    type: str
    terminator: 0x20
    doc: what to do; in replies ok or error
  - id: body
    type:
      switch-on: verb
      cases:
        '"set"': assignment
        '"relay"': assignment
        '"diagnose"': letter
        _: words
    terminator: 0x0d
  - id: line_feed
    contents: [0x0a]
types:
  tag:
    seq:
      - id: number
        type: u1
        doc: numbers the line; the reply repeats it
        -percuss-sequence: true
  words:
    seq:
      - id: text
        type: str
        size-eos: true
  assignment:
    seq:
      - id: name
        type: str
        terminator: 0x3d
      - id: value
        type: str
        size-eos: true
  letter:
    seq:
      - id: letter
        type: u1
