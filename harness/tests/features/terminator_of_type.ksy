meta:
  id: terminator_of_type
  endian: be
seq:
  - id: a
    type: content
    terminator: 0x0d
types:
  content:
    seq:
      - id: b
        size-eos: true
