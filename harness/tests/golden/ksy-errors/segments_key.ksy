meta:
  id: m
seq:
  - id: piece
    type: piece
types:
  piece:
    -percuss-segments: {bytes: text, maximum: 4, last: flags == 1, nexts: {flags: 1}}
    seq:
      - id: flags
        type: u1
      - id: text
        type: str
        size-eos: true
        encoding: ASCII
